"""The `.deb`: the bundle in /opt, and what a desktop reads of it in /usr/share.

There are no scripts in it: menus, icons, file types and man pages are taken up by the triggers of
the packages that keep them, and what is installed is exactly what is listed, so that a purge leaves
nothing.
"""

from __future__ import annotations

import gzip
import os
import platform
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from building.linux_share import write_share
from building.product import Product
from building.system_libraries import dependencies
from building.times import epoch_of

_COMPRESSION = ("-Zxz",)  # smaller than zstd here, sooner done, and older systems read it
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_ABOUT = """\
 Drop photos, a folder or a video onto the window and get a textured 3D mesh,
 cleaned, measured and ready for a website, a game or a printer. Everything is
 computed on this computer; a graphics card helps and is not needed.
 .
 The same is done by the command da3studio, without a window.
"""


def make_deb(bundle: Path, out: Path, product: Product) -> Path:
    """Make the package.

    Args:
        bundle: PyInstaller's folder, with the program `da3studio` in it.
        out: the folder to put it in.
        product: the program.

    Returns:
        The `.deb`.

    Raises:
        ValueError: the bundle needs a library whose package is not known.
    """
    architecture = _ARCHITECTURES[platform.machine()]
    version = debian_version(product.version)
    package = out / f"{product.name}_{version}_{architecture}.deb"
    out.mkdir(parents=True, exist_ok=True)
    epoch = epoch_of(product)
    with tempfile.TemporaryDirectory(dir=out, prefix=".deb-") as folder:
        root = Path(folder) / "root"
        _fill(root, bundle, product, epoch)
        control = root / "DEBIAN" / "control"
        control.parent.mkdir()
        control.write_text(_control(root, bundle, product, version, architecture), "utf-8")
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", *_COMPRESSION, "--build", root, package],
            env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    return package


def debian_version(version: str) -> str:
    """`0.2.0rc1` → `0.2.0~rc1`, which sorts before `0.2.0`."""
    return re.sub(r"(?<=\d)\.?(a|b|rc|dev)(?=\d)", r"~\1", version)


def _fill(root: Path, bundle: Path, product: Product, epoch: int) -> None:
    root.mkdir(mode=0o755)
    root.chmod(0o755)
    place = root / "opt" / product.name
    shutil.copytree(bundle, place, symlinks=True)
    link = root / "usr" / "bin" / product.name
    link.parent.mkdir(parents=True)
    link.symlink_to(f"/opt/{product.name}/{product.name}")
    share = root / "usr" / "share"
    write_share(share, product, product.name, epoch)
    documents = share / "doc" / product.name
    documents.mkdir(parents=True)
    (documents / "copyright").write_text(_copyright(product, epoch), "utf-8")
    (documents / "changelog.gz").write_bytes(gzip.compress(_changes(product, epoch), mtime=0))
    for path in root.rglob("*"):
        if not path.is_symlink():  # the person who built it may keep new files private
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)


def _control(root: Path, bundle: Path, product: Product, version: str, architecture: str) -> str:
    size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
    fields = {
        "Package": product.name,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": product.makers,
        "Installed-Size": str(size // 1024),
        "Depends": ", ".join(dependencies(bundle)),
        "Recommends": "xdg-utils",  # opens folders and web pages
        "Section": "graphics",
        "Priority": "optional",
        "Homepage": product.homepage,
        "Description": f"{product.phrase}\n{_ABOUT}".rstrip(),
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _copyright(product: Product, epoch: int) -> str:
    year = datetime.fromtimestamp(epoch, UTC).year
    return f"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: {product.title}
Source: {product.homepage or "this package"}
Comment: The libraries in /opt/{product.name} have licences of their own, which are collected in
 /opt/{product.name}/_internal/licences.

Files: *
Copyright: {year} {product.makers}
License: {product.licence}
 The whole text is in /usr/share/common-licenses/{product.licence} of a Debian system, and in
 /opt/{product.name}/_internal/LICENSE.
"""


def _changes(product: Product, epoch: int) -> bytes:
    when = format_datetime(datetime.fromtimestamp(epoch, UTC))
    version = debian_version(product.version)
    return (
        f"{product.name} ({version}) unstable; urgency=medium\n\n"
        f"  * Release {product.version}.\n\n"
        f" -- {product.makers}  {when}\n"
    ).encode()
