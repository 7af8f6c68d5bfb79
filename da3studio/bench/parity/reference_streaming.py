"""How the reference joins chunks of a long capture; ours is `engine/long`.

It weights by confidence and a fixed distance of 0.1 units, where ours counts relative to how far
away a point was seen; its scale is a ratio of spreads, where ours is the least-squares one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.rigid import angle_between
from da3studio.geometry.similarity import Sim3, align_points

_DELTA = 0.1  # [units of the target]
_ROUNDS = 5
_TOLERANCE = 1e-9
_TURNED_DEG = 0.1

Window = tuple[int, int]  # first view, the one behind the last


def align_weighted(
    source: NDArray[Any], target: NDArray[Any], weights: NDArray[Any], *, fixed_scale: bool = False
) -> Sim3:
    """`target_from_source` of paired points; the rotation is that of least squares."""
    share = weights / weights.sum()
    rotation = align_points(source, target, weights).rotation
    mean_source, mean_target = share @ source, share @ target
    spreads = [
        share @ ((points - mean) ** 2).sum(axis=1)
        for points, mean in ((source, mean_source), (target, mean_target))
    ]
    scale = 1.0 if fixed_scale else float(np.sqrt(spreads[1] / spreads[0]))
    return Sim3(scale, rotation, mean_target - scale * rotation @ mean_source)


def align_with_huber(
    source: NDArray[Any], target: NDArray[Any], weights: NDArray[Any]
) -> Sim3:  # fmt: skip
    """The same, reweighted a few times; the estimate before the last one is the answer."""
    found, before = align_weighted(source, target, weights), np.inf
    for _ in range(_ROUNDS):
        off = np.linalg.norm(target - found.apply(source), axis=1)
        trust = np.minimum(1, _DELTA / np.maximum(off, 1e-12))
        next_one = align_weighted(source, target, weights * trust)
        near = off <= _DELTA
        loss = weights @ np.where(near, off**2 / 2, _DELTA * (off - _DELTA / 2))
        moved = abs(next_one.scale - found.scale)
        moved += float(np.linalg.norm(next_one.translation - found.translation))
        turned = np.degrees(angle_between(next_one.rotation, found.rotation))
        if moved < _TOLERANCE and turned < _TURNED_DEG:
            break
        if abs(before - loss) < _TOLERANCE * before < np.inf:
            break
        found, before = next_one, loss
    return found


def chunks_of(n: int, size: int, overlap: int) -> list[Window]:
    """Of `n` views in one row; each chunk shares `overlap` views with the one before."""
    if n <= size:
        return [(0, n)]
    step = size - overlap
    return [(start, min(start + size, n)) for start in range(0, n - overlap, step)]


def loop_windows(
    chunks: Sequence[Sequence[int]], pairs: Sequence[Sequence[int]], half: int
) -> list[tuple[int, Window, int, Window]]:
    """For each pair of views the last chunk that holds either, and the window around it there."""
    windows = []
    for pair in pairs:
        a, b = (_last_with(chunks, view) for view in pair)
        if a != b:
            first, second = (_around(chunks[k], v, half) for k, v in zip((a, b), pair, strict=True))
            windows.append((a, first, b, second))
    return windows


def _last_with(chunks: Sequence[Sequence[int]], view: int) -> int:
    return max(i for i, (start, end) in enumerate(chunks) if start <= view < end)


def _around(chunk: Sequence[int], view: int, half: int) -> Window:
    """Twice `half` views, moved so that they stay inside the chunk."""
    low, high = chunk
    start = max(low, min(view - half, high - 2 * half))
    return start, min(start + 2 * half, high)
