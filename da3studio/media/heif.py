"""A look into HEIF files before they are handed to their decoder."""

from __future__ import annotations

_TYPE_BYTES, _VERSION_BYTES, _PROTECTION_BYTES = 4, 4, 2
_ID_BYTES = {2: 2, 3: 4}  # by version of the entry


def has_readable_items(content: bytes) -> bool:
    """Whether the item types and names of a HEIF file are text.

    pi-heif 1.4 ends the whole process at those of a damaged file that are not UTF-8.

    Source: ISO/IEC 14496-12, `ItemInfoEntry` inside the `meta` box.
    """
    meta = content.find(b"meta")
    if meta < _TYPE_BYTES:
        return True  # there is none to stumble over; the decoder says that it is missing
    end = meta - 4 + _box_size(content, meta)
    entry = content.find(b"infe", meta, end)
    while entry >= 0:
        body = entry + _TYPE_BYTES
        ids = _ID_BYTES.get(content[body], 2)
        text = content[
            body + _VERSION_BYTES + ids + _PROTECTION_BYTES : entry - 4 + _box_size(content, entry)
        ]
        try:
            text.decode()
        except UnicodeDecodeError:
            return False
        entry = content.find(b"infe", body, end)
    return True


def _box_size(content: bytes, type_at: int) -> int:
    """Size [bytes] of the box whose type stands at this place; its size stands before it."""
    return int.from_bytes(content[type_at - 4 : type_at], "big")
