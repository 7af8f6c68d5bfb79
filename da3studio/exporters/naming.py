"""Names that every reader of a format understands."""

from __future__ import annotations

import re
import unicodedata

from da3studio.base.digest import digest_of

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def one_line(text: str) -> str:
    """The text without control characters and line ends, which would break a header or a tree."""
    plain = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    return plain.strip() or "scene"


def ascii_words(text: str) -> str:
    """`one_line` in ASCII, accents stripped, for headers that allow nothing else."""
    return unicodedata.normalize("NFKD", one_line(text)).encode("ascii", "replace").decode()


def ascii_stem(stem: str) -> str:
    """A file stem without spaces or non-ASCII letters, for names written inside other files.

    Readers of .obj and .mtl split lines at spaces and guess the encoding. A changed stem gets a
    short digest of the original, so that two models in one folder never share a texture.
    """
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode())
    return stem if safe == stem else f"{safe.strip('_') or 'model'}-{digest_of(stem)[:6]}"
