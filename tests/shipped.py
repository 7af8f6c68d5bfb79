"""The program with a network built in, or with none, whatever this checkout has."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from da3studio.base.paths import resources

LICENCE = "Apache-2.0"


def ship_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the program find its resources in a folder, as a bundle does; no network is among them.

    Returns:
        Where networks belong; not there.
    """
    networks = folder / "bundle" / "resources" / "networks"
    shutil.copytree(resources(), networks.parent, ignore=shutil.ignore_patterns("networks"))
    monkeypatch.setattr(sys, "_MEIPASS", str(folder / "bundle"), raising=False)
    return networks


def describe(file: Path, sha256: str, photo_px: int = 224) -> None:
    """The description beside a file of weights."""
    file.with_suffix(".toml").write_text(
        f"""
variant = "{file.stem}"
sha256 = "{sha256}"
size_bytes = {file.stat().st_size}
licence = "{LICENCE}"
trained_on = "a test"
photo_px = {photo_px}
references = 1
""",
        "utf-8",
    )
