"""Coming back to a place: which views show it again, and which extra windows would prove it.

The descriptors come from the backbone that makes the depth, which was never trained to tell
places apart: what all its descriptors share is taken out first, and how alike two views must be is
read off the capture itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.scene.view import ViewId

_BLOCK = 512  # rows of the similarity matrix held at a time
_SAMPLED_ROWS = 500  # to learn how alike unrelated views are
_ONE_SIGMA_BELOW = 15.87  # percentile of a normal distribution
_UNUSUAL = 3.5  # standard deviations above unrelated views


@dataclass(frozen=True)
class Revisit:
    """Two views, far apart in capture order, that may show the same place."""

    first: int  # index in capture order
    second: int  # > first
    likeness: float  # 0 = as unrelated views, 1 = as neighbours


def find_revisits(
    descriptors: NDArray[np.float32], *, min_gap: int, most: int
) -> tuple[Revisit, ...]:
    """Candidates for closed loops, the likeliest first, at most one per pair of places.

    A pair counts from halfway between unrelated views and neighbours on, and only if it stands out
    of the unrelated ones.

    Args:
        descriptors: `(n_views, D)` unit length, in capture order.
        min_gap: views this near in capture order share windows anyway; also how far apart two
            candidates must be to count as two.
        most: how many to return at most.
    """
    n = len(descriptors)
    if n <= min_gap + 1:
        return ()
    own = _centred(descriptors)
    unrelated, deviation = _unrelated(own, min_gap)
    neighbours = float(np.median((own[:-1] * own[1:]).sum(axis=1)))
    if neighbours - unrelated <= _UNUSUAL * deviation:
        return ()  # not even neighbours are told from strangers
    floor = max((unrelated + neighbours) / 2, unrelated + _UNUSUAL * deviation)
    candidates = [
        Revisit(i, j, (alike - unrelated) / (neighbours - unrelated))
        for i, j, alike in _most_alike(own, min_gap)
        if alike >= floor
    ]
    candidates.sort(key=lambda one: (-one.likeness, one.first))
    return _spaced(candidates, min_gap // 2, most)


def loop_windows(
    view_ids: Sequence[ViewId], revisits: Iterable[Revisit], per_place: int
) -> tuple[tuple[ViewId, ...], ...]:
    """For each revisit the views of one more window: some around either view.

    Args:
        view_ids: all of the capture, in its order.
        revisits: from `find_revisits`, of the same order.
        per_place: views to take at each of the two places, at least 1 and less than half of the
            `min_gap` of the revisits, or the places run into each other.
    """
    return tuple(
        tuple(
            view_ids[idx]
            for middle in (revisit.first, revisit.second)
            for idx in _around(middle, per_place, len(view_ids))
        )
        for revisit in revisits
    )


def _around(middle: int, length: int, n: int) -> range:
    start = max(0, min(middle - length // 2, n - length))
    return range(start, min(start + length, n))


def _centred(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without what they have in common, at unit length again."""
    own: NDArray[np.float32] = descriptors - descriptors.mean(axis=0)
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    return own


def _unrelated(own: NDArray[np.float32], min_gap: int) -> tuple[float, float]:
    """Median and standard deviation of the similarity of views far apart in order.

    The deviation is that to the lower side: revisits, however many there are, are on the other.
    """
    rows = np.arange(0, len(own), max(1, len(own) // _SAMPLED_ROWS))
    alike = own[rows] @ own.T
    apart = np.abs(np.arange(len(own)) - rows[:, None]) > min_gap
    low, median = np.percentile(alike[apart], (_ONE_SIGMA_BELOW, 50.0))
    return float(median), float(median - low)


def _most_alike(own: NDArray[np.float32], min_gap: int) -> Iterable[tuple[int, int, float]]:
    """For each view the later one, more than `min_gap` on, that is most like it."""
    n = len(own)
    for start in range(0, n - min_gap - 1, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n - min_gap - 1))
        alike = own[rows] @ own.T
        alike[np.arange(n) - rows[:, None] <= min_gap] = -np.inf
        best = alike.argmax(axis=1)
        yield from zip(
            rows.tolist(), best.tolist(), alike[np.arange(len(rows)), best].tolist(), strict=True
        )


def _spaced(candidates: Sequence[Revisit], radius: int, most: int) -> tuple[Revisit, ...]:
    """Of candidates, best first, those that are near no better one."""
    kept: list[Revisit] = []
    for one in candidates:
        if len(kept) == most:
            break
        if all(
            abs(one.first - other.first) > radius or abs(one.second - other.second) > radius
            for other in kept
        ):
            kept.append(one)
    return tuple(kept)
