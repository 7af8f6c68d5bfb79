"""Masks painted on photos: black and white PNG files, named by what they show."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.digest import digest_of_bytes
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr

_LARGEST_SIDE_PX = 32_767
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ONE_BIT_GREY = bytes([1, 0, 0, 0, 0])  # depth, colour type, compression, filter, interlace
_HEADER_BYTES = len(_SIGNATURE) + 8 + 13


class MaskStore:
    """The `masks` folder of a project; masks are what a person made, so none is ever removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, mask: NDArray[np.bool_]) -> str:
        """Store a mask and read it back.

        Args:
            mask: `(H, W)` of the upright photo, at any size of the same aspect; True = do not use.

        Returns:
            Its digest.

        Raises:
            DiskFull, CannotWrite: by the place.
            Missing: what was written does not read back, so the disk is at fault.
            ValueError: it is no picture, or a side is longer than 32,767 px.
        """
        mask = np.asarray(mask, np.bool_)
        if mask.ndim != 2 or not 0 < min(mask.shape) <= max(mask.shape) <= _LARGEST_SIDE_PX:
            raise ValueError(f"a mask of shape {mask.shape} is impossible")
        digest = _digest(mask)
        path = self._path(digest)
        if not path.is_file():
            write_bytes_atomic(path, _png(mask))
        self.get(digest)
        return digest

    def get(self, digest: str) -> NDArray[np.bool_]:
        """`(H, W)` the mask of a digest, read-only.

        Raises:
            Missing: it is not there, or not what was painted.
        """
        path = self._path(digest)
        if not re.fullmatch(r"[0-9a-f]{16,128}", digest):  # a stranger's project may name any file
            raise _missing(digest, tr("That is no name of a mask."))
        try:
            mask = _read(path)
        except OSError as error:
            raise _missing(digest, tr("{file} cannot be read.").format(file=path)) from error
        except (ValueError, zlib.error) as error:
            raise _missing(digest, _not_painted(path)) from error
        if _digest(mask) != digest:
            raise _missing(digest, _not_painted(path))
        mask.setflags(write=False)
        return mask

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.png"


def _png(mask: NDArray[np.bool_]) -> bytes:
    """Grey of one bit, without filters; white = do not use."""
    height, width = mask.shape
    rows = np.zeros((height, 1 + (width + 7) // 8), np.uint8)  # each begins with its filter, 0
    rows[:, 1:] = np.packbits(mask, axis=1)
    header = struct.pack(">II", width, height) + _ONE_BIT_GREY
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def _read(path: Path) -> NDArray[np.bool_]:
    """What `_png` wrote; no more memory is taken than a mask of the size it states needs.

    Raises:
        OSError: it cannot be read.
        ValueError, zlib.error: it is another kind of file.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
        if len(start) < _HEADER_BYTES or start[:8] != _SIGNATURE:
            raise ValueError("it is no PNG file")
        width, height = struct.unpack(">II", start[16:24])
        if not (0 < width <= _LARGEST_SIDE_PX and 0 < height <= _LARGEST_SIDE_PX):
            raise ValueError("its size is impossible")
        shape = (height, 1 + (width + 7) // 8)
        size = shape[0] * shape[1]
        body = file.read(size + 2**16)  # compressed it is smaller, or larger by a little
    unpacked = zlib.decompressobj().decompress(body[12:], size)
    rows = np.frombuffer(unpacked, np.uint8).reshape(shape)
    return np.unpackbits(rows[:, 1:], axis=1, count=width).astype(np.bool_)


def _digest(mask: NDArray[np.bool_]) -> str:
    """Of the picture, whatever program compressed it."""
    height, width = mask.shape
    return digest_of_bytes(f"mask {height} {width} ".encode() + np.packbits(mask).tobytes())


def _missing(digest: str, why: str) -> Missing:
    return Missing(
        tr("The mask {name} of a photo is missing.").format(name=digest[:12]),
        why=why,
        fix=tr("Paint it again, or switch off or remove its entry in the list of edits."),
    )


def _not_painted(path: Path) -> str:
    return tr("{file} is not the mask that was painted.").format(file=path)
