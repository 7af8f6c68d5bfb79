"""Which installed distributions have something in a bundle, and which ones the program asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PyInstaller.archive.readers import ArchiveReadError, CArchiveReader

from building.contents import LEFT_OUT_MODULES

LIBRARY_FOLDER = "_internal"
"""Where PyInstaller puts all but the programs themselves."""
_LICENCE_NAMES = ("licen[cs]e*", "copying*", "notice*", "authors*", "copyright*")


@dataclass(frozen=True)
class Shipped:
    """A distribution with at least one file or module in the bundle.

    Args:
        distribution: as it is installed in the environment.
        files: those of it that lie in the bundle, from `LIBRARY_FOLDER` on.
    """

    distribution: Distribution
    files: frozenset[str]

    @property
    def name(self) -> str:
        """The name as its makers write it."""
        return self.distribution.name

    @property
    def version(self) -> str:
        return self.distribution.version


def shipped_distributions(site_packages: Path, bundle: Path) -> list[Shipped]:
    """The distributions that have files or modules in a bundle, in order of their names.

    A wheel's list of files is compared with the bundle's folder, and its Python modules with
    the archive of modules inside the bundle's programs. Metadata alone does not count.

    Args:
        site_packages: of the environment that the bundle was made in.
        bundle: the folder that PyInstaller made.
    """
    modules = frozen_modules(bundle)
    shipped = []
    for one in distributions(path=[str(site_packages)]):
        listed = [PurePosixPath(str(file)) for file in one.files or ()]
        content = [file for file in listed if not _is_metadata(file)]
        files = {str(file) for file in content if (bundle / LIBRARY_FOLDER / file).is_file()}
        if files or any(_module(file) in modules for file in content):
            shipped.append(Shipped(one, frozenset(files)))
    return sorted(shipped, key=lambda each: canonicalize_name(each.name))


def frozen_modules(bundle: Path) -> frozenset[str]:
    """Names of the Python modules inside the bundle's programs."""
    names: set[str] = set()
    for path in sorted(bundle.iterdir()):
        if path.is_file():
            names.update(_modules_of(path))
    return frozenset(names)


def runtime_distributions(checkout: Path, *, not_inside: Collection[str]) -> list[Distribution]:
    """What the program asks for, and what that asks for, without what bundles leave out.

    Args:
        checkout: with the program's `pyproject.toml`; what it names is installed here.
        not_inside: patterns of distributions that no bundle holds.
    """
    left_out = {*not_inside, *(canonicalize_name(name) for name in LEFT_OUT_MODULES)}
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, Distribution] = {}
    waiting = [(Requirement(text), frozenset({""})) for text in project["dependencies"]]
    while waiting:
        asked, extras = waiting.pop()
        name = canonicalize_name(asked.name)
        if any(fnmatch(name, pattern) for pattern in left_out) or not _holds(asked, extras):
            continue
        if name not in found and (one := _installed(name)) is not None:
            found[name] = one
            own = frozenset({"", *asked.extras})
            waiting += [(Requirement(text), own) for text in one.requires or ()]
    return [found[name] for name in sorted(found)]


def licence_texts(one: Distribution) -> dict[str, str]:
    """The licence files of a distribution by name, each text once.

    Those beside its metadata; where there are none, those among its modules.
    """
    listed = [
        file
        for file in one.files or ()
        if any(fnmatch(file.name.lower(), n) for n in _LICENCE_NAMES)
    ]
    beside = [file for file in listed if _is_metadata(PurePosixPath(str(file)))]
    texts: dict[str, str] = {}
    for file in sorted(beside or listed, key=lambda each: (len(each.parts), str(each))):
        path = Path(str(file.locate()))
        if path.is_file() and path.suffix not in (".py", ".pyc", ".so"):
            text = path.read_text("utf-8", errors="replace")
            if text not in texts.values():
                texts[_name_in_folder(PurePosixPath(str(file)))] = text
    return texts


def _name_in_folder(file: PurePosixPath) -> str:
    """Without folders: `third_party/fmt/LICENSE` -> `third_party.fmt.LICENSE`."""
    parts = file.parts[1:] if _is_metadata(file) else file.parts
    return ".".join(parts[1:] if parts[0] == "licenses" else parts)


def _is_metadata(file: PurePosixPath) -> bool:
    return file.parts[0].endswith((".dist-info", ".egg-info"))


def _module(file: PurePosixPath) -> str:
    if file.suffix != ".py":
        return ""
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _modules_of(program: Path) -> Iterator[str]:
    try:
        archive = CArchiveReader(str(program))
    except ArchiveReadError:  # not a program of PyInstaller's
        return
    for name in archive.toc:
        if name.endswith(".pyz"):
            yield from archive.open_embedded_archive(name).toc


def _holds(asked: Requirement, extras: Iterable[str]) -> bool:
    marker = asked.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # an option that is not installed here
        return None
