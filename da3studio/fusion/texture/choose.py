"""One view for every face: consistent with the others, and the same over large areas.

Source: Waechter, Moehrle, Goesele 2014 (data and smoothness costs); the labelling is minimised
by min-sum belief propagation, whose messages are whole-array operations.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.fusion.texture.adjacency import Adjacency, components
from da3studio.fusion.texture.observe import Observations

_ODD_LEVELS = 24.0  # a colour this far off the median of all views is someone passing by ...
_ODD_SPREADS = 4.0  # ... if it is also this many times the views' typical deviation
_ODD_WORTH = 0.05  # quality left to such a view: a single odd face does not break a chart
_SEAM_COST = 1.0  # of an edge between two views; the best view costs 0, a worthless one 1
_ROUNDS = 16
_DAMPING = 0.3  # share of the last message kept: without it the beliefs swing
_ISLAND_FACES = 12  # smaller patches are joined to a neighbour if it can show them
_NEVER = np.float32(1e3)  # cost of a view that does not see the face


def mistrust_odd_views(seen: Observations, rgb: NDArray[np.uint8]) -> Observations:
    """Devalue views whose colour of a face disagrees with most: moving people, reflections.

    Needs three views of a face to judge.

    Args:
        seen: from `observe`.
        rgb: `(F, K, 3)` `seen.rgb` with the photos' exposures made equal.

    Returns:
        the observations, best first, the odd ones last.
    """
    has = seen.quality > 0
    n = has.sum(axis=1)
    values = rgb.astype(np.float32)
    middle = _median(values, has)
    off = np.abs(values - middle[:, None]).max(axis=2)
    spread = _median(off[..., None], has)
    odd = has & (off > np.maximum(_ODD_LEVELS, _ODD_SPREADS * spread)) & (n >= 3)[:, None]
    quality = np.where(odd, _ODD_WORTH * seen.quality, seen.quality)
    order = np.argsort(-quality, axis=1, kind="stable")
    return replace(
        seen,
        view_idx=np.take_along_axis(seen.view_idx, order, axis=1),
        quality=np.take_along_axis(quality, order, axis=1),
        rgb=np.take_along_axis(seen.rgb, order[..., None], axis=1),
    )


def _median(values: NDArray[np.float32], has: NDArray[np.bool_]) -> NDArray[np.float32]:
    """`(F, C)` lower median of the `(F, K, C)` values that are there; 0 where none is."""
    rising = np.sort(np.where(has[..., None], values, np.inf), axis=1)
    middle = np.maximum(has.sum(axis=1) - 1, 0) // 2
    median = rising[np.arange(len(rising)), middle]
    return np.where(np.isfinite(median), median, 0)


def choose_views(seen: Observations, edges: Adjacency, token: CancelToken) -> NDArray[np.int16]:
    """The view each face is painted from.

    Args:
        seen: candidates, best first.
        edges: the mesh's inner edges.
        token: checked between rounds.

    Returns:
        `(F,)` index of the view, -1 = seen by none.
    """
    has = seen.view_idx >= 0
    best = np.maximum(seen.quality[:, :1], 1e-30)
    cost = np.where(has, 1 - seen.quality / best, _NEVER).astype(np.float32)
    linked = edges.faces[has[edges.faces, 0].all(axis=1)]
    slot = _propagated(cost, seen.view_idx, linked, token)
    label: NDArray[np.int16] = seen.view_idx[np.arange(len(slot)), slot]
    return _without_islands(label, seen.view_idx, linked)


def _propagated(
    cost: NDArray[np.float32],
    view_idx: NDArray[np.int16],
    linked: NDArray[np.int32],
    token: CancelToken,
) -> NDArray[np.int64]:
    """Candidate of each face after belief propagation on the graph of linked faces."""
    n_faces, k = cost.shape
    if not len(linked):
        return np.zeros(n_faces, np.int64)
    # Each link carries a message both ways; sorted by receiver, so that sums are contiguous.
    sender, receiver = np.concatenate([linked, linked[:, ::-1]]).T
    order = np.argsort(receiver, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    back = place[(order + len(linked)) % len(order)]
    sender, receiver = sender[order], receiver[order]
    reached, starts = np.unique(receiver, return_index=True)
    # Which candidate of the sender is the receiver's candidate; k = none of them.
    match = np.full((len(sender), k), k, np.int8)
    for theirs in range(k):
        match[view_idx[receiver] == view_idx[sender, theirs, None]] = theirs

    message = np.zeros((len(sender), k), np.float32)
    beyond = np.full((len(sender), 1), _NEVER, np.float32)
    for _ in range(_ROUNDS):
        token.check()
        belief = cost.copy()
        belief[reached] += np.add.reduceat(message, starts, axis=0)
        told = belief[sender] - message[back]
        lowest = told.min(axis=1, keepdims=True)
        same = np.take_along_axis(np.concatenate([told, beyond], axis=1), match, axis=1)
        fresh = np.minimum(same - lowest, _SEAM_COST)
        message = _DAMPING * message + (1 - _DAMPING) * fresh
    belief = cost.copy()
    belief[reached] += np.add.reduceat(message, starts, axis=0)
    slot: NDArray[np.int64] = belief.argmin(axis=1)
    return slot


def _without_islands(
    label: NDArray[np.int16], view_idx: NDArray[np.int16], linked: NDArray[np.int32]
) -> NDArray[np.int16]:
    """Faces of tiny patches take the view of a neighbour outside, where that view sees them."""
    label = label.copy()
    for _ in range(_ISLAND_FACES):
        patch = components(len(label), linked[label[linked[:, 0]] == label[linked[:, 1]]])
        tiny = np.bincount(patch)[patch] < _ISLAND_FACES
        pairs = np.concatenate([linked, linked[:, ::-1]])
        pairs = pairs[tiny[pairs[:, 0]] & ~tiny[pairs[:, 1]]]
        offered = label[pairs[:, 1]]
        sees = (view_idx[pairs[:, 0]] == offered[:, None]).any(axis=1)
        if not sees.any():
            break
        label[pairs[sees, 0]] = offered[sees]
    return label
