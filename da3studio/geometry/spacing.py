"""How far apart points usually are; without a search tree, whose library takes long to load."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BLOCK = 256  # rows compared with all others at once


def nearest_distances(points: ArrayLike) -> NDArray[np.float64]:
    """Distance of each point to the nearest other one, by comparing each with each.

    Args:
        points: `(N, 3)`, N >= 2; a few thousand at most.

    Returns:
        `(N,)` in their unit.
    """
    all_points = np.asarray(points, np.float64)
    squared = np.empty(len(all_points))
    for start in range(0, len(all_points), _BLOCK):
        block = all_points[start : start + _BLOCK]
        apart = ((block[:, None] - all_points[None]) ** 2).sum(axis=-1)
        apart[np.arange(len(block)), start + np.arange(len(block))] = np.inf  # itself
        squared[start : start + len(block)] = apart.min(axis=1)
    return np.sqrt(squared)
