"""blake2b of values and of files: the names of results."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from enum import Enum
from pathlib import Path
from typing import Any

_SIZE_BYTES = 16


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("a dict whose keys are no strings has no canonical form")
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form")


def digest_of(*values: Any) -> str:
    """Hex digest of plain values, sequences, dicts and dataclasses.

    Values of equal content and type have equal digests: the order of a dict and the difference
    between list and tuple do not count, that between 1, 1.0 and True does.

    Raises:
        TypeError: a value has no canonical form (an array, a set, an object), or a dict has a
            key that is no string.
    """
    text = json.dumps(_plain(values), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=_SIZE_BYTES).hexdigest()


def digest_of_file(path: Path) -> str:
    """Hex digest of a file's bytes, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.blake2b(digest_size=_SIZE_BYTES)
        ).hexdigest()


def digest_of_bytes(content: bytes) -> str:
    """Hex digest of a file's bytes that are in memory already; equal to `digest_of_file`."""
    return hashlib.blake2b(content, digest_size=_SIZE_BYTES).hexdigest()
