"""What the reference does with photos and their lenses before the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.model.preprocess import Fit, Fitted

_METHODS = {
    f"{bound}_bound_{rounding}": (side, rounding)
    for bound, side in (("upper", "longest"), ("lower", "shortest"))
    for rounding in ("resize", "crop")
}


def fit_of(resolution: int, method: str) -> Fit:
    """Our words for a `process_res_method`.

    Raises:
        KeyError: there is no such method.
    """
    bound, rounding = _METHODS[method]
    return Fit(resolution, bound, rounding)  # type: ignore[arg-type]


def moved_lens(
    lens: NDArray[Any], fitted: Fitted, size: tuple[int, int]
) -> NDArray[np.float64]:  # fmt: skip
    """The `(3, 3)` calibration matrix of a photo, for its picture at the network's resolution.

    Args:
        lens: of the photo.
        fitted: what became of it.
        size: width and height of the photo [px].
    """
    moved = np.array(lens, np.float64)
    moved[0] *= fitted.resized[0] / size[0]
    moved[1] *= fitted.resized[1] / size[1]
    moved[:2, 2] -= (fitted.left, fitted.top)
    return moved


def centre_cropped(
    images: Sequence[NDArray[np.uint8]], lenses: Sequence[NDArray[Any]]
) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.float64]]]:
    """Pictures of mixed sizes cut to the smallest height and width: ours stay whole."""
    height = min(image.shape[0] for image in images)
    width = min(image.shape[1] for image in images)
    cropped, moved = [], []
    for image, lens in zip(images, lenses, strict=True):
        top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
        cropped.append(image[top : top + height, left : left + width])
        moved.append(np.array(lens, np.float64))
        moved[-1][:2, 2] -= (left, top)
    return cropped, moved


def shown_again(normalised: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`(S, 3, H, W)` network input → `(S, H, W, 3)`, truncated where rounding would be right."""
    mean = np.array([0.485, 0.456, 0.406])[:, None, None]
    std = np.array([0.229, 0.224, 0.225])[:, None, None]
    grey = (normalised * std + mean).clip(0, 1) * 255
    shown: NDArray[np.uint8] = grey.astype(np.uint8).transpose(0, 2, 3, 1)
    return shown
