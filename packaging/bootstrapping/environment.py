"""The virtual environment: where its parts are, whether it works, which packages are damaged."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from bootstrapping.console import SetupError


class Environment:
    """A virtual environment in a folder, whether or not it is there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "bootstrap.log"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.script("python")

    def script(self, name: str) -> Path:
        """A program that a package brought, or the interpreter."""
        return self.folder / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}")

    def pip(self, *arguments: str | Path) -> list[str | Path]:
        """The command that runs its pip; `-I`: undisturbed by the caller's folder and variables."""
        quiet = ("--disable-pip-version-check", "--no-input")
        return [self.python, "-I", "-m", "pip", *quiet, *arguments]

    def is_this(self) -> bool:
        """Whether this very process runs in it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    @property
    def site_packages(self) -> Path:
        """The folder of its packages, for the Python that runs this."""
        version = "python{}.{}".format(*sys.version_info[:2])
        return self.folder / ("Lib" if os.name == "nt" else f"lib/{version}") / "site-packages"

    def fault(self) -> str:
        """Why it can only be made anew, found without starting anything; empty if it need not."""
        if not self.python.exists():  # also false for a link to a Python that is gone
            return "its Python is missing"
        made_for, wanted = self._version(), "{}.{}".format(*sys.version_info[:2])
        if made_for != wanted:
            return f"it is for Python {made_for or '?'} and this is {wanted}"
        return ""

    def answers(self, *arguments: str) -> bool:
        """Whether its interpreter starts and runs something to a good end."""
        try:
            asked = subprocess.run(
                [self.python, "-I", *arguments],
                capture_output=True,
                stdin=subprocess.DEVNULL,
            )
        except OSError:
            return False
        return asked.returncode == 0

    def remove(self) -> None:
        """Delete it; of a link only the link.

        Raises:
            SetupError: a file is in use or belongs to somebody else.
        """
        try:
            if self.folder.is_symlink():
                self.folder.unlink()
            elif self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as error:
            raise SetupError(
                f"The folder {self.folder} cannot be deleted.",
                why=str(error),
                fix="Close the programs that were started from it, then run this again.",
            ) from error

    def contents(self) -> frozenset[str]:
        """The names in its package folder; one removed by hand is missing from them."""
        if not self.site_packages.is_dir():
            return frozenset()
        passing = ("__pycache__", "~")  # "~umpy" is what pip leaves of a removal cut off
        names = (path.name for path in self.site_packages.iterdir())
        return frozenset(name for name in names if not name.startswith(passing))

    def forget_damaged(self) -> list[str]:
        """Make pip install again what is only half there, and return the names.

        pip trusts a package's `.dist-info` folder. Where that has no list of files (pip was cut
        off while copying) or a file of the list is gone or cut short, the folder is deleted, so
        that the next `pip install` takes the package for missing and puts it back.
        """
        forgotten = []
        for folder in sorted(self.site_packages.glob("*.dist-info")):
            if not is_whole(folder):
                shutil.rmtree(folder)
                forgotten.append(folder.name.partition("-")[0])
        return forgotten

    def main_packages(self, requirements: Iterable[str]) -> list[str]:
        """What to import to see that each requirement works: the package it mostly consists of."""
        wanted = {normal_name(requirement) for requirement in requirements}
        found = []
        for distribution in distributions(path=[str(self.site_packages)]):
            if normal_name(distribution.metadata["Name"] or "") in wanted:
                found.extend(_largest_package(distribution))
        return sorted(found)

    def _version(self) -> str:
        """The `3.11` of the `version = 3.11.7` that `venv` writes; empty if unknown."""
        try:
            text = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8")
        except OSError:
            return ""
        found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+)", text, re.MULTILINE)
        return found[1] if found else ""


def is_whole(dist_info: Path) -> bool:
    """Whether every file that pip noted for a package is there with its size.

    Reads the list itself: `importlib.metadata` leaves out the missing files from Python 3.12 on.
    """
    try:
        with (dist_info / "RECORD").open(encoding="utf-8", newline="") as record:
            rows = [(path, size) for path, _digest, size in csv.reader(record)]
        sizes = {
            path: (dist_info.parent / path).stat().st_size
            for path, _size in rows
            if not path.endswith(".pyc")  # Python makes these itself
        }
    except (OSError, ValueError):
        return False
    noted = {path: int(size) for path, size in rows if size and path in sizes}
    return all(sizes[path] == size for path, size in noted.items())


def normal_name(requirement: str) -> str:
    """`Pillow_Heif[full]>=1; marker` → `pillow-heif`: two spellings of a name compare equal."""
    name = re.match(r"\s*([A-Za-z0-9._-]*)", requirement)
    return re.sub(r"[-_.]+", "-", name[1]).lower() if name else ""


def base_python() -> str:
    """The interpreter to make environments with, even when this runs inside one of them."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def _largest_package(distribution: Distribution) -> list[str]:
    """One name, or none: a tool may bring no importable package."""
    files = distribution.files or []
    packages = {file.parts[0] for file in files if file.parts[1:] == ("__init__.py",)}
    sizes = Counter(file.parts[0] for file in files if file.parts[0] in packages)
    return [name for name, _count in sizes.most_common(1)]
