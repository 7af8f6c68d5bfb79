"""What a bundle leaves out."""

from __future__ import annotations

import pytest
from building.contents import is_left_out, without_orphans

NEEDS = {
    "/site/app.so": ["libqt.so.6", "libsystem.so.1", "libc.so.6"],
    "/site/libqt.so.6": ["libsystem.so.1"],
    "/usr/libsystem.so.1": ["libdeep.so.1"],
    "/usr/libgtk.so.3": ["libpango.so.1"],
    "/usr/libpango.so.1": ["libgtk.so.3"],
}
ENTRIES = [
    ("app.so", "/site/app.so", "EXTENSION"),
    ("qt/libqt.so.6", "/site/libqt.so.6", "BINARY"),
    ("libqt.so.6", "qt/libqt.so.6", "SYMLINK"),
    ("libgone.so.1", "qt/libgone.so.1", "SYMLINK"),
    ("libsystem.so.1", "/usr/libsystem.so.1", "BINARY"),
    ("libdeep.so.1", "/usr/libdeep.so.1", "BINARY"),
    ("libgtk.so.3", "/usr/libgtk.so.3", "BINARY"),
    ("libpango.so.1", "/usr/libpango.so.1", "BINARY"),
    ("libpython3.11.so.1.0", "/usr/libpython3.11.so.1.0", "BINARY"),
]


def test_that_only_libraries_that_something_needs_are_taken_from_the_system():
    kept = without_orphans(ENTRIES, lambda source: NEEDS.get(source, ()))

    assert [place for place, _, _ in kept] == [
        "app.so",
        "qt/libqt.so.6",
        "libqt.so.6",
        "libsystem.so.1",
        "libdeep.so.1",
        "libpython3.11.so.1.0",
    ]


@pytest.mark.parametrize(
    ("place", "left_out"),
    [
        ("torch/bin/test_api", True),
        ("torch/bin/torch_shm_manager", False),
        ("torch/lib/libtorch_cpu.so", False),
        ("libstdc++.so.6", True),
        ("pillow.libs/libxcb-9065bb12.so.1.1.0", False),
        ("PySide6/Qt/plugins/imageformats/libqtiff.so", True),
        ("PySide6/Qt/plugins/imageformats/libqsvg.so", False),
    ],
)
def test_what_is_left_out(place, left_out):
    assert is_left_out(place) == left_out
