"""Puts the licences of all parts into a bundle: one folder each, and one text to read."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from building.components import WHEEL, Component
from building.distributions import LIBRARY_FOLDER
from building.product import Product

FOLDER = "licences"
"""Inside the bundle's folder of libraries; the window finds it there."""
SUMMARY = "THIRD-PARTY.txt"
_WIDTH = 96
_RULE = "-" * _WIDTH

_HEAD = """\
{title} {version} is under {licence}. It stands on the work of many others: this text lists every
part of the program that others made, with its licence. The full texts lie beside this file, one
folder for each part.
"""

_LGPL = """\
Libraries under the GNU Lesser General Public License (LGPL)

Some parts are under the LGPL, Qt and PySide6 among them; below they are marked with a star (*).
They are files of their own in the program's folder, under the names listed with them, and are
loaded when the program starts. You may replace each by another build of it: put your file, with
the same interface, in the place of ours. You may take the program apart as far as that is needed
to find faults in such a replacement. Nothing in {title} keeps you from it, and neither do the
terms of {title} itself.

They are used unchanged, as their makers published them. Their sources are at the addresses below;
whoever publishes this installer keeps the same sources beside it.
"""

_SEPARATE = """\
Programs beside {title} under the GNU General Public License (GPL)

{names}: as its makers built it, it holds parts that are under the GPL, so all of it is passed on
under the GPL, version 3 or any later one. It is a program of its own: {title} starts it as a
separate process and exchanges messages and files with it. Nothing of Qt, PyTorch, Open3D or OpenCV
is loaded into that process, and it is loaded into no other. The files of {title} that steer it
there are under the Apache License 2.0, which goes together with the GPL.

It is used unchanged, as its makers published it. Its complete sources, with those of the libraries
in it and what is needed to build it, are published beside this installer, at the same place and at
no charge. Who passes the installer on has to offer these sources too.
"""


def write_licences(components: Sequence[Component], bundle: Path, product: Product) -> Path:
    """Write the licences of all parts into a bundle, in place of what was there.

    Args:
        components: as `collect_licences` found them.
        bundle: the folder that PyInstaller made.
        product: the program itself.

    Returns:
        The text for people, `_internal/licences/THIRD-PARTY.txt`.
    """
    folder = bundle / LIBRARY_FOLDER / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    for one in components:
        own = folder / folder_name(one)
        own.mkdir(parents=True, exist_ok=True)
        for name, text in one.texts.items():
            (own / name).write_text(text, "utf-8", newline="\n")
    summary = folder / SUMMARY
    head = _HEAD.format(title=product.title, version=product.version, licence=product.licence)
    lgpl = _LGPL.format(title=product.title)
    text = "\n".join([head, lgpl, *_about_separate(components, product), *_entries(components)])
    summary.write_text(text, "utf-8", newline="\n")
    return summary


def _about_separate(components: Iterable[Component], product: Product) -> Iterable[str]:
    names = [one.name for one in components if one.separate and one.origin == WHEEL]
    if names:
        yield _SEPARATE.format(title=product.title, names=", ".join(names))


def folder_name(one: Component) -> str:
    """`libheif, from the wheel of pi_heif` -> `libheif-from-the-wheel-of-pi_heif`: unique."""
    name = one.name if one.purl.startswith("pkg:pypi/") else f"{one.name} {one.origin}"
    return re.sub(r"[^A-Za-z0-9._+]+", "-", name).strip("-.")


def _entries(components: Iterable[Component]) -> Iterable[str]:
    for one in components:
        star = " *" if "LGPL-" in one.licence else ""
        lines = [_RULE, f"{one.name} {one.version}".strip() + f" — {one.origin}{star}"]
        facts = [("Licence", one.licence), ("Sources", one.source), ("Note", one.note)]
        if one.is_copyleft:
            facts.append(("Files", ", ".join(file.path for file in one.files)))
        facts.append(("Texts", f"{folder_name(one)}/"))
        lines += [_fact(label, text) for label, text in facts if text]
        yield "\n".join(lines) + "\n"


def _fact(label: str, text: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=f"  {label + ':':<9}",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )
