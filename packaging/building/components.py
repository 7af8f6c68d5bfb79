"""What an installer is made of, as its licence texts and its list of parts show it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from building.licence_policy import licence_keys

_TEXTS = Path("packaging/licence_texts")
# The LGPL-3.0 is a supplement to the GPL-3.0, and asks for both texts.
_TOGETHER = {"LGPL-3.0": ("LGPL-3.0", "GPL-3.0"), "LGPL-2.0": ("LGPL-2.1",)}
WHEEL = "a Python package"
"""How a distribution came into the bundle; what it states of itself is judged as a whole."""
COPYLEFT = ("GPL-", "LGPL-", "MPL-")
"""How the licences begin whose sources the person has a right to."""


@dataclass(frozen=True)
class NativeFile:
    """A program or library: its place in the bundle, and its SHA-256 in hexadecimal."""

    path: str
    sha256: str

    @classmethod
    def of(cls, path: Path, bundle: Path) -> NativeFile:
        """Read a file of a bundle."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path.relative_to(bundle).as_posix(), digest)


@dataclass(frozen=True)
class Component:
    """One part of the bundle that others made.

    Args:
        name: for people.
        version: empty where nobody says it.
        licence: SPDX.
        origin: how it came into the bundle, half a sentence.
        purl: package URL; empty where it has none.
        files: its native files.
        texts: licence texts by file name.
        note: what a person decided about it.
        source: where its sources are.
        separate: it runs as a program of its own, or is inside one that does.
    """

    name: str
    version: str
    licence: str
    origin: str
    purl: str = ""
    files: tuple[NativeFile, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    source: str = ""
    separate: bool = False

    @property
    def is_copyleft(self) -> bool:
        """Whether the person has a right to its sources."""
        return any(
            key.startswith(COPYLEFT) and " WITH " not in key for key in licence_keys(self.licence)
        )


def standard_texts(licence: str, checkout: Path) -> dict[str, str]:
    """The texts of `packaging/licence_texts` that belong to an SPDX expression, by file name."""
    texts = {}
    for key in sorted(licence_keys(licence)):
        for part in key.split(" WITH "):
            plain = part.removesuffix("-only").removesuffix("-or-later")
            for name in _TOGETHER.get(plain, (plain,)):
                path = checkout / _TEXTS / f"{name}.txt"
                if path.is_file():
                    texts[path.name] = path.read_text("utf-8")
    return texts


def texts_for(licence: str, own: Mapping[str, str], checkout: Path) -> dict[str, str]:
    """What to pass on with a part: the standard texts, and its own files unless those say it all.

    Args:
        licence: SPDX.
        own: licence files that came with the part or with what holds it.
        checkout: holds the standard texts.
    """
    standard = standard_texts(licence, checkout)
    complete = all(standard_texts(key, checkout) for key in licence_keys(licence))
    return standard if standard and complete else {**own, **standard}
