"""Why views have no camera, in sentences with advice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pycolmap
from numpy.typing import NDArray

from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.engine.sfm.lenses import Lens
from da3studio.geometry.rigid import nearest_rotation
from da3studio.scene.view import View, ViewId

_BLURRED = 0.4  # of the median sharpness of the set
_NO_PARALLAX = 0.0025  # of the long photo side: matches move as under a turn up to this error
_PAIRS_LOOKED_AT = 40  # to tell turning from moving, from near to wide: near ones never tell
_TELLING = 100  # matches: among fewer, false ones look like parallax
_FOCAL_ROUNDS = 3  # of nine tries: to 1 % of a focal length that was not known at all
_FEW_INLIERS = 15


@dataclass(frozen=True)
class Pair:
    """What comparing two photos gave."""

    i: int
    j: int
    inliers: int


def compared_pairs(database: Any) -> tuple[Pair, ...]:
    """All pairs that share verified matches, those with most matches first."""
    found = []
    for pair_id, geometry in zip(*database.read_two_view_geometries(), strict=True):
        if len(geometry.inlier_matches) >= _FEW_INLIERS:
            i, j = pycolmap.pair_id_to_image_pair(pair_id)
            found.append(Pair(i - 1, j - 1, len(geometry.inlier_matches)))
    return tuple(sorted(found, key=lambda pair: -pair.inliers))


def groups_of(pairs: Sequence[Pair], n_views: int) -> list[set[int]]:
    """Views connected by verified pairs, largest group first; lone views are groups of one."""
    parent = list(range(n_views))

    def root(idx: int) -> int:
        while parent[idx] != idx:
            parent[idx] = parent[parent[idx]]
            idx = parent[idx]
        return idx

    for pair in pairs:
        parent[root(pair.i)] = root(pair.j)
    groups: dict[int, set[int]] = {}
    for idx in range(n_views):
        groups.setdefault(root(idx), set()).add(idx)
    return sorted(groups.values(), key=len, reverse=True)


def reasons(
    views: Sequence[View], registered: set[int], pairs: Sequence[Pair]
) -> dict[ViewId, str]:
    """For each view without a camera, the likely reason in one sentence."""
    typical = float(np.median([view.sharpness for view in views]))
    said = {}
    for idx, view in enumerate(views):
        if idx in registered:
            continue
        mine = [pair for pair in pairs if idx in (pair.i, pair.j)]
        linked = max(
            (p.inliers for p in mine if (p.j if p.i == idx else p.i) in registered), default=0
        )
        if view.sharpness < _BLURRED * typical:
            text = tr("It is much more blurred than the other photos.")
        elif linked:
            text = tr(
                "Too few matches: its best pair shares {n} points, or it sees them from almost"
                " the same place as another photo. Take more photos around this viewpoint."
            ).format(n=linked)
        elif mine:
            text = tr(
                "It matches only photos that were left out too. Take photos that lead over to"
                " the others in steps of about 15 degrees."
            )
        else:
            text = tr(
                "No overlap was found: it shares no details with the other photos. Take photos in"
                " between, in steps of about 15 degrees."
            )
        said[view.id] = text
    return said


def explain_failure(views: Sequence[View], pairs: Sequence[Pair]) -> CannotReconstruct:
    """The error for a set from which no two cameras could be placed."""
    if not pairs:
        return CannotReconstruct(
            _nothing_made(views),
            why=tr("No two of them show the same details, so their cameras cannot be found."),
            fix=tr(
                "Take photos of one subject from all around, each overlapping the last by two"
                " thirds, and avoid plain, shiny or moving surfaces."
            ),
        )
    if pairs[0].inliers >= _TELLING:
        return CannotReconstruct(
            _nothing_made(views),
            why=tr(
                "They show the same details, but from places too near to each other, or things"
                " moved between the photos."
            ),
            fix=tr("Take photos of still things, with a step to the side between them."),
        )
    return CannotReconstruct(
        _nothing_made(views),
        why=tr("The best pair shares {n} matching points, which is not enough.").format(
            n=pairs[0].inliers
        ),
        fix=tr(
            "Add photos in between, in steps of about 15 degrees, sharp and in good light; plain"
            " objects do better on a patterned cloth or newspaper."
        ),
    )


def turned_only(views: Sequence[View]) -> CannotReconstruct:
    """The error for a set without any change of place."""
    return CannotReconstruct(
        _nothing_made(views),
        why=tr(
            "The camera only turned on the spot, or did not move between the photos: without a"
            " change of place there is no depth."
        ),
        fix=tr("Take a step to the side between photos instead of turning."),
    )


def _nothing_made(views: Sequence[View]) -> str:
    return tr("No 3D scene could be made from these {n} photos.").format(n=len(views))


def is_turned_on_the_spot(database: Any, pairs: Sequence[Pair], lenses: Sequence[Lens]) -> bool:
    """Whether no pair shows parallax: the camera turned, or did not move at all."""
    lens_of = {idx: lens for lens in lenses for idx in lens.view_idx}
    telling = [pair for pair in pairs if pair.inliers >= _TELLING] or pairs
    looked_at = telling[:: max(1, math.ceil(len(telling) / _PAIRS_LOOKED_AT))]
    return bool(looked_at) and all(
        _moves_as_under_a_turn(database, pair, lens_of[pair.i], lens_of[pair.j])
        for pair in looked_at
    )


def _moves_as_under_a_turn(database: Any, pair: Pair, lens_i: Lens, lens_j: Lens) -> bool:
    """Whether one rotation explains nine tenths of a pair's matches.

    Focal lengths around the one believed are tried, closer and closer to the best of them: a
    wrong one must not look like parallax.
    """
    geometry = database.read_two_view_geometry(pair.i + 1, pair.j + 1)
    matches = geometry.inlier_matches
    xy_i = database.read_keypoints(pair.i + 1)[matches[:, 0], :2]
    xy_j = database.read_keypoints(pair.j + 1)[matches[:, 1], :2]
    limit_px = _NO_PARALLAX * max(lens_i.width, lens_i.height)

    def error_px(factor: float) -> float:
        error = _rotation_error(_rays(xy_i, lens_i, factor), _rays(xy_j, lens_j, factor))
        return float(np.percentile(error, 90)) * lens_i.focal_px * factor

    low, high = (0.85, 1.18) if lens_i.focal_known else (0.5, 4.0)
    for _ in range(_FOCAL_ROUNDS):
        factors = np.geomspace(low, high, 9)
        errors = [error_px(float(factor)) for factor in factors]
        best = int(np.argmin(errors))
        if errors[best] < limit_px:
            return True
        low, high = float(factors[max(best - 1, 0)]), float(factors[min(best + 1, 8)])
    return False


def _rays(xy: NDArray[np.float32], lens: Lens, factor: float) -> NDArray[np.float64]:
    rays: NDArray[np.float64] = np.c_[
        (xy - (lens.width / 2, lens.height / 2)) / (lens.focal_px * factor), np.ones(len(xy))
    ]
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    return rays


def _rotation_error(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(N,)` angles [rad, small] left between `b` and the best rotation of `a`, robustly fitted.

    Source: orthogonal Procrustes, reweighted (Cauchy).
    """
    weights = np.ones(len(a))
    error = np.zeros(len(a))
    for _ in range(10):
        rotation = nearest_rotation((b * weights[:, None]).T @ a)
        error = np.linalg.norm(np.cross(b, a @ rotation.T), axis=1)
        weights = 1 / (1 + (error / max(float(np.median(error)), 1e-6)) ** 2)
    return error
