"""Closed outlines on a screen, turned into masks that millions of points are looked up in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FINE_CELLS = 1 << 19  # a mask of so many bytes stays in the processor's cache
_FINEST = 16  # cells a pixel


@dataclass(frozen=True, eq=False)
class OutlineMask:
    """Which cells of a grid over the outline's surroundings have their centre inside.

    The pixel position (x, y) falls into cell `[int(y_cell), int(x_cell)]` where
    `x_cell = x * scale + x_shift`, and likewise for y. The outermost cells are outside.
    """

    inside: NDArray[np.bool_]  # (rows, columns)
    scale: float  # cells a pixel, at least 1
    x_shift: float
    y_shift: float


def outline_mask(polygon: ArrayLike) -> OutlineMask:
    """Rasterise a polygon, as finely as still makes a small mask.

    A position is classified wrongly only if it is nearer than 0.71 / scale pixels to the outline.
    What is encircled counts as inside, also where a hand-drawn loop crosses itself.

    Args:
        polygon: `(P, 2)` x, y of the corners [px]; closed by itself.

    Raises:
        ValueError: fewer than 3 corners.
    """
    corners = np.asarray(polygon, np.float64).reshape(-1, 2)
    if len(corners) < 3:
        raise ValueError(f"an outline needs 3 corners, not {len(corners)}")
    low, size = corners.min(axis=0), np.ptp(corners, axis=0)
    area = max(float(size[0] * size[1]), 1.0)
    scale = float(np.clip(np.floor(np.sqrt(_FINE_CELLS / area)), 1, _FINEST))
    # one empty cell all around: whatever lies outside is looked up there
    shift = 1.0 - scale * low
    columns, rows = (np.ceil(size * scale) + 2).astype(int)
    winding = _winding(corners * scale + shift, rows, columns)
    winding[0] = winding[-1] = 0
    winding[:, 0] = winding[:, -1] = 0
    return OutlineMask(winding != 0, scale, float(shift[0]), float(shift[1]))


def _winding(corners: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.int32]:
    """`(rows, columns)` how often the outline turns around each cell's centre."""
    x0, y0 = corners.T
    x1, y1 = np.roll(corners, -1, axis=0).T
    # Each edge crosses the centre lines of rows first...last - 1; right of the crossing the winding
    # number differs by one.
    up = y1 >= y0
    first = np.ceil(np.minimum(y0, y1) - 0.5).astype(int)
    last = np.ceil(np.maximum(y0, y1) - 0.5).astype(int)
    n = last - first
    edge = np.repeat(np.arange(len(corners)), n)
    row = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + first[edge]
    slope = (x1 - x0)[edge] / (y1 - y0)[edge]
    x = x0[edge] + (row + 0.5 - y0[edge]) * slope
    column = np.clip(np.ceil(x - 0.5).astype(int), 0, columns - 1)
    turns = np.zeros((rows, columns), np.int32)
    np.add.at(turns, (row, column), np.where(up[edge], 1, -1))
    return np.cumsum(turns, axis=1, dtype=np.int32)
