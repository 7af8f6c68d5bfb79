"""Where metres come from.

The metric network predicts, for each photo alone, depth as a camera of 300 pixels focal length
would measure it: times focal / 300 it is in metres. The depth of an any-view network is relative;
one factor for all views together brings it, and the cameras, to metres.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

TRAINED_FOCAL_PX = 300.0
SKY = 0.3  # from this value on the sky map means sky
_FEWEST_PIXELS = 10
_LEAST_METRIC, _LEAST_RELATIVE = 1e-2, 1e-3  # depths that count [m], [network units]


class NoSurfaceError(ValueError):
    """Nothing but sky: there is no depth to compare."""


def to_metres(metric_depth: Tensor, intrinsics: Tensor) -> Tensor:
    """`(H, W)` output of the metric network → metres.

    Args:
        metric_depth: of one photo.
        intrinsics: `(3, 3)` of the network's input [px].
    """
    return metric_depth * (intrinsics[0, 0] + intrinsics[1, 1]) / 2 / TRAINED_FOCAL_PX


def metres_per_unit(
    relative: Sequence[Tensor],
    confidence: Sequence[Tensor],
    metres: Sequence[Tensor],
    sky: Sequence[Tensor],
) -> float:
    """The factor from relative depth to metres, by least squares over the surer half of the pixels.

    Args:
        relative: `(H, W)` depth per view.
        confidence: of that depth.
        metres: depth of the same pixels.
        sky: sky maps of the metric network.

    Raises:
        NoSurfaceError: no more than ten pixels are not sky.
    """
    relative_all, confidence_all, metres_all, sky_all = (
        torch.cat([part.flatten() for part in parts])
        for parts in (relative, confidence, metres, sky)
    )
    ground = sky_all < SKY
    if int(ground.sum()) <= _FEWEST_PIXELS:
        raise NoSurfaceError("the photos show nothing but sky")
    sure = confidence_all >= _median(confidence_all[ground])
    kept = sure & ground & (metres_all > _LEAST_METRIC) & (relative_all > _LEAST_RELATIVE)
    a, b = relative_all[kept].double(), metres_all[kept].double()
    return float((a * b).sum() / (a * a).sum().clamp(min=1e-12))


def _median(values: Tensor) -> Tensor:
    """Middle value, the mean of two where their number is even."""
    ordered = values.sort().values
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
