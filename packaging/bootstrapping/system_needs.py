"""What has to come from the operating system: shared libraries, a font, Python's own `venv`.

Wheels bring everything on Windows and macOS, so all of this is about Linux. The list was verified
in a bare Debian 12; what counts is whether a library can be loaded, not whether a package is
listed, as other systems name their packages differently.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrapping.console import SetupError, Steps, say

# Mesa's drawing by the processor; from version 24 on it is in one library.
SOFTWARE_GL = ("/usr/lib*/dri/swrast_dri.so", "/usr/lib/*/dri/swrast_dri.so",
               "/usr/lib*/libgallium-*.so", "/usr/lib/*/libgallium-*.so")  # fmt: skip
FONTS = ("ttf", "otf", "ttc")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


def loads(library: str) -> bool:
    """Whether the system's loader finds a shared library, for this Python's architecture."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_a_font(_name: str) -> bool:
    """Whether any scalable font is installed; without one Qt draws no text at all."""
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    return any(next(folder.glob(f"**/*.{kind}"), None) for folder in folders for kind in FONTS)


def has_program(name: str) -> bool:
    """Whether a program is on the PATH."""
    return shutil.which(name) is not None


def has_software_gl(_name: str) -> bool:
    """Whether OpenGL works without a graphics card."""
    return any(next(Path("/").glob(pattern[1:]), None) for pattern in SOFTWARE_GL)


def has_module(name: str) -> bool:
    """Whether this Python has a module of the standard library that Debian packages apart."""
    return importlib.util.find_spec(name) is not None


@dataclass(frozen=True)
class Need:
    """One thing the system has to provide."""

    name: str  # "libGL.so.1"
    package: str  # on Debian and Ubuntu
    required: bool  # False: see `without`
    present: Callable[[str], bool] = loads
    without: str = "The window will need {names}, the command line works without."


VENV = Need(
    "ensurepip", f"python{sys.version_info[0]}.{sys.version_info[1]}-venv", True, has_module
)
NEEDS = (
    Need("libGL.so.1", "libgl1", required=True),
    Need("libEGL.so.1", "libegl1", required=True),
    Need("libX11.so.6", "libx11-6", required=True),
    Need("libusb-1.0.so.0", "libusb-1.0-0", required=True),  # Open3D links it, for depth cameras
    Need("libX11-xcb.so.1", "libx11-xcb1", required=False),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", required=False),
    Need("libxcb-cursor.so.0", "libxcb-cursor0", required=False),
    Need("libxcb-icccm.so.4", "libxcb-icccm4", required=False),
    Need("libxcb-image.so.0", "libxcb-image0", required=False),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1", required=False),
    Need("libxcb-randr.so.0", "libxcb-randr0", required=False),
    Need("libxcb-render-util.so.0", "libxcb-render-util0", required=False),
    Need("libxcb-shape.so.0", "libxcb-shape0", required=False),
    Need("libxcb-xkb.so.1", "libxcb-xkb1", required=False),
    Need("libdbus-1.so.3", "libdbus-1-3", required=False),
    Need("libfontconfig.so.1", "libfontconfig1", required=False),
    Need("libfreetype.so.6", "libfreetype6", required=False),
    Need("libbrotlidec.so.1", "libbrotli1", required=False),
    Need("libglib-2.0.so.0", "libglib2.0-0", required=False),
    Need("libgssapi_krb5.so.2", "libgssapi-krb5-2", required=False),
    Need("a font", "fonts-dejavu-core", required=False, present=has_a_font),
)
NOT_TESTED = "The window is not tested: its tests need {names}."
TEST_NEEDS = (
    Need("Xvfb", "xvfb", required=False, present=has_program, without=NOT_TESTED),
    Need(
        "OpenGL without a graphics card",
        "libgl1-mesa-dri",
        required=False,
        present=has_software_gl,
        without=NOT_TESTED,
    ),
    Need(
        "makensis",
        "nsis",
        required=False,
        present=has_program,
        without="The installer for Windows is not tested: its test needs {names}.",
    ),
)


def needs_of_this_system() -> tuple[Need, ...]:
    """Everything that the program needs here; nothing outside Linux."""
    return (VENV, *NEEDS) if sys.platform == "linux" else ()


def needs_of_tests() -> tuple[Need, ...]:
    """What testing needs besides: a screen that nobody sees, what draws on it, a compiler."""
    return TEST_NEEDS if sys.platform == "linux" else ()


def missing(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Those that the system does not provide."""
    return tuple(need for need in needs if not need.present(need.name))


def provide(needs: Sequence[Need], steps: Steps) -> None:
    """Install what is missing, or say how.

    Args:
        needs: what the system has to provide.
        steps: run the installation.

    Raises:
        SetupError: something required is missing and could not be installed from here.
    """
    absent = missing(needs)
    if not absent:
        return
    may = right_to_install()
    if may is not None:
        _install([need.package for need in absent], may, steps)
        importlib.invalidate_caches()  # a module may just have appeared
        absent = missing(needs)
    if any(need.required for need in absent):
        raise SetupError(
            f"This system lacks {names_of(absent)}.",
            why="Without it the program cannot start, and installing it needs your password.",
            fix=f"{advice(absent)}\nThen run the same command again.",
        )
    for without in dict.fromkeys(need.without for need in absent):
        lacking = [need for need in absent if need.without == without]
        say(without.format(names=names_of(lacking)))
        say(advice(lacking))


def right_to_install() -> tuple[str, ...] | None:
    """What to put before `apt-get`: nothing as root, `sudo -n`; None where it cannot be used."""
    if shutil.which("apt-get") is None:
        return None
    if sys.platform != "win32" and os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL)
    return ("sudo", "-n") if asked.returncode == 0 else None


def advice(absent: Sequence[Need]) -> str:
    """The one command that installs what is missing, in this system's words if they are known."""
    if shutil.which("apt-get") is None:
        return "Install the packages of your system that hold it."
    return "Install it with: " + " ".join(
        ["sudo apt-get install -y", *(need.package for need in absent)]
    )


def names_of(needs: Sequence[Need]) -> str:
    """`libGL.so.1, libusb-1.0.so.0`."""
    return ", ".join(need.name for need in needs)


def _install(packages: Sequence[str], may: Sequence[str], steps: Steps) -> None:
    apt = [*may, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=60"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    say(f"Installing system packages that are missing: {' '.join(packages)}")
    try:
        if steps.succeeds(install):
            return
        # The package lists may be absent (a fresh container) or out of date.
        steps.run("  with new package lists (about 20 s)", [*apt, "update"])
        steps.run("  again (about 10 s)", install)
    except SetupError:
        say("  That did not work, the log in .venv says why.")
