"""Depth and confidence as pictures a person can read."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from da3studio.scene.depth import DepthMap

Colours = Literal["viridis", "cividis", "turbo"]

SKY_RGB = (176, 206, 236)
"""Lighter than any colour of the tables, so that it is told from depth without seeing hues."""

_HATCH_RGB = ((72, 72, 72), (96, 96, 96))  # not measured: two greys in stripes
_HATCH_PERIOD = 8  # [px]
_OUTSIDE = 0.35  # brightness left of what is outside the range that a person chose
_SHARE = 0.01  # of the pixels at either end that the range leaves out by itself


def depth_range(depth: DepthMap) -> tuple[float, float]:
    """Low and high that show a depth map well, without its few extreme pixels [world units]."""
    return _range(depth.z[depth.z > 0])


def confidence_range(depth: DepthMap) -> tuple[float, float]:
    """The same for its confidence, on the engine's own scale."""
    return _range(depth.confidence[depth.z > 0])


def depth_picture(
    depth: DepthMap,
    low: float | None = None,
    high: float | None = None,
    *,
    colours: Colours = "viridis",
) -> NDArray[np.uint8]:
    """Depth as colours, near = bright; sky in its own colour, what was not measured hatched.

    Args:
        depth: of a view.
        low: nearest depth of the range [world units]; `None` = as `depth_range` says.
        high: farthest depth of it; what lies outside a range that was given is grey.
        colours: which table.

    Returns:
        `(H, W, 3)` sRGB.
    """
    from_low, to_high = depth_range(depth)
    return _painted(
        depth,
        depth.z,
        from_low if low is None else low,
        to_high if high is None else high,
        chosen=(low is not None, high is not None),
        colours=colours,
        bright_is_low=True,
    )


def confidence_picture(
    depth: DepthMap,
    low: float | None = None,
    high: float | None = None,
    *,
    colours: Colours = "cividis",
) -> NDArray[np.uint8]:
    """Confidence as colours, sure = bright; arguments and all else as for `depth_picture`."""
    from_low, to_high = confidence_range(depth)
    return _painted(
        depth,
        depth.confidence,
        from_low if low is None else low,
        to_high if high is None else high,
        chosen=(low is not None, high is not None),
        colours=colours,
        bright_is_low=False,
    )


def table(colours: Colours) -> NDArray[np.uint8]:
    """`(256, 3)` sRGB, from dark to bright; also for a legend."""
    import cv2

    maps = {
        "viridis": cv2.COLORMAP_VIRIDIS,
        "cividis": cv2.COLORMAP_CIVIDIS,
        "turbo": cv2.COLORMAP_TURBO,
    }
    steps = np.arange(256, dtype=np.uint8)[:, None]
    return np.ascontiguousarray(cv2.applyColorMap(steps, maps[colours])[:, 0, ::-1], np.uint8)


def _range(values: NDArray[np.float32]) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    low, high = np.quantile(values, (_SHARE, 1 - _SHARE))
    return float(low), float(max(high, low + 1e-6 * max(abs(low), 1e-6)))


def _painted(
    depth: DepthMap,
    values: NDArray[np.float32],
    low: float,
    high: float,
    *,
    chosen: tuple[bool, bool],
    colours: Colours,
    bright_is_low: bool,
) -> NDArray[np.uint8]:
    step = np.clip((values - np.float32(low)) * np.float32(255 / max(high - low, 1e-12)), 0, 255)
    steps = np.rint(255 - step if bright_is_low else step).astype(np.uint8)
    picture: NDArray[np.uint8] = np.take(table(colours), steps, axis=0)
    outside = (chosen[0] & (values < low)) | (chosen[1] & (values > high))
    grey = _OUTSIDE * picture[outside].mean(axis=-1, keepdims=True)
    picture[outside] = grey.astype(np.uint8)
    nothing = depth.z <= 0
    picture[nothing] = _hatched(nothing.shape)[nothing]
    picture[depth.sky] = SKY_RGB
    return picture


def _hatched(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    rows, columns = np.indices(shape)
    stripe = (rows + columns) % _HATCH_PERIOD < _HATCH_PERIOD // 2
    hatched: NDArray[np.uint8] = np.asarray(_HATCH_RGB, np.uint8)[stripe.astype(int)]
    return hatched
