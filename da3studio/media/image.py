"""Reading photos from disk: upright, sRGB, 8 bit, whatever the file held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.media.decode import Decoded, ImageHeader, decode, decode_header
from da3studio.media.files import read_bytes


def read_image(path: Path, max_side: int | None = None) -> NDArray[np.uint8]:
    """Read a photo.

    JPEG, PNG, WebP, TIFF, HEIC, AVIF and BMP; 8 and 16 bit, float, palette and CMYK; turned
    upright by its EXIF orientation and converted from its colour profile to sRGB; transparent
    parts on white.

    Args:
        path: of the photo.
        max_side: shrink so that the longer side is at most this [px]; never enlarges.

    Returns:
        `(H, W, 3)`.

    Raises:
        Missing: there is no such file.
        BadInput: not a photo, truncated, damaged, too large, or not permitted to be read.
    """
    return read_photo(path, max_side).pixels


def read_photo(path: Path, max_side: int | None = None) -> Decoded:
    """Like `read_image`, with the header of the same reading."""
    return decode(read_bytes(path), path.name, max_side)


def read_header(path: Path) -> ImageHeader:
    """Upright size, format and EXIF of a photo; same errors as `read_image`."""
    return decode_header(read_bytes(path), path.name)
