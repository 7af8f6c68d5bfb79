"""Photos as the network wants them: sides that are multiples of 14, colours normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from da3studio.model.config import PATCH

Bound = Literal["longest", "shortest"]
Rounding = Literal["resize", "crop"]

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet, RGB
_STD = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True)
class Fit:
    """How a photo is brought to the network's resolution."""

    resolution: int = 504  # [px]
    bound: Bound = "longest"  # the side that gets this length
    rounding: Rounding = "resize"  # how sides become multiples of 14


@dataclass(frozen=True, eq=False)
class Fitted:
    """A photo at the network's resolution, and where its pixels come from."""

    image: NDArray[np.uint8]  # (H, W, 3)
    resized: tuple[int, int]  # width, height of the whole photo before it was cropped [px]
    left: int  # columns cropped there [px]
    top: int  # rows cropped there [px]


def fit(photo: NDArray[np.uint8], how: Fit) -> Fitted:
    """Resize `(H, W, 3)`; its aspect ratio may change by a few percent where it is not cropped."""
    height, width = photo.shape[:2]
    side = max(width, height) if how.bound == "longest" else min(width, height)
    image = photo
    if side != how.resolution:
        scale = how.resolution / side
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(photo, size, interpolation=_interpolation(scale > 1))
    height, width = image.shape[:2]
    if how.rounding == "crop":
        new_width, new_height = (max(PATCH, side // PATCH * PATCH) for side in (width, height))
        left, top = (width - new_width) // 2, (height - new_height) // 2
        cropped = image[top : top + new_height, left : left + new_width]
        return Fitted(cropped, (width, height), left, top)
    size = (_nearest_multiple(width), _nearest_multiple(height))
    if size != (width, height):
        grows = size[0] > width or size[1] > height
        image = cv2.resize(image, size, interpolation=_interpolation(grows))
    return Fitted(image, size, 0, 0)


def normalised(image: NDArray[np.uint8]) -> Tensor:
    """`(H, W, 3)` sRGB → `(3, H, W)` float32 as the backbone was trained with."""
    scaled = (image.astype(np.float32) / np.float32(255) - _MEAN) / _STD
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))


def _nearest_multiple(side: int) -> int:
    """The nearest multiple of 14, the larger one on ties, at least 14."""
    return max(PATCH, (side + PATCH // 2) // PATCH * PATCH)


def _interpolation(grows: bool) -> int:
    return cv2.INTER_CUBIC if grows else cv2.INTER_AREA
