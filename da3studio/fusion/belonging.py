"""Which of two kinds of points a place belongs to: that of the nearest point, found quickly."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.bridge import NearestPoints

_MOST_CELLS = 2**24  # a byte each
_POINTS_A_CELL = 16  # on a surface about 4 spacings: the cell of a place on it is hardly ever empty
_FEW = 100_000  # points that show well enough where most are
_OUTLYING = 0.002  # share of points at either end of an axis that may lie outside of the grid
_MARKED, _PLAIN, _MARKED_NEAR, _PLAIN_NEAR = 1, 2, 4, 8  # bits of a cell


class Belonging:
    """Points of which some are marked, asked about other places.

    Most places are decided by a grid: a point in a place's own cell is nearer than two edges, and
    what lies outside the 5 x 5 x 5 cells around it is farther. So where all of these hold points of
    one kind only, the nearest point need not be looked for.

    Args:
        points: `(N, 3)`, N >= 1.
        marked: `(N,)`.
    """

    def __init__(self, points: NDArray[np.float32], marked: NDArray[np.bool_]) -> None:
        self._points, self._marked = points, marked
        some = points[:: max(1, len(points) // _FEW)]
        low, high = np.quantile(some, [_OUTLYING, 1 - _OUTLYING], axis=0)
        span = np.maximum(high - low, 1e-30).astype(np.float64)
        across = np.sqrt(max(1.0, len(points) / _POINTS_A_CELL))
        edge = max(float(span.max() / across), float((span.prod() / _MOST_CELLS) ** (1 / 3)))
        self._low, self._edge = low.astype(np.float64) - 3 * edge, edge
        self._shape = (span / edge + 7).astype(np.intp)  # three cells of margin on either side
        self._cells = self._filled()

    def of(self, places: NDArray[np.float32]) -> NDArray[np.bool_]:
        """`(M,)` whether the nearest point of each of `(M, 3)` places is marked."""
        index, inside = self._index(places)
        cell = np.where(inside, self._cells[index], 0)
        answer: NDArray[np.bool_] = (cell & (_MARKED | _PLAIN_NEAR)) == _MARKED
        open_ = ~answer & ((cell & (_PLAIN | _MARKED_NEAR)) != _PLAIN)
        rows = np.flatnonzero(open_)
        if len(rows):
            answer[rows] = self._marked[self._nearest.of(places[rows])]
        return answer

    @cached_property
    def _nearest(self) -> NearestPoints:
        return NearestPoints(self._points)

    def _index(self, places: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Into the flat grid; 0 for places outside, which the second array tells."""
        cell = np.floor((places - self._low) / self._edge)
        inside = ((cell >= 0) & (cell < self._shape)).all(axis=1)
        x, y, z = np.where(inside[:, None], cell, 0).astype(np.intp).T
        return (x * self._shape[1] + y) * self._shape[2] + z, inside

    def _filled(self) -> NDArray[np.uint8]:
        from scipy.ndimage import maximum_filter

        cells = np.zeros(int(self._shape.prod()), np.uint8)
        for kind, near, which in (
            (_MARKED, _MARKED_NEAR, self._marked),
            (_PLAIN, _PLAIN_NEAR, ~self._marked),
        ):
            index, inside = self._index(self._points[which])
            own = np.zeros(len(cells), np.uint8)
            own[index[inside]] = 1
            around = maximum_filter(own.reshape(self._shape), 5, mode="constant").ravel()
            cells |= own * np.uint8(kind) | around * np.uint8(near)
        return cells
