"""Reading images between their pixels; light against stored values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.conventions import opencv_pixels

_ROW = 4096  # cv2.remap takes at most 32767 columns: points are laid out in rows of this many


def sample(image: NDArray[Any], pixels: ArrayLike) -> NDArray[np.float32]:
    """Bilinear values of an image at positions; beyond its border the border's value.

    Args:
        image: `(H, W)` or `(H, W, C)`, at most 32767 pixels a side.
        pixels: `(N, 2)` x, y [px], centres at half-integers.

    Returns:
        `(N,)` or `(N, C)`.
    """
    import cv2

    positions = opencv_pixels(np.asarray(pixels, np.float64))
    n = len(positions)
    rows = max(-(-n // _ROW), 1)
    maps = np.zeros((rows * _ROW, 2), np.float32)
    maps[:n] = positions
    read = cv2.remap(
        image,
        maps.reshape(rows, _ROW, 2),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    values: NDArray[np.float32] = read.reshape(rows * _ROW, *image.shape[2:])[:n].astype(np.float32)
    return values


def shrunk(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The image at a size no larger than its own, every pixel a mean over its area."""
    import cv2

    if image.shape[1::-1] == (width, height):
        return image
    small: NDArray[np.uint8] = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return small


def linear_from_srgb(values: ArrayLike) -> NDArray[np.float32]:
    """Stored values [0..255] → light [0..1]. Source: IEC 61966-2-1."""
    v = np.clip(np.asarray(values, np.float32) / 255, 0, 1)
    light: NDArray[np.float32] = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def srgb_from_linear(light: ArrayLike) -> NDArray[np.float32]:
    """Light → stored values [0..255], clipped. Source: IEC 61966-2-1."""
    x = np.clip(np.asarray(light, np.float32), 0, 1)
    stored = np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)
    return (255 * stored).astype(np.float32)
