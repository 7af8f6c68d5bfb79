"""Any picture Pillow holds → plain 8-bit colours → sRGB."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_PLAIN_MODES = ("L", "RGB", "CMYK")
_DEEP_MODES = ("I", "F")  # and I;16 with its byte orders
# Full scales that float pictures are written with: 0..1 (the usual), 0..255, 0..65535. The first
# is taken up to 16 because highlights of linear renderings go beyond 1.
_FLOAT_SCALES = ((16.0, 1.0), (256.0, 255.0), (float("inf"), 65535.0))


def eight_bit(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Samples of any depth → 8 bit, the same scale for every photo of its kind.

    Integers use the full range of 16 bit; floats 0..1, or 0..255 or 0..65535 where their largest
    value tells so. What is below black or above white is clipped; NaN is black.
    """
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    samples = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    white = 65535.0
    if np.issubdtype(values.dtype, np.floating):
        largest = float(samples.max(initial=0.0))
        white = next(scale for limit, scale in _FLOAT_SCALES if largest <= limit)
    result: NDArray[np.uint8] = (np.clip(samples / white, 0, 1) * 255 + 0.5).astype(np.uint8)
    return result


def plain(image: Image.Image) -> Image.Image:
    """The picture as 8-bit `L`, `RGB` or `CMYK` without transparency.

    Transparent parts become white, which is what people see in their viewers and what a cut-out
    product photo is meant to stand on.
    """
    if image.mode.startswith("I;16") or image.mode in _DEEP_MODES:
        return Image.fromarray(eight_bit(np.asarray(image)))
    if image.mode in _PLAIN_MODES and "transparency" not in image.info:
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "LAB":
        return _through(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, with_alpha).convert("RGB")
    return image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> NDArray[np.uint8]:
    """`(H, W, 3)` sRGB of a plain picture, through its embedded ICC profile if it has one.

    A profile that is broken or made for other colours than the picture's is ignored, as every
    viewer does; the picture is then taken for sRGB.
    """
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if not ImageCms.getProfileDescription(source).startswith("sRGB"):
                image = _through(image, source)
    return np.array(image.convert("RGB"))


def _through(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    transform = ImageCms.buildTransform(profile, srgb, image.mode, "RGB")
    return transform.apply(image)
