"""How the reference writes its files: pixel centres at integers, thresholds from percentiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.conventions import GLTF_FROM_OURS

_LOWEST_CONFIDENCE = 1.05
_FAR = 98.0  # percentile of depth that stands for the sky


def confidence_floor(confidence: NDArray[Any]) -> float:
    """Points below it are left out of a GLB: at least 10 % and at most 60 % stay."""
    low, high = np.percentile(confidence, [40, 90])
    return float(min(max(_LOWEST_CONFIDENCE, low), high))


def points_of(
    depth: NDArray[Any],
    confidence: NDArray[Any],
    lenses: NDArray[Any],
    poses: NDArray[Any],
    floor: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """World points of the confident pixels, and which pixels they are.

    The pixels' centres are at integers here, which moves every point by half a pixel.
    """
    with np.errstate(invalid="ignore"):
        kept = (confidence >= floor) & np.isfinite(depth) & (depth > 0)
    y, x = np.mgrid[: depth.shape[1], : depth.shape[2]]
    pixels = np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float64)
    points = []
    for view, pose in enumerate(poses):
        in_camera = depth[view][..., None] * (pixels @ np.linalg.inv(lenses[view]).T)
        in_camera = in_camera[kept[view]]
        points.append((in_camera - pose[:3, 3]) @ pose[:3, :3])
    return np.concatenate(points), kept


def glb_from_world(points: NDArray[Any], first: NDArray[Any]) -> NDArray[np.float64]:
    """`(4, 4)`: the first camera's frame with y up, its origin amid the points."""
    flipped = np.eye(4)
    flipped[:3, :3] = GLTF_FROM_OURS
    transform: NDArray[np.float64] = flipped @ first
    moved = points @ transform[:3, :3].T + transform[:3, 3]
    transform[:3, 3] -= np.median(moved, axis=0)
    return transform


def scene_diagonal(points: NDArray[Any]) -> float:
    """Of the box between the 5th and the 95th percentile."""
    low, high = np.percentile(points, [5, 95], axis=0)
    return float(np.linalg.norm(high - low))


def fill_exported_sky(depth: NDArray[Any], sky: NDArray[np.bool_]) -> NDArray[Any]:
    """One depth for all sky; a single NaN elsewhere makes it NaN."""
    filled = depth.copy()
    if not sky.all():
        filled[sky] = np.percentile(depth[~sky], _FAR)
    return filled
