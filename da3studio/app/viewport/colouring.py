"""Colours of points by what is known of them, and the legend that goes with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.scene.cloud import PointCloud

Mode = Literal["photo", "confidence", "view", "height", "normal", "n_views"]

_SAMPLE = 200_000  # first rows that tell the range: rows are in random order
_RANGE = 1.0, 99.0  # [%] of the values that the ramp spans
_WIDE = 20.0  # a range of this ratio is shown on a logarithmic ramp
_STEPS = 256
_GOLDEN = 0.618033988749895  # turns of hue that never come close to an earlier one

# Polynomials in t of red, green, blue that follow matplotlib's viridis within 1 %.
# Source: Matt Zucker, "viridis" and others as polynomials, public domain (CC0).
_VIRIDIS = np.array(
    [
        [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
        [0.1050930431085774, 1.404613529898575, 1.384590162594685],
        [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
        [-4.634230498983486, -5.799100973351585, -19.33244095627987],
        [6.228269936347081, 14.17993336680509, 56.69055260068105],
        [4.776384997670288, -13.74514537774601, -65.35303263337234],
        [-5.435455855934631, 4.645852612178535, 26.3124352495832],
    ]
)


@dataclass(frozen=True)
class Legend:
    """What the ends of the ramp mean."""

    title: str  # translated where it is shown
    low: float
    high: float
    is_length: bool  # low and high are [world units]
    is_count: bool  # low and high are whole numbers
    ramp: tuple[tuple[int, int, int], ...]  # from low to high, sRGB


@dataclass(frozen=True, eq=False)
class Coloured:
    """Colours of a cloud."""

    rgb: NDArray[np.uint8]  # (N, 3)
    legend: Legend | None  # of the modes that show a number


def viridis(steps: int = _STEPS) -> NDArray[np.uint8]:
    """`(steps, 3)` sRGB from dark blue to yellow, even to the eye and to the colour-blind."""
    t = np.linspace(0, 1, steps)
    powers = t[:, None] ** np.arange(len(_VIRIDIS))
    return _bytes(powers @ _VIRIDIS)


def coloured(cloud: PointCloud, mode: Mode, up: ArrayLike) -> Coloured:
    """The colours of a cloud in one of the modes.

    Args:
        cloud: rows in random order.
        mode: see the module.
        up: `(3,)` world direction; height is measured along it, and normals are coloured by it.
    """
    match mode:
        case "photo":
            return Coloured(cloud.rgb, None)
        case "view":
            palette = view_colours(max(len(cloud.view_ids), 1))
            return Coloured(palette[np.clip(cloud.view_idx, 0, len(palette) - 1)], None)
        case "normal":
            return Coloured(_normals(cloud.normal, up), None)
        case "height":
            direction = np.asarray(up, np.float32)
            return _ramped(cloud.xyz @ (direction / np.linalg.norm(direction)), "Height", True)
        case "n_views":
            return _counted(cloud.n_views, "Photos that agree")
        case "confidence":
            return _ramped(cloud.confidence, "Confidence", False)


def view_colours(n: int) -> NDArray[np.uint8]:
    """`(n, 3)` colours of photos that are told apart well, the first ones best."""
    index = np.arange(n)
    hue = (index * _GOLDEN) % 1.0
    # Three levels of lightness, so that close hues differ all the same.
    light = np.array([0.62, 0.78, 0.48])[index % 3]
    spread = 0.28 * np.cos(2 * np.pi * (hue[:, None] - np.array([0, 1 / 3, 2 / 3])))
    return _bytes(light[:, None] + spread)


def _normals(normal: NDArray[np.float32], up: ArrayLike) -> NDArray[np.uint8]:
    """Red, green, blue for the parts to the right, up and towards a person who looks ahead."""
    top = np.asarray(up, np.float64) / np.linalg.norm(up)
    aside = np.cross(top, np.eye(3)[np.argmin(np.abs(top))])
    aside /= np.linalg.norm(aside)
    axes = np.stack([aside, top, np.cross(aside, top)]).astype(np.float32)
    colours: NDArray[np.uint8] = ((normal @ axes.T) * 127 + 128).astype(np.uint8)
    return colours


def _ramped(values: NDArray[np.float32], title: str, is_length: bool) -> Coloured:
    sample = values[:_SAMPLE]
    sample = sample[np.isfinite(sample)]
    low, high = np.percentile(sample, _RANGE) if len(sample) else (0.0, 1.0)
    ramp = viridis()
    is_wide = not is_length and low > 0 and high / low > _WIDE
    start, end = (np.log(low), np.log(high)) if is_wide else (low, high)
    scale = (_STEPS - 1) / max(float(end - start), 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log(values) if is_wide else values.copy()
    steps -= np.float32(start)
    steps *= np.float32(scale)
    np.clip(steps, 0, _STEPS - 1, out=steps)
    np.nan_to_num(steps, copy=False)
    legend = Legend(title, float(low), float(high), is_length, False, _as_tuple(ramp))
    return Coloured(ramp[steps.astype(np.uint8)], legend)


def _counted(values: NDArray[np.uint8], title: str) -> Coloured:
    sample = values[:_SAMPLE]
    low, high = np.percentile(sample, _RANGE) if len(sample) else (0.0, 1.0)
    low, high = int(low), max(int(np.ceil(high)), int(low) + 1)
    table = viridis(high - low + 1)
    ramp = table[np.clip(np.arange(256) - low, 0, high - low)]
    return Coloured(ramp[values], Legend(title, low, high, False, True, _as_tuple(table)))


def _bytes(colours: NDArray[np.float64]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = (np.clip(colours, 0, 1) * 255 + 0.5).astype(np.uint8)
    return rounded


def _as_tuple(ramp: NDArray[np.uint8]) -> tuple[tuple[int, int, int], ...]:
    return tuple((int(r), int(g), int(b)) for r, g, b in ramp)
