"""Whose the native files of a bundle are: a wheel's, Python's, or a library's of its own."""

from __future__ import annotations

import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from building.components import NativeFile
from building.distributions import LIBRARY_FOLDER, Shipped
from building.licence_policy import POLICY_FILE, Library, Policy, Trouble
from building.native_code import native_files

BUILD_COMPUTER = "the build computer"


@dataclass
class Sorted:
    """The native files of a bundle by what they belong to.

    Args:
        wheels: of a distribution itself, by its name.
        libraries: by library and where it came from: a distribution's name or `BUILD_COMPUTER`.
        python: of Python itself.
        programs: the executables, with PyInstaller's start-up program.
        troubles: what belongs to nothing that is known.
    """

    wheels: dict[str, list[NativeFile]] = field(default_factory=lambda: defaultdict(list))
    libraries: dict[tuple[Library, str], list[NativeFile]] = field(
        default_factory=lambda: defaultdict(list)
    )
    python: list[NativeFile] = field(default_factory=list)
    programs: list[NativeFile] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def sort_native_files(bundle: Path, shipped: Iterable[Shipped], policy: Policy) -> Sorted:
    """Find out whose each native file of a bundle is."""
    owners = {file: one.name for one in shipped for file in one.files}
    python = _python_files()
    found = Sorted()
    for path in native_files(bundle):
        native = NativeFile.of(path, bundle)
        place = PurePosixPath(native.path)
        owner = owners.get(str(place.relative_to(LIBRARY_FOLDER))) if len(place.parts) > 1 else None
        library = policy.library(path.name)
        if len(place.parts) == 1:
            found.programs.append(native)
        elif library is not None:
            found.libraries[library, owner or BUILD_COMPUTER].append(native)
        elif owner is not None and not place.parts[1].endswith(".libs"):
            found.wheels[owner].append(native)
        elif owner is None and path.name in python:
            found.python.append(native)
        else:
            found.troubles.append(_unknown(native.path, owner))
    return found


def _python_files() -> frozenset[str]:
    """Names of the native files that belong to the Python that runs this."""
    modules = sysconfig.get_config_var("DESTSHARED") or Path(sys.base_prefix, "DLLs")
    library = sysconfig.get_config_var("INSTSONAME") or ""
    own = [path.name for path in Path(modules).iterdir()]
    version = f"python{sys.version_info.major}"
    windows = (f"{version}.dll", f"{version}{sys.version_info.minor}.dll")
    return frozenset((*own, library, *windows))


def _unknown(path: str, owner: str | None) -> Trouble:
    where = f"the wheel of {owner}" if owner else "the build computer"
    return Trouble(
        f"The library {path} has no known licence.",
        f"It came from {where}, and no [[library]] of {POLICY_FILE.as_posix()} names it.",
        "Find out its licence and add an entry, or leave the file out in building/contents.py.",
    )
