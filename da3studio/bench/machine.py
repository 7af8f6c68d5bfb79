"""On what and by what a figure was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import psutil

import da3studio
from da3studio.base.digest import digest_of, digest_of_file
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.diagnostics.computer import processor_name
from da3studio.recipes.recipe import Recipe

_LIBRARIES = ("numpy", "opencv-python-headless", "open3d", "open3d-cpu", "pycolmap", "torch")
_TEST_EXTRAS = ("scipy", "trimesh")
_NO_INFLUENCE = ("app", "bench", "cli", "jobs")  # packages that cannot change a result


def check_test_extras() -> None:
    """Refuse to begin without the libraries that scoring needs.

    Raises:
        Missing: naming the first one.
    """
    for name in _TEST_EXTRAS:
        if find_spec(name) is None:
            raise Missing(
                tr("Scores cannot be computed."),
                why=tr("The library {name} is not installed; it is one of the test extras.").format(
                    name=name
                ),
                fix=tr("Install them: python -m pip install 'da3studio[test]'"),
            )


def made_by(recipe: Recipe) -> str:
    """Digest of the program's sources and of the settings: the same one, the same results."""
    package = Path(da3studio.__file__).parent
    sources = {
        path.relative_to(package).as_posix(): digest_of_file(path)
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] not in _NO_INFLUENCE
    }
    return digest_of(sources, recipe)


def machine_lines() -> tuple[str, str]:
    """The computer and the versions, a line each."""
    memory = psutil.virtual_memory().total / 1e9
    machine = (
        f"{processor_name()}, {os.cpu_count()} cores, {memory:.0f} GB memory, {platform.system()}"
    )
    python = f"Python {platform.python_version()}"
    versions = ", ".join([f"DA3 Studio {da3studio.__version__}", python, *_versions()])
    return machine, versions


def _versions() -> Iterator[str]:
    for name in _LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:  # of two wheels of one library one is installed
            continue
