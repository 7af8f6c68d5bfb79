"""Which packages of Debian and Ubuntu a bundle needs, read from the libraries that it lacks.

What its files name as needed and none of them is has to come from the system. So the list is right
by construction: a library that the build no longer collects becomes a dependency, and one that
nobody knows stops the build.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_PACKAGES = {
    "libc6": "libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libutil.so.1 "
    "ld-linux-x86-64.so.2 libresolv.so.2",
    "libstdc++6": "libstdc++.so.6",
    "libgcc-s1": "libgcc_s.so.1",
    "libgl1": "libGL.so.1",
    "libegl1": "libEGL.so.1",
    "libglx0": "libGLX.so.0",
    "libopengl0": "libOpenGL.so.0",
    "libglvnd0": "libGLdispatch.so.0",
    "libdrm2": "libdrm.so.2",
    "libgbm1": "libgbm.so.1",
    "libx11-6": "libX11.so.6",
    "libx11-xcb1": "libX11-xcb.so.1",
    "libxext6": "libXext.so.6",
    "libxrender1": "libXrender.so.1",
    "libxi6": "libXi.so.6",
    "libsm6": "libSM.so.6",
    "libice6": "libICE.so.6",
    "libxau6": "libXau.so.6",
    "libxdmcp6": "libXdmcp.so.6",
    "libxcb1": "libxcb.so.1",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-glx0": "libxcb-glx.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-image0": "libxcb-image.so.0",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-randr0": "libxcb-randr.so.0",
    "libxcb-render0": "libxcb-render.so.0",
    "libxcb-render-util0": "libxcb-render-util.so.0",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxcb-shm0": "libxcb-shm.so.0",
    "libxcb-sync1": "libxcb-sync.so.1",
    "libxcb-util1": "libxcb-util.so.1",
    "libxcb-xfixes0": "libxcb-xfixes.so.0",
    "libxcb-xkb1": "libxcb-xkb.so.1",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libwayland-client0": "libwayland-client.so.0",
    "libwayland-cursor0": "libwayland-cursor.so.0",
    "libwayland-egl1": "libwayland-egl.so.1",
    "libdbus-1-3": "libdbus-1.so.3",
    "libsystemd0": "libsystemd.so.0",
    "libudev1": "libudev.so.1",
    "libusb-1.0-0": "libusb-1.0.so.0",
    "libfontconfig1": "libfontconfig.so.1",
    "libfreetype6": "libfreetype.so.6",
    "libexpat1": "libexpat.so.1",
    "zlib1g": "libz.so.1",
    "libbrotli1": "libbrotlidec.so.1 libbrotlicommon.so.1",
    "libgssapi-krb5-2": "libgssapi_krb5.so.2",
    "libglib2.0-0t64 | libglib2.0-0": "libglib-2.0.so.0 libgthread-2.0.so.0 libgobject-2.0.so.0 "
    "libgio-2.0.so.0",
    "libgomp1": "libgomp.so.1",
    "libatomic1": "libatomic.so.1",
}
_PACKAGE_OF = {library: name for name, all_of in _PACKAGES.items() for library in all_of.split()}

_LOADED_LATER = ("libGL.so.1", "libEGL.so.1")  # by name, while the program runs
_BESIDES = ("fonts-dejavu-core | fonts-liberation | fonts-noto-core",)  # Qt brings none

_AT_ONCE = 100  # files, as a command line has a longest length

# The oldest package with a version of the C++ library's symbols.
_CPP_PACKAGES = {29: "11", 30: "12", 31: "13", 32: "13.2", 33: "14", 34: "15"}


def dependencies(bundle: Path) -> list[str]:
    """The `Depends` of a package with this bundle, sorted.

    Raises:
        ValueError: no package is known for a library that is needed.
    """
    needed, versions = needed_from_system(bundle)
    unknown = sorted(needed - _PACKAGE_OF.keys())
    if unknown:
        raise ValueError(
            f"The bundle needs {', '.join(unknown)} from the system, and system_libraries.py knows"
            " no package for it: collect it into the bundle, or add its package there."
        )
    found = {_PACKAGE_OF[library] for library in (*needed, *_LOADED_LATER)}
    found |= {"libc6", *_BESIDES}
    return sorted(f"{name}{_at_least(name, versions)}" for name in found)


def needed_from_system(bundle: Path) -> tuple[set[str], set[str]]:
    """Libraries that the bundle's files need and that are not among them.

    Returns:
        Their names, and the versions of symbols that are asked for, such as `GLIBC_2.35`.
    """
    files = [path for path in sorted(bundle.rglob("*")) if path.is_file() and _is_elf(path)]
    here = {path.name for path in bundle.rglob("*")}
    needed, versions = set(), set()
    for said in _headers(files):
        needed |= set(re.findall(r"^ +NEEDED +(\S+)", said, re.MULTILINE))
        versions |= set(re.findall(r"\b(?:GLIBC|GLIBCXX)_[\d.]+$", _references(said), re.MULTILINE))
    return needed - here, versions


def _headers(files: Sequence[Path]) -> Iterator[str]:
    for first in range(0, len(files), _AT_ONCE):
        some = files[first : first + _AT_ONCE]
        ran = subprocess.run(["objdump", "-p", *some], capture_output=True, text=True, check=True)
        yield ran.stdout


def _references(said: str) -> str:
    """Versions that are needed; a library's own definitions are listed before them."""
    parts = said.split("Version References:")[1:]
    return "\n".join(part.split("\n\n")[0] for part in parts)


def _at_least(package: str, versions: Iterable[str]) -> str:
    numbers = {"libc6": "GLIBC_", "libstdc++6": "GLIBCXX_"}
    prefix = numbers.get(package)
    asked = [v.removeprefix(prefix) for v in versions if prefix and v.startswith(prefix)]
    if not asked:
        return ""
    newest = max(tuple(map(int, version.split("."))) for version in asked)
    if package == "libc6":
        return f" (>= {'.'.join(map(str, newest))})"
    version = _CPP_PACKAGES.get(newest[-1])
    return f" (>= {version})" if version else ""


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
