"""From a checkout to the folder that holds the program with its own Python."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from bootstrapping.console import SetupError, Steps
from bootstrapping.environment import Environment

from building.contents import is_left_out
from building.gpu_list import write_gpu_list
from building.product import Product


def make_bundle(
    product: Product,
    environment: Environment,
    steps: Steps,
    *,
    build: Path,
    dist: Path,
    gpu_index: str = "",
    updates_url: str = "",
) -> Path:
    """Freeze the program.

    Args:
        product: what is frozen.
        environment: holds its libraries and PyInstaller.
        steps: runs and reports what is done.
        build: a folder for what is of no use afterwards.
        dist: where the bundle's folder is put.
        gpu_index: where builds of PyTorch for graphics cards are listed; else the common index.
        updates_url: where the program may ask for its newest version; else it never asks.

    Returns:
        The bundle: `dist/da3studio`.

    Raises:
        SetupError: PyInstaller failed, or the bundle holds what it must not hold.
    """
    extra = build / "resources"  # the spec looks for it
    shutil.rmtree(extra, ignore_errors=True)
    extra.mkdir(parents=True)
    write_gpu_list(environment, extra / "gpu.json", torch_index=gpu_index)
    if updates_url:
        text = json.dumps({"updates": updates_url}, indent=2)
        (extra / "release.json").write_text(text + "\n", encoding="utf-8")
    spec = product.checkout / "packaging" / "da3studio.spec"
    steps.run(
        "Freezing the program (3 to 10 minutes)",
        [environment.python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN",
         "--distpath", dist, "--workpath", build / "pyinstaller", spec],
    )  # fmt: skip
    bundle = dist / product.name
    _check(bundle)
    return bundle


def libraries_of(bundle: Path) -> Path:
    """The folder in which everything but the programs lies."""
    return bundle / "_internal"


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder, links not followed."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.lstat().st_size for one in path.rglob("*") if not one.is_dir())


def largest_parts(bundle: Path, n: int = 12) -> list[tuple[str, int]]:
    """Names and bytes of the largest entries of a bundle's libraries."""
    inside = libraries_of(bundle).iterdir()
    entries = [(one.name, size_of(one)) for one in inside if not one.is_symlink()]
    return sorted(entries, key=lambda entry: -entry[1])[:n]


def _check(bundle: Path) -> None:
    libraries = libraries_of(bundle)
    program = bundle / ("da3studio.exe" if sys.platform == "win32" else "da3studio")
    if not program.is_file():
        raise SetupError(f"PyInstaller made no program {program}.")
    unwanted = sorted(
        str(path.relative_to(libraries))
        for path in libraries.rglob("*")
        if path.is_file() and is_left_out(path.relative_to(libraries).as_posix())
    )
    if unwanted:
        raise SetupError(
            "The bundle holds files that it should leave out.",
            why=", ".join(unwanted[:10]),
            fix="See packaging/building/contents.py and the hook that collected them.",
        )
