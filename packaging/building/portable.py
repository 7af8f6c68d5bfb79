"""The portable archives: unpack, start; nothing is installed."""

from __future__ import annotations

import stat
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Literal

from building.linux_share import write_share
from building.product import Product
from building.times import epoch_of

System = Literal["linux", "windows"]

_LEVEL = "-19"
_WINDOW = "--long=27"  # the largest that zstd unpacks without being asked to
_MENU_SCRIPT = "install-desktop-entry.sh"
_PLACE = "@PLACE@"  # in the entry, for the folder it was unpacked to

_README = {
    "linux": """\
{title} {version}

Start the program:    ./{name}
The command line:     ./{name} --help
Into the menu:        ./{script}            (out of it: ./{script} --remove)

Move the folder wherever you like; do the last of these again afterwards. Needs Linux with glibc
2.35 or newer (Ubuntu 22.04, Debian 12, Fedora 36) and OpenGL 2.1, which the processor can draw too.
To remove the program, delete this folder. Your projects are where you put them; networks and
settings are in ~/.local/share/{name} and ~/.config/{name}.
""",
    "windows": """\
{title} {version}

Start the program:    {title}.exe
The command line:     {name}.exe --help

Move the folder wherever you like. Needs Windows 10 or 11, 64 bit. To remove the program, delete
this folder. Your projects are where you put them; networks and settings are in
%LOCALAPPDATA%\\{name}.
""",
}

_MENU = """\
#!/bin/sh
# Puts {title} into the menu of the person who runs it, or takes it out with --remove.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
share=${{XDG_DATA_HOME:-$HOME/.local/share}}
cd "$here/share"
find . -type f | while read -r file; do
    if [ "${{1:-}}" = --remove ]; then
        rm -f "$share/$file"
    else
        mkdir -p "$share/$(dirname "$file")"
        cp "$file" "$share/$file"
    fi
done
entry=$share/applications/{entry}
if [ -f "$entry" ]; then
    quoted=$(printf '%s' "$here" | sed 's/[&|\\\\]/\\\\&/g')
    sed -i "s|{place}|$quoted|" "$entry"
fi
for kind in desktop:applications mime:mime; do
    update=update-${{kind%:*}}-database
    if command -v "$update" > /dev/null; then "$update" "$share/${{kind#*:}}" || true; fi
done > /dev/null 2>&1
"""


def make_portable(bundle: Path, out: Path, product: Product, system: System) -> Path:
    """Make `da3studio-VERSION-linux.tar.zst` or `da3studio-VERSION-windows.zip`.

    Args:
        bundle: PyInstaller's folder.
        out: the folder to put it in.
        product: the program; its name and version name the one folder in the archive.
        system: whose bundle it is.

    Returns:
        The archive.
    """
    out.mkdir(parents=True, exist_ok=True)
    epoch = epoch_of(product)
    with tempfile.TemporaryDirectory() as folder:
        besides = Path(folder)
        _write_besides(besides, product, system, epoch)
        files = [*_entries(bundle), *_entries(besides)]
        if system == "windows":
            return _zip(out / f"{product.folder}-windows.zip", files, product, epoch)
        return _tar_zst(out / f"{product.folder}-linux.tar.zst", files, product, epoch)


def _write_besides(folder: Path, product: Product, system: System, epoch: int) -> None:
    readme = _README[system].format(
        title=product.title, version=product.version, name=product.name, script=_MENU_SCRIPT
    )
    if system == "windows":
        (folder / "README.txt").write_text(readme, "utf-8", newline="\r\n")
        return
    (folder / "README.txt").write_text(readme, "utf-8")
    write_share(folder / "share", product, f"{_PLACE}/{product.name}", epoch)
    (entry,) = (folder / "share" / "applications").iterdir()
    script = folder / _MENU_SCRIPT
    script.write_text(_MENU.format(title=product.title, entry=entry.name, place=_PLACE), "utf-8")
    script.chmod(0o755)


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files and links of a folder, with their places in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _zip(out: Path, files: list[tuple[str, Path]], product: Product, epoch: int) -> Path:
    when = datetime.fromtimestamp(epoch, UTC).timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place, path in files:
            entry = zipfile.ZipInfo(f"{product.folder}/{place}", when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as content, archive.open(entry, "w") as target:
                for block in iter(partial(content.read, 2**20), b""):
                    target.write(block)
    return out


def _tar_zst(out: Path, files: list[tuple[str, Path]], product: Product, epoch: int) -> Path:
    command = ["zstd", _LEVEL, _WINDOW, "-T0", "-q", "-f", "-o", out]
    packer = subprocess.Popen(command, stdin=subprocess.PIPE)
    with packer.stdin as stream:
        _tar(stream, files, product, partial(_as_anybodys, epoch=epoch))
    if packer.wait():
        raise subprocess.CalledProcessError(packer.returncode, command)
    return out


def _tar(
    stream: IO[bytes],
    files: list[tuple[str, Path]],
    product: Product,
    change: Callable[[tarfile.TarInfo], tarfile.TarInfo],
) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for place, path in files:
            archive.add(path, f"{product.folder}/{place}", recursive=False, filter=change)


def _as_anybodys(entry: tarfile.TarInfo, epoch: int) -> tarfile.TarInfo:
    """The same whoever built it, and whenever."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = epoch
    if entry.isfile():
        entry.mode = 0o755 if entry.mode & stat.S_IXUSR else 0o644
    return entry
