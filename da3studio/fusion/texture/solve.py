"""Least squares on a graph, by conjugate gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TOLERANCE = 1e-3  # of the right-hand side: a hundredth of a level where steps are ten
_MOST_STEPS = 300


def smallest_squares(
    pairs: NDArray[np.int64],
    weight: NDArray[np.float64],
    wanted: NDArray[np.float64],
    hold: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Values at `N` nodes whose differences come closest to the wanted ones.

    Minimises `sum weight * (x[i] - x[j] - wanted)**2 + sum hold * (x - start)**2`.

    Args:
        pairs: `(E, 2)` nodes i, j.
        weight: `(E,)`.
        wanted: `(E, C)` differences.
        hold: `(N,)` weight of staying at `start`; more than 0 in every connected group.
        start: `(N, C)`, also where the iteration begins.

    Source: Hestenes and Stiefel 1952, preconditioned by the diagonal.
    """
    n = len(start)
    # A compressed list of every node's neighbours: sums over it are contiguous.
    node = np.concatenate([pairs[:, 0], pairs[:, 1]])
    order = np.argsort(node, kind="stable")
    other = np.concatenate([pairs[:, 1], pairs[:, 0]])[order]
    linked, first = np.unique(node[order], return_index=True)
    both = np.concatenate([weight, weight])[order]
    diagonal = hold + np.bincount(node[order], both, n)
    if not len(linked):
        return start

    def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros((n, values.shape[1]))
        total[linked] = np.add.reduceat(values, first, axis=0)
        return total

    def apply(x: NDArray[np.float64]) -> NDArray[np.float64]:
        product: NDArray[np.float64] = diagonal[:, None] * x - spread(both[:, None] * x[other])
        return product

    pull = np.concatenate([wanted, -wanted])[order] * both[:, None]
    residual = spread(pull) + hold[:, None] * start - apply(start)
    x = start.copy()
    scaled = residual / diagonal[:, None]
    direction = scaled
    energy = (residual * scaled).sum(axis=0)
    enough = _TOLERANCE**2 * energy
    for _ in range(_MOST_STEPS):
        if (energy <= enough).all():
            break
        moved = apply(direction)
        length = energy / np.maximum((direction * moved).sum(axis=0), 1e-300)
        x += length * direction
        residual = residual - length * moved
        scaled = residual / diagonal[:, None]
        fresh = (residual * scaled).sum(axis=0)
        direction = scaled + fresh / np.maximum(energy, 1e-300) * direction
        energy = fresh
    return x
