"""Triangles → the pixels they cover, vectorised over many small triangles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BATCH_PX = 2_000_000  # candidate pixels looked at together: about 100 MB of temporaries


@dataclass(frozen=True, eq=False)
class Coverage:
    """`M` pixels and the triangle that covers each."""

    triangle: NDArray[np.int64]  # (M,)
    row: NDArray[np.int64]  # (M,)
    column: NDArray[np.int64]  # (M,)
    weights: NDArray[np.float32]  # (M, 3) barycentric weights of the triangle's corners


def covered_pixels(
    corners: NDArray[np.float32], width: int, height: int, *, inset: float = 0.0
) -> Iterator[Coverage]:
    """The pixels of an image whose centres lie in triangles.

    Args:
        corners: `(T, 3, 2)` x, y [px]; centres at half-integers; triangles of no area are empty.
        width: of the image [px].
        height: of the image [px].
        inset: smallest barycentric weight that counts as inside: above 0 leaves shared edges
            out, so that neighbours never cover the same pixel; below 0 takes in a margin.

    Yields:
        batches of about equal size; a pixel comes once for each triangle that covers it.
    """
    size = np.array([width, height])
    low = np.clip(np.ceil(corners.min(axis=1) - 0.5), 0, size).astype(np.int64)
    high = np.clip(np.floor(corners.max(axis=1) - 0.5) + 1, 0, size).astype(np.int64)
    spans = np.maximum(high - low, 0)
    counts = spans.prod(axis=1)
    ends = np.cumsum(counts)
    start = 0
    while start < len(corners):
        reach = (ends[start - 1] if start else 0) + _BATCH_PX
        stop = max(int(np.searchsorted(ends, reach, side="right")), start + 1)
        batch = slice(start, stop)
        yield _inside(corners[batch], low[batch], spans[batch, 0], counts[batch], start, inset)
        start = stop


def _inside(
    corners: NDArray[np.float32],
    low: NDArray[np.int64],
    widths: NDArray[np.int64],
    counts: NDArray[np.int64],
    first: int,
    inset: float,
) -> Coverage:
    triangle = np.repeat(np.arange(len(corners)), counts)
    place = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = np.divmod(place, widths[triangle])
    column += low[triangle, 0]
    row += low[triangle, 1]

    # Weights 1 and 2 are linear in x and y: two multiply-adds a pixel from per-triangle terms.
    a, b, c = (corners[:, k].astype(np.float64) for k in range(3))
    ab, ac = b - a, c - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    scale = np.divide(1.0, area, out=np.full_like(area, np.nan), where=area != 0)
    to_b = np.stack([ac[:, 1], -ac[:, 0]], axis=1) * scale[:, None]
    to_c = np.stack([-ab[:, 1], ab[:, 0]], axis=1) * scale[:, None]
    x = column + 0.5 - a[triangle, 0]
    y = row + 0.5 - a[triangle, 1]
    wb = x * to_b[triangle, 0] + y * to_b[triangle, 1]
    wc = x * to_c[triangle, 0] + y * to_c[triangle, 1]
    wa = 1 - wb - wc
    inside = (wa >= inset) & (wb >= inset) & (wc >= inset)  # False for NaN: no area
    weights = np.stack([wa[inside], wb[inside], wc[inside]], axis=1).astype(np.float32)
    return Coverage(triangle[inside] + first, row[inside], column[inside], weights)
