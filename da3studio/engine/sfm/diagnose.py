"""Why views have no camera, in sentences with advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.scene.view import View, ViewId

_BLURRED = 0.4  # of the median sharpness of the set
_TURNED_ON_THE_SPOT_DEG = 1.0  # median triangulation angle of matched pairs
_FEW_INLIERS = 15


@dataclass(frozen=True)
class Pair:
    """What comparing two photos gave."""

    i: int
    j: int
    inliers: int
    angle_deg: float  # median triangulation angle; 0 = not known or no parallax


def compared_pairs(database: Any) -> tuple[Pair, ...]:
    """All pairs that share verified matches."""
    import pycolmap

    found = []
    for pair_id, geometry in zip(*database.read_two_view_geometries(), strict=True):
        if len(geometry.inlier_matches) >= _FEW_INLIERS:
            i, j = pycolmap.pair_id_to_image_pair(pair_id)
            angle = max(0.0, float(np.degrees(geometry.tri_angle)))
            found.append(Pair(i - 1, j - 1, len(geometry.inlier_matches), angle))
    return tuple(found)


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
    what = tr("No 3D scene could be made from these {n} photos.").format(n=len(views))
    if not pairs:
        return CannotReconstruct(
            what,
            why=tr("No two of them show the same details, so their cameras cannot be found."),
            fix=tr(
                "Take photos of one subject from all around, each overlapping the last by two"
                " thirds, and avoid plain, shiny or moving surfaces."
            ),
        )
    if turned_on_the_spot(pairs):
        return CannotReconstruct(
            what,
            why=tr("The camera only turned on the spot, or did not move between the photos:"
                   " without a change of place there is no depth."),
            fix=tr("Take a step to the side between photos instead of turning."),
        )  # fmt: skip
    return CannotReconstruct(
        what,
        why=tr("The best pair shares {n} matching points, which is not enough.").format(
            n=max(pair.inliers for pair in pairs)
        ),
        fix=tr(
            "Add photos in between, in steps of about 15 degrees, sharp and in good light; plain"
            " objects do better on a patterned cloth or newspaper."
        ),
    )


def turned_on_the_spot(pairs: Sequence[Pair]) -> bool:
    """Whether the matched pairs show no parallax: pure rotation, or no motion at all."""
    if not pairs:
        return False
    weights = np.array([pair.inliers for pair in pairs], float)
    angles = np.array([pair.angle_deg for pair in pairs])
    order = np.argsort(angles)
    middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return bool(angles[order[middle]] < _TURNED_ON_THE_SPOT_DEG)
