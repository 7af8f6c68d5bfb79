"""Which libraries of others are in a bundle, and under which licences.

Runs inside the environment that the bundle was made in, see `packaging/shipping_check.py`.
"""

from __future__ import annotations

import platform
import sys
import sysconfig
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from building.components import WHEEL, Component, NativeFile, standard_texts, texts_for
from building.debian_packages import DebianPackage, packages_of
from building.distributions import Shipped, licence_texts, shipped_distributions
from building.licence_checks import code_troubles, component_troubles, wheel_troubles
from building.licence_policy import UNKNOWN, Library, Policy, refuse
from building.native_libraries import BUILD_COMPUTER, Sorted, sort_native_files

_SOURCE_LABELS = ("source", "source code", "repository", "github", "code", "homepage", "home")


def collect_licences(site_packages: Path, bundle: Path, checkout: Path) -> list[Component]:
    """All parts of a bundle that others made, in order of their names.

    Args:
        site_packages: of the environment that the bundle was made in.
        bundle: the folder that PyInstaller made.
        checkout: holds the rules and the standard texts.

    Raises:
        MayNotBeShipped: something is in the bundle that the rules neither allow nor know, or
            that a wheel's metadata says nothing of.
    """
    policy = Policy.of(checkout)
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
    everything = shipped_distributions(site_packages, bundle)
    shipped = [one for one in everything if one.name != project["name"]]
    native = sort_native_files(bundle, shipped, policy)
    components = [
        *_python_itself(native),
        *(part for one in shipped for part in _wheel(one, native, policy, checkout)),
        *_wheels_libraries(shipped, native, checkout),
        *_build_computers_libraries(native, checkout),
    ]
    refuse(
        [
            *native.troubles,
            *code_troubles(bundle, policy),
            *(
                trouble
                for one in shipped
                for trouble in wheel_troubles(
                    one.distribution, policy, replaceable=one.name in native.wheels
                )
            ),
            *component_troubles(components, policy),
        ]
    )
    return sorted(components, key=lambda each: (each.name.lower(), each.origin))


def _python_itself(native: Sorted) -> Iterator[Component]:
    """Python, and the small program of PyInstaller's that starts it."""
    version = platform.python_version()
    yield Component(
        "Python",
        version,
        "PSF-2.0",
        "runs the program",
        purl=str(PackageURL("generic", name="cpython", version=version)),
        files=tuple(native.python),
        texts=_python_text(),
        source="https://www.python.org/downloads/source",
    )
    maker = distribution("pyinstaller")
    yield Component(
        "PyInstaller start-up program",
        maker.version,
        "GPL-2.0-or-later WITH Bootloader-exception",
        "starts the program",
        purl=str(PackageURL("pypi", name="pyinstaller", version=maker.version)),
        files=tuple(native.programs),
        texts=licence_texts(maker),
        note="Its exception lets a program of any licence be started by it.",
        source="https://github.com/pyinstaller/pyinstaller",
    )


def _wheel(one: Shipped, native: Sorted, policy: Policy, checkout: Path) -> Iterator[Component]:
    """A distribution, and what is linked into it."""
    decided = policy.decision(one.name, one.version)
    licence = policy.licence_of(one.distribution.metadata)
    component = Component(
        one.name,
        one.version,
        licence,
        WHEEL,
        purl=str(PackageURL("pypi", name=canonicalize_name(one.name), version=one.version)),
        files=tuple(native.wheels.get(one.name, ())),
        texts=_wheel_texts(one.distribution, licence, checkout),
        note=decided.reason if decided else "",
        source=(decided.source if decided else "") or _homepage(one.distribution),
        separate=policy.is_separate(one.name),
    )
    yield component
    for part in policy.parts_of(one.name):
        yield Component(
            part.name,
            "",
            part.licence,
            f"inside {one.name}",
            texts=texts_for(part.licence, component.texts, checkout),
            note=part.reason,
            source=part.source,
            separate=component.separate,
        )


def _wheel_texts(one: Distribution, licence: str, checkout: Path) -> Mapping[str, str]:
    """The wheel's own licence files, with the texts that copyleft asks for."""
    own = licence_texts(one)
    if licence == UNKNOWN or (own and "GPL-" not in licence):
        return own
    return {**own, **standard_texts(licence, checkout)}


def _wheels_libraries(
    shipped: Sequence[Shipped], native: Sorted, checkout: Path
) -> Iterator[Component]:
    """Native libraries that wheels bring along as files of their own."""
    wheels = {one.name: one.distribution for one in shipped}
    for (library, origin), files in native.libraries.items():
        if origin != BUILD_COMPUTER:
            own = _python_text() if library.system else licence_texts(wheels[origin])
            texts = texts_for(library.licence, own, checkout)
            yield _library(library, f"from the wheel of {origin}", files, texts)


def _build_computers_libraries(native: Sorted, checkout: Path) -> Iterator[Component]:
    """Native libraries that lay on the build computer, by the packages they came in."""
    found = [
        (library, file)
        for (library, origin), files in native.libraries.items()
        if origin == BUILD_COMPUTER
        for file in files
    ]
    packages = packages_of({Path(file.path).name for _, file in found})
    together: dict[tuple[Library, DebianPackage | None], list[NativeFile]] = defaultdict(list)
    for library, file in found:
        together[library, packages.get(Path(file.path).name)].append(file)
    for (library, package), files in together.items():
        own = _python_text() if library.system else {}
        if package is not None and package.copyright:
            own = {"copyright": package.copyright}
        texts = {**own, **standard_texts(library.licence, checkout)}
        if package is None:
            yield _library(library, f"from {BUILD_COMPUTER}", files, texts)
        else:
            origin = f"from the package {package.name}"
            yield _library(library, origin, files, texts, package.version, package.purl)


def _library(
    library: Library,
    origin: str,
    files: Sequence[NativeFile],
    texts: Mapping[str, str],
    version: str = "",
    purl: str = "",
) -> Component:
    return Component(
        library.name,
        version,
        library.licence,
        origin,
        purl=purl,
        files=tuple(files),
        texts=texts,
        source=library.source,
    )


def _python_text() -> dict[str, str]:
    """Python's licence, which also holds those of the libraries that come with it."""
    for folder in (sysconfig.get_path("stdlib"), sys.base_prefix):
        path = Path(folder) / "LICENSE.txt"
        if path.is_file():
            return {"LICENSE.txt": path.read_text("utf-8")}
    return {}


def _homepage(one: Distribution) -> str:
    """Where a distribution says that its sources are, or that it lives; may be empty."""
    entries = [entry.split(", ", 1) for entry in one.metadata.get_all("Project-URL") or ()]
    urls = {entry[0].lower(): entry[1] for entry in entries if len(entry) == 2}
    labelled = [urls[label] for label in _SOURCE_LABELS if label in urls]
    return labelled[0] if labelled else str(one.metadata.get("Home-page", ""))
