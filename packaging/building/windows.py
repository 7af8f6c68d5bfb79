"""The Windows installer, compiled by makensis of NSIS on Windows or Linux."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from building.icons import write_windows_icon
from building.product import Product

_SCRIPT = Path(__file__).resolve().parent.parent / "windows" / "installer.nsi"
_LONGEST_PLACE = 190  # of Windows' 260; the rest is for the folder it is installed to

Target = Literal["x86-unicode", "amd64-unicode"]


def make_installer(
    bundle: Path,
    out: Path,
    product: Product,
    *,
    quick: bool = False,
    target: Target = "x86-unicode",
) -> Path:
    """Compile the installer.

    Args:
        bundle: PyInstaller's folder, with `da3studio.exe` and `DA3 Studio.exe` in it.
        out: the folder to put it in.
        product: the program.
        quick: compress quickly and not well, to try it out; else it takes tens of minutes.
        target: of the installer itself; the other one is for a Wine that runs 64 bit only, and
            NSIS' own releases lack it.

    Returns:
        The installer. What the compiler said is beside it, in a `.log`.

    Raises:
        ValueError: the bundle is not one for Windows, or has a path too long for it.
        RuntimeError: the compiler refused; its last words.
    """
    places = sorted(
        path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()
    )
    _check(places, product)
    out = out.absolute()  # the compiler goes to the folder of its script
    out.mkdir(parents=True, exist_ok=True)
    installer = out / f"{product.folder}-windows-setup.exe"
    with tempfile.TemporaryDirectory() as folder:
        scripts = Path(folder).resolve()
        install, remove = scripts / "files.nsh", scripts / "unfiles.nsh"
        install.write_text("\n".join(_installing(bundle.resolve(), places)) + "\n", "utf-8")
        remove.write_text("\n".join(_removing(places)) + "\n", "utf-8")
        defines = {
            "NAME": product.name,
            "TITLE": product.title,
            "VERSION": product.version,
            "NUMBERS": _numbers(product.version),
            "MAKERS": product.makers,
            "HOMEPAGE": product.homepage,
            "ICON": str(write_windows_icon(product.icon, scripts / "app.ico")),
            "OUT": str(installer),
            "FILES": str(install),
            "UNFILES": str(remove),
            "SIZE": str(sum((bundle / place).stat().st_size for place in places) // 1024),
        } | ({"QUICK": "1"} if quick else {})
        _compile(defines, target, installer.with_suffix(".log"))
    return installer


def _check(places: list[str], product: Product) -> None:
    for program in (f"{product.name}.exe", f"{product.title}.exe"):
        if program not in places:
            raise ValueError(f"The bundle has no {program}: it was not built on Windows.")
    longest = max(places, key=len)
    if len(longest) > _LONGEST_PLACE:
        raise ValueError(f"This path is too long for Windows: {longest}")


def _installing(bundle: Path, places: list[str]) -> Iterator[str]:
    yield "SetDetailsPrint textonly"  # thousands of lines would be most of the work
    folder = None
    for place in places:
        path = PurePosixPath(place)
        if path.parent != folder:
            folder = path.parent
            yield f'SetOutPath "{_installed(folder)}"'
        yield f'File "/oname={_escaped(path.name)}" "{bundle / place}"'
    yield "SetDetailsPrint both"


def _removing(places: list[str]) -> Iterator[str]:
    """Each file by its name, then each folder if nothing else is in it."""
    yield "SetDetailsPrint textonly"
    for place in places:
        yield f'Delete "{_installed(PurePosixPath(place))}"'
    folders = {parent for place in places for parent in PurePosixPath(place).parents}
    for folder in sorted(folders - {PurePosixPath(".")}, key=lambda f: -len(f.parts)):
        yield f'RMDir "{_installed(folder)}"'
    yield "SetDetailsPrint both"


def _installed(place: PurePosixPath) -> str:
    return "\\".join(("$INSTDIR", *map(_escaped, place.parts)))


def _escaped(name: str) -> str:
    return name.replace("$", "$$")


def _numbers(version: str) -> str:
    """`0.2.0rc1` → `0.2.0.0`, as Windows wants four numbers."""
    release = re.match(r"\d+(\.\d+)*", version)
    numbers = release.group().split(".") if release else []
    return ".".join((numbers + ["0"] * 4)[:4])


def _compile(defines: dict[str, str], target: Target, log: Path) -> None:
    command = ["makensis", "-V4", "-WX", "-INPUTCHARSET", "UTF8", f"-XTarget {target}"]
    command += [f"-D{name}={value}" for name, value in defines.items()]
    ran = subprocess.run(
        [*command, str(_SCRIPT)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    log.write_bytes(ran.stdout)
    if ran.returncode:
        said = ran.stdout.decode("utf-8", "replace").splitlines()
        raise RuntimeError("makensis: " + "\n".join(said[-15:]))
