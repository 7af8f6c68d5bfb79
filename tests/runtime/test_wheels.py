"""Wheels that reach outside their folder, claim too much or are broken; and what is left out."""

from __future__ import annotations

import io
import os
import stat
import zipfile

import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import CheckpointMismatch
from da3studio.runtime import wheels
from da3studio.runtime.wheels import unpack, unpacked_bytes
from tests.runtime.little import zipped


@pytest.fixture
def into(tmp_path):
    return tmp_path / "inner" / "tree"


@pytest.fixture
def put(tmp_path):
    def write(content):
        path = tmp_path / "one.whl"
        path.write_bytes(content)
        return path

    return write


def there(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_that_what_runs_is_unpacked_and_the_rest_is_not(put, into):
    wheel = put(
        zipped(
            {
                "torch/": b"",
                "torch/__init__.py": b"one = 1",
                "torch/bin/helper": b"#!",
                "torch/include/a.py": b"x",
                "torch/lib/libtorch.so": b"abc",
                "torch/lib/libtorch.a": b"x",
                "torch/_C.pyi": b"x",
                "torch-2.dist-info/licenses/third_party/deep/LICENSE": b"x",
                "torch-2.dist-info/licenses/LICENSE": b"BSD",
                "torch-2.data/purelib/more.py": b"two = 2",
                "torch-2.data/scripts/torchrun": b"x",
            },
            executable="torch/bin/helper",
        )
    )
    said = []

    assert unpack(wheel, into, at=said.append, token=NEVER) == 22
    assert unpacked_bytes(wheel) == said[-1] == 22
    assert there(into) == {
        "torch/__init__.py",
        "torch/bin/helper",
        "torch/lib/libtorch.so",
        "torch-2.dist-info/licenses/LICENSE",
        "more.py",
    }
    if os.name == "posix":
        assert (into / "torch/bin/helper").stat().st_mode & stat.S_IXUSR
        assert not (into / "torch/__init__.py").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize(
    "name",
    [
        "../out.py",
        "a/../../out.py",
        "/out.py",
        "a//b.py",
        "./a.py",
        "C:/out.py",
        "..\\out.py",
        "a/b\\c.py",
        "torch.data/purelib/../../../out.py",
        "a/.. /out.py",
        "a./b.py",
        "what?.py",
        "",
    ],
)
def test_that_a_name_that_leads_elsewhere_is_refused_and_nothing_is_written(
    put, into, tmp_path, name
):
    wheel = put(zipped({"good.py": b"x", name: b"x"}))

    with pytest.raises(CheckpointMismatch, match="leads elsewhere"):
        unpack(wheel, into, at=lambda _: None, token=NEVER)
    assert there(tmp_path) == {"one.whl"}


def test_that_a_link_is_refused(put, into, tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        link = zipfile.ZipInfo("lib")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc")
        archive.writestr("lib/passwd", "x")

    with pytest.raises(CheckpointMismatch, match="leads elsewhere"):
        unpack(put(content.getvalue()), into, at=lambda _: None, token=NEVER)
    assert there(tmp_path) == {"one.whl"}


def test_that_a_wheel_that_unpacks_to_more_than_any_is_refused(put, into, monkeypatch):
    monkeypatch.setattr(wheels, "_LARGEST_BYTES", 1_000_000)
    bomb = put(zipped({f"{n}.py": bytes(100_001) for n in range(10)}))
    assert bomb.stat().st_size < 10_000

    with pytest.raises(CheckpointMismatch, match="more than any wheel"):
        unpack(bomb, into, at=lambda _: None, token=NEVER)
    assert not into.exists()


def test_that_a_member_with_more_than_its_stated_size_writes_no_more_than_that(put, into):
    content = bytearray(zipped({"a.py": b"x" * 5000}))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")

    with pytest.raises(CheckpointMismatch):
        unpack(put(bytes(content)), into, at=lambda _: None, token=NEVER)
    assert sum(path.stat().st_size for path in into.rglob("*.py")) <= 10


@pytest.mark.parametrize("damage", ["cut", "changed", "none"])
def test_that_what_is_no_whole_zip_is_refused(put, into, damage):
    content = bytearray(zipped({"a.py": bytes(range(256)) * 40}))
    if damage == "cut":
        content = content[:-40]
    elif damage == "changed":
        content[60] ^= 1
    else:
        content = bytearray(b"no zip at all")

    with pytest.raises(CheckpointMismatch, match="cannot be unpacked"):
        unpack(put(bytes(content)), into, at=lambda _: None, token=NEVER)


def test_that_unpacking_stops_when_it_is_cancelled(put, into):
    wheel = put(zipped({f"{n}.py": b"x" for n in range(9)}))
    asked = []

    def enough():
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(JobCancelled):
        unpack(wheel, into, at=lambda _: None, token=CancelToken(enough))
    assert len(there(into)) == 4  # the fourth was opened and is empty
