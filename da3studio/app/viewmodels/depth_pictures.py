"""A depth map as pictures and histograms, with the ranges that a person chose; without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from da3studio.scene.depth import DepthMap

Shown = Literal["depth", "confidence"]
Overlay = Literal["", "confidence", "sky"]
Pixels = NDArray[np.uint8]
Range = tuple[float, float]
Limits = tuple[float | None, float | None]

_BINS = 128
_GREY, _CONTRAST = 38, 0.3  # of what the ranges leave out: dark, and its shape still to be seen
_OVERLAY_ALPHA = 150
_LEAST_WIDTH = 0.01  # of a histogram, as a share of its values


@dataclass(frozen=True, eq=False)
class Counts:
    """A histogram over the range that shows a depth map well; few values lie beyond."""

    counts: NDArray[np.int64]
    low: float
    high: float


def count(depth: DepthMap) -> tuple[Counts | None, Counts | None]:
    """Histograms of the depth and of the confidence; `None` where nothing was measured."""
    from da3studio.media.depth_colours import confidence_range, depth_range

    measured = (depth.z > 0) & ~depth.sky
    return (
        _counted(depth.z[measured], *depth_range(depth)),
        _counted(depth.confidence[measured], *confidence_range(depth)),
    )


def within(low: float, high: float, counts: Counts | None) -> Range | None:
    """A range cut to that of a histogram, with its ends in order; `None` = nothing to choose."""
    if counts is None:
        return None
    low = min(max(low, counts.low), counts.high)
    return low, min(max(high, low), counts.high)


def limits(chosen: Range | None, counts: Counts | None) -> Limits:
    """A handle at the end of the histogram is no limit."""
    if chosen is None or counts is None:
        return None, None
    low, high = chosen
    return low if low > counts.low else None, high if high < counts.high else None


def painted(depth: DepthMap, shown: Shown, depths: Limits, sure: Limits) -> Pixels:
    """`(H, W, 3)` depth or confidence as colours, what is outside the ranges in grey.

    Args:
        depth: of a photo.
        shown: which of the two.
        depths: lowest and highest chosen depth; `None` = no limit.
        sure: the same of the confidence.
    """
    from da3studio.media.depth_colours import confidence_picture, depth_picture

    if shown == "depth":
        picture, whole = depth_picture(depth, *depths), depth_picture(depth)
    else:
        picture, whole = confidence_picture(depth, *sure), confidence_picture(depth)
    out = _outside(depth.z, depths) | _outside(depth.confidence, sure)
    out &= (depth.z > 0) & ~depth.sky
    grey = _GREY + _CONTRAST * whole[out].mean(axis=-1, keepdims=True)
    picture[out] = grey.astype(np.uint8)
    return picture


def _outside(values: NDArray[np.float32], limits: Limits) -> NDArray[np.bool_]:
    low, high = limits
    out = np.zeros(values.shape, np.bool_)
    if low is not None:
        out |= values < low
    if high is not None:
        out |= values > high
    return out


def overlay_of(depth: DepthMap, overlay: Overlay) -> Pixels | None:
    """`(H, W, 4)` to lay over the photo: the confidence in colours, or where the sky is."""
    from da3studio.media.depth_colours import SKY_RGB, confidence_picture

    if not overlay:
        return None
    picture = np.zeros((depth.height, depth.width, 4), np.uint8)
    if overlay == "sky":
        picture[depth.sky] = (*SKY_RGB, 200)
        return picture
    picture[..., :3] = confidence_picture(depth)
    picture[..., 3] = _OVERLAY_ALPHA
    return picture


def shades(values: NDArray[np.float64], chosen: Range | None, shown: Shown) -> Pixels:
    """`(N, 3)` how values look in a picture of a range; near is bright."""
    from da3studio.media.depth_colours import table

    low, high = chosen or (0.0, 1.0)
    share = np.clip((values - low) / max(high - low, 1e-12), 0, 1)
    near_is_bright = shown == "depth"
    steps = np.round(255 * (1 - share if near_is_bright else share)).astype(int)
    colours: Pixels = table("viridis" if near_is_bright else "cividis")[steps]
    return colours


def _counted(values: NDArray[np.float32], low: float, high: float) -> Counts | None:
    if not len(values):
        return None
    least = _LEAST_WIDTH * max(abs(low), abs(high), 1e-6)
    if high - low < least:  # all the same: in the middle of a narrow range
        low, high = (low + high - least) / 2, (low + high + least) / 2
    counts, _ = np.histogram(values.astype(np.float64), _BINS, (low, high))
    return Counts(counts, low, high)
