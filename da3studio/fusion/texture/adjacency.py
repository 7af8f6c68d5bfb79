"""Which faces share an edge, and what hangs together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Adjacency:
    """The `E` inner edges of a mesh; an edge of more than two faces is listed for each pair."""

    faces: NDArray[np.int32]  # (E, 2) the faces on both sides
    vertices: NDArray[np.int32]  # (E, 2) the edge's ends


def adjacency(faces: NDArray[np.int32]) -> Adjacency:
    """The inner edges of `(F, 3)` faces."""
    ends = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    ends.sort(axis=1)
    face_of = np.repeat(np.arange(len(faces), dtype=np.int32), 3)
    key = ends[:, 0].astype(np.int64) << 32 | ends[:, 1]
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    first, second = order[same], order[same + 1]
    return Adjacency(np.stack([face_of[first], face_of[second]], axis=1), ends[first])


def components(n: int, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """Connected components of `n` nodes.

    Args:
        n: number of nodes.
        pairs: `(E, 2)` connected nodes.

    Returns:
        `(n,)` component of each node, numbered from 0 in the order of their first nodes.

    Every round hooks each tree's root onto the smallest neighbouring root and flattens the
    trees, so the number of rounds grows with the logarithm of a component's size.
    """
    root = np.arange(n, dtype=np.int32)
    a, b = pairs[:, 0], pairs[:, 1]
    while True:
        ra, rb = root[a], root[b]
        open_ = ra != rb
        if not open_.any():
            break
        a, b, ra, rb = a[open_], b[open_], ra[open_], rb[open_]
        np.minimum.at(root, np.maximum(ra, rb), np.minimum(ra, rb))
        while True:
            flatter = root[root]
            if np.array_equal(flatter, root):
                break
            root = flatter
    _, component = np.unique(root, return_inverse=True)
    return component.astype(np.int32)
