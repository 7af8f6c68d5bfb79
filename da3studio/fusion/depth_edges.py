"""Where in one depth map one thing stands before another, and making such edges sharp."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_STEEP = 4.0  # slope against the line of sight (76 degrees) from which a step may be an edge
_TOO_STEEP = 15.0  # 86 degrees: there is nothing to see of such a surface, whatever it is
_STANDS_OUT = 2.0  # times as steep as around it: an edge, and not a floor that runs away
_LEAST_STEP = 0.03  # of the distance: less is a dent, which is better shown than torn
_RAMP, _AROUND = 1 / 100, 1 / 16  # of the longer side: how wide networks draw an edge; around it
_BOTH_SIDES = 0.2  # of the larger jump: less on the other side is a thing that bends away
_LIKE = 12.0  # grey values by which pixels of one surface differ, about
_MOST_PIXELS = 4_000_000  # looked at together


@dataclass(frozen=True, eq=False)
class Steps:
    """From each pixel to the next one in its row; `(H, W - 1)` each."""

    whole: NDArray[np.bool_]  # both are of one surface
    jump: NDArray[np.float32]  # how much depth changes beyond what it does around [shares of it]


def steps_along_rows(z: NDArray[np.float32], focal_px: float) -> Steps:
    """Which neighbours belong together.

    Compared in inverse depth, in which a plane is linear: there every step is like those around it,
    however far the plane runs away.

    Args:
        z: `(H, W)` depth, 0 = none.
        focal_px: focal length in its pixels.
    """
    from scipy.ndimage import median_filter, uniform_filter1d

    there = (z[:, :-1] > 0) & (z[:, 1:] > 0)
    inverse = 1 / np.where(z > 0, z, np.float32(np.inf))
    near = np.maximum(np.maximum(inverse[:, :-1], inverse[:, 1:]), np.float32(1e-30))
    step = np.where(there, np.diff(inverse, axis=1), np.float32(0)) / near  # shares of the distance
    around = 2 * math.ceil(_AROUND * max(z.shape) / 2) + 1
    ramp = _ramp_px(z)
    usual = median_filter(step, size=(1, around))
    beyond = step - usual
    in_all = ramp * np.abs(uniform_filter1d(beyond, ramp, axis=1, mode="constant"))
    slope = focal_px * np.abs(step)
    torn = (slope > _STEEP) & (np.abs(beyond) > _STANDS_OUT * np.abs(usual))
    torn &= in_all > _LEAST_STEP
    whole = there & ~torn & (slope < _TOO_STEEP)
    return Steps(whole, np.where(there, np.abs(beyond), np.float32(0)))


def sharpened(
    z: NDArray[np.float32], rgb: NDArray[np.uint8], focal_px: float
) -> NDArray[np.float32]:
    """The depth map with pixels that lie between two surfaces put on one of them.

    Networks draw an edge as a ramp some pixels wide: places where nothing is. Each pixel of a ramp
    goes to that of the two sides whose pixels nearby look more like it. A map with sharp edges
    stays as it is.

    Args:
        z: `(H, W)` depth, 0 = none.
        rgb: `(H, W, 3)` the photo in that size.
        focal_px: focal length in these pixels.
    """
    across, down = steps_along_rows(z, focal_px), steps_along_rows(z.T, focal_px)
    unsure = _between(across) | _between(down).T
    sure = (z > 0) & ~unsure
    places = np.argwhere(unsure)
    made = z.copy()
    reach = _ramp_px(z)
    block = max(1, _MOST_PIXELS // (2 * reach + 1) ** 2)
    for start in range(0, len(places), block):
        some = places[start : start + block]
        made[some[:, 0], some[:, 1]] = _of_one_side(z, rgb, sure, some, reach)
    without_lone_pixels: NDArray[np.float32] = cv2.medianBlur(made, 3)
    return np.where(unsure, without_lone_pixels, made)


def _of_one_side(
    z: NDArray[np.float32],
    rgb: NDArray[np.uint8],
    sure: NDArray[np.bool_],
    places: NDArray[np.intp],
    reach: int,
) -> NDArray[np.float32]:
    """`(N,)` depth of each place on the side that it looks like; its own where none is near."""
    offsets = np.indices((2 * reach + 1, 2 * reach + 1)).reshape(2, -1).T - reach
    around = places[:, None] + offsets  # (N, K, 2)
    inside = ((around >= 0) & (around < z.shape)).all(axis=2)
    row, column = np.clip(around, 0, np.subtract(z.shape, 1)).transpose(2, 0, 1)
    own_row, own_column = places.T
    unlike = rgb[row, column].astype(np.float32) - rgb[own_row, own_column][:, None]
    away = (offsets**2).sum(axis=1) / (reach / 2) ** 2
    weight = np.exp(-(unlike**2).mean(axis=2) / (2 * _LIKE**2) - away / 2) + 1e-6 * np.exp(-away)
    weight *= inside & sure[row, column]
    inverse = 1 / np.maximum(z[row, column], np.float32(1e-30))
    low = np.where(weight > 0, inverse, np.inf).min(axis=1)
    high = np.where(weight > 0, inverse, -np.inf).max(axis=1)
    near = inverse > ((low + high) / 2)[:, None]
    on_near, on_far = (weight * near).sum(axis=1), (weight * ~near).sum(axis=1)
    side = weight * np.where((on_near > on_far)[:, None], near, ~near)
    total = side.sum(axis=1)
    mean = (side * inverse).sum(axis=1) / np.maximum(total, 1e-30)
    own = z[own_row, own_column]
    found: NDArray[np.float32] = np.where(total > 0, 1 / np.maximum(mean, 1e-30), own)
    return found.astype(np.float32)


def _between(steps: Steps) -> NDArray[np.bool_]:
    """`(H, W)` pixels on a ramp along their row: depth jumps on both sides, and is torn on one."""
    before, after = steps.jump[:, :-1], steps.jump[:, 1:]
    torn = (~steps.whole[:, :-1] & (before > 0)) | (~steps.whole[:, 1:] & (after > 0))
    small, large = np.minimum(before, after), np.maximum(before, after)
    there = (small > _LEAST_STEP / _ramp_px(before)) & (small > _BOTH_SIDES * large)
    return np.pad(torn & there, ((0, 0), (1, 1)))


def _ramp_px(z: NDArray[np.float32]) -> int:
    longer: int = max(z.shape)
    return 2 * math.ceil(_RAMP * longer / 2) + 1
