"""What a desktop reads of a program: its entry in the menu, its icons, its file type, its page."""

from __future__ import annotations

import gzip
from pathlib import Path
from xml.sax.saxutils import escape

from building.icons import write_theme_icons
from building.man_page import man_page
from building.product import PROJECT_TYPE, Product

_COMMENT_DE = "Aus Fotos oder einem Video ein sauberes, vermessenes 3D-Modell"


def write_share(share: Path, product: Product, command: str, epoch: int) -> None:
    """Fill the folder `share` of a prefix, such as `/usr/share`.

    Args:
        share: the folder; made where it is absent.
        product: the program.
        command: what starts it; a name on the PATH, or a path.
        epoch: the time of the pages [s since 1970].
    """
    from da3studio.app.taskbar import DESKTOP_FILE  # the window says this name to the desktop
    from da3studio.cli.parsing import build_parser

    page = man_page(build_parser(), product, epoch).encode()
    texts = {
        f"applications/{DESKTOP_FILE}": desktop_entry(product, command).encode(),
        f"mime/packages/{product.name}.xml": mime_type(product).encode(),
        f"man/man1/{product.name}.1.gz": gzip.compress(page, mtime=0),
    }
    for place, content in texts.items():
        path = share / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_theme_icons(product.icon, share / "icons" / "hicolor", product.name)


def desktop_entry(product: Product, command: str) -> str:
    """The entry in the menu.

    Folders are among what it opens: a project is one, and so are photos. It asks to be the least
    preferred for them, as nobody wants it instead of a file manager.
    """
    return f"""\
[Desktop Entry]
Type=Application
Version=1.4
Name={product.title}
GenericName=Photogrammetry
GenericName[de]=Photogrammetrie
Comment={product.phrase}
Comment[de]={_COMMENT_DE}
Keywords=3D;scan;photos;mesh;model;
Keywords[de]=3D;Scan;Fotos;Netz;Modell;
Exec="{command}" app %F
TryExec={command}
Icon={product.name}
Terminal=false
StartupNotify=true
StartupWMClass={product.name}
Categories=Graphics;3DGraphics;Photography;
MimeType={PROJECT_TYPE};inode/directory;
InitialPreference=1
"""


def mime_type(product: Product) -> str:
    """The type of the file that stands for a project; a folder cannot have one."""
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{PROJECT_TYPE}">
    <comment>{escape(product.title)} project</comment>
    <comment xml:lang="de">{escape(product.title)}-Projekt</comment>
    <icon name="{product.name}"/>
    <generic-icon name="x-office-document"/>
    <glob pattern="*.da3"/>
  </mime-type>
</mime-info>
"""
