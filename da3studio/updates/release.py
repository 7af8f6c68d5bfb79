"""What a release file says, and which of two versions is the newer one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from da3studio.updates.address import is_safe

_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}")
_LONGEST_NOTES = 300


@dataclass(frozen=True)
class Release:
    """A published version."""

    version: str  # "0.2.0"
    page: str  # an address for the browser
    notes: str = ""  # a sentence about it, plain text


def parse(content: bytes) -> Release:
    """Read `{"version": "0.2.0", "page": "https://…", "notes": "…"}`; more fields may follow.

    Raises:
        ValueError: that is not what it says.
    """
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    version, page, notes = (document.get(name, "") for name in ("version", "page", "notes"))
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError(f"not a version: {version!r}")
    if not isinstance(page, str) or not is_safe(page):
        raise ValueError(f"not an address for the browser: {page!r}")
    if not isinstance(notes, str):
        raise ValueError("the notes are no text")
    return Release(version, page, " ".join(notes.split())[:_LONGEST_NOTES])


def is_newer(version: str, than: str) -> bool:
    """Compare by numbers, so that 0.10 is newer than 0.9, and 1.0 as new as 1.

    Raises:
        ValueError: one of them is no version of numbers and dots.
    """
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    if not _VERSION.fullmatch(version):
        raise ValueError(f"not a version: {version!r}")
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
