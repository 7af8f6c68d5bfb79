"""Pictures that the tests of this package write and read back."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

RED, GREEN, BLUE, YELLOW = (230, 30, 30), (30, 200, 40), (40, 40, 220), (240, 220, 50)
ORIENTATION, MAKE, MODEL = 0x0112, 0x010F, 0x0110
MAY_READ_ALL = getattr(os, "geteuid", lambda: 0)() == 0  # root, and Windows without chmod
PHOTO_IFD, GPS_IFD = 0x8769, 0x8825


def quarters(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Red, green / blue, yellow: no two of its eight orientations look alike."""
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2, : width // 2], image[: height // 2, width // 2 :] = RED, GREEN
    image[height // 2 :, : width // 2], image[height // 2 :, width // 2 :] = BLUE, YELLOW
    return image


def texture(seed: int, width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """A sharp picture with detail at all scales, another one for each seed."""
    rng = np.random.default_rng(seed)
    image = np.zeros((height, width, 3), np.float32)
    for cell in (2, 4, 8, 16, 32, 64):
        noise = rng.normal(0, 1, (height // cell + 2, width // cell + 2, 3)).astype(np.float32)
        image += cell**0.5 * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    scaled = 128 + 40 * image / image.std()
    return np.clip(scaled, 0, 255).astype(np.uint8)


def encoded(image: Image.Image | NDArray[Any], kind: str, **options: Any) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    if kind == "TIFF" and "exif" in options:
        options["tiffinfo"] = _tiff_info(options.pop("exif"))
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _tiff_info(exif: Image.Exif) -> ImageFileDirectory_v2:
    """Pillow writes the photo's and the GPS directory of a TIFF only when given like this."""
    info = ImageFileDirectory_v2()
    for tag, value in exif.items():
        info[tag] = value
    for ifd in (PHOTO_IFD, GPS_IFD):
        info[ifd] = dict(exif.get_ifd(ifd))
    return info


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def exif_of(main: dict[int, Any], photo: dict[int, Any], gps: dict[int, Any]) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in main.items():
        exif[tag] = value
    exif.get_ifd(PHOTO_IFD).update(photo)
    exif.get_ifd(GPS_IFD).update(gps)
    return exif
