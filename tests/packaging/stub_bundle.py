"""A folder like PyInstaller's, of the same shape and of no weight."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def linux_bundle(folder: Path) -> Path:
    """With a program that runs, a library that it brings, and a link."""
    inside = folder / "_internal" / "torch"
    inside.mkdir(parents=True)
    shutil.copyfile("/bin/true", folder / "da3studio")
    (folder / "da3studio").chmod(0o700)  # as it comes out where new files are private
    (inside / "weights of a net.bin").write_bytes(b"0" * 5000)
    (inside / "one.so").symlink_to("weights of a net.bin")
    return folder


def windows_bundle(folder: Path) -> Path:
    """With both programs, a folder in a folder, and names that scripts stumble over."""
    inside = folder / "_internal" / "torch" / "lib"
    inside.mkdir(parents=True)
    for name in ("da3studio.exe", "DA3 Studio.exe"):
        (folder / name).write_bytes(b"MZ" + bytes(3000))
    (inside / "cost $5 & more.dll").write_bytes(bytes(2000))
    (folder / "_internal" / "base_library.zip").write_bytes(b"PK" + bytes(100))
    return folder
