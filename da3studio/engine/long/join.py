"""Two windows that share views: the similarity between their worlds.

A view that both saw gives a pair of points for every pixel, and a pair of camera centres. The
points fix all seven numbers even from a single view or from cameras on a line; the centres count
as much as the points of their view, because errors of depth move all of those together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.engine.da3.window import WindowResult
from da3studio.geometry.camera import Camera
from da3studio.geometry.sim3_graph import anchors_of
from da3studio.geometry.similarity import Sim3, align_points_robustly, weighted_median
from da3studio.scene.depth import DepthMap

_MOST_PAIRS = 20_000  # of a join, on a grid over all shared views
_FEWEST_PAIRS = 30
_LEAST_CONFIDENCE = 0.1  # of the view's median one: below it, depth is a guess
_MOST_CONFIDENCE = 3.0  # of the median one: above it, more is no better
_UNLIKE = 0.2  # of the depth: worlds that are still so far apart were not brought together

Array = NDArray[np.float64]


class CannotJoinError(Exception):
    """Two windows have too little in common; the text is a sentence that says what is missing."""


@dataclass(frozen=True, eq=False)
class Link:
    """How the world of window b lies in that of window a."""

    a_from_b: Sim3
    spread: float  # median distance of paired points / their depth
    n_pairs: int  # of pixels
    n_views: int  # shared
    anchors: Array  # (6, 3) the pairs' mean and spread in space, see `Sim3Edge` [units of b]
    reach: float  # typical depth of the pairs [units of a]


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Paired points of one or more views."""

    a: Array  # (N, 3)
    b: Array  # (N, 3)
    reach: Array  # (N,) depth in a
    ratio: Array  # (N,) depth in a / depth in b
    weights: Array  # (N,)


def join(a: WindowResult, b: WindowResult) -> Link:
    """Bring the world of `b` into that of `a`, by all that both say of the views they share.

    Nothing is drawn by chance: the same windows give the same bits.

    Raises:
        CannotJoinError: they share no view, too little of them was measured by both, or what was
            measured does not agree.
    """
    place = {view_id: idx for idx, view_id in enumerate(b.view_ids)}
    shared = [(idx, place[name]) for idx, name in enumerate(a.view_ids) if name in place]
    if not shared:
        raise CannotJoinError(tr("Two neighbouring groups share no photo."))
    each = [_paired(a, i, b, j, _MOST_PAIRS // len(shared)) for i, j in shared]
    pixels = _together(each)
    if len(pixels.a) < _FEWEST_PAIRS:
        raise CannotJoinError(
            tr("The photos that two groups share show too little that has a depth.")
        )
    usable = [(views, pairs) for views, pairs in zip(shared, each, strict=True) if len(pairs.a)]
    centres = _together([_centre(a.cameras[i], b.cameras[j], p) for (i, j), p in usable])
    everything = _together([pixels, centres])
    try:
        found = align_points_robustly(
            everything.b,
            everything.a,
            reach=everything.reach,
            weights=everything.weights,
            start=_first_guess(a, b, [views for views, _ in usable], pixels),
        )
    except ValueError as error:
        raise CannotJoinError(tr("What two groups of photos share lies on one line.")) from error
    spread = weighted_median(found.off[: len(pixels.a)], pixels.weights)
    if spread > _UNLIKE:
        raise CannotJoinError(tr("Two groups do not agree about the photos they share."))
    nearness = found.weights / everything.reach**2
    return Link(
        a_from_b=found.b_from_a,
        spread=spread,
        n_pairs=len(pixels.a),
        n_views=len(usable),
        anchors=anchors_of(everything.b, nearness),
        reach=float(np.sqrt(found.weights.sum() / nearness.sum())),
    )


def _paired(a: WindowResult, i: int, b: WindowResult, j: int, most: int) -> _Pairs:
    """The pixels of view `i` of a, which is view `j` of b, that both measured, on a grid."""
    one, other = a.depths[i], b.depths[j]
    rows_a, columns_a = pixel_grid(one, most)
    rows_b = ((rows_a + 0.5) * other.height / one.height).astype(np.intp)
    columns_b = ((columns_a + 0.5) * other.width / one.width).astype(np.intp)
    trust_a, trust_b = _trust(one, rows_a, columns_a), _trust(other, rows_b, columns_b)
    both = np.minimum(trust_a, trust_b) > _LEAST_CONFIDENCE
    rows_a, columns_a, rows_b, columns_b = (
        index[both] for index in (rows_a, columns_a, rows_b, columns_b)
    )
    z_a, z_b = one.z[rows_a, columns_a], other.z[rows_b, columns_b]
    return _Pairs(
        lifted(z_a, rows_a, columns_a, a.cameras[i]),
        lifted(z_b, rows_b, columns_b, b.cameras[j]),
        z_a.astype(np.float64),
        z_a.astype(np.float64) / z_b,
        np.sqrt(trust_a[both] * trust_b[both]),
    )


def _centre(a: Camera, b: Camera, pixels: _Pairs) -> _Pairs:
    """The camera itself as one more pair, which counts as much as all its pixels."""
    return _Pairs(
        a.centre[None],
        b.centre[None],
        np.array([np.median(pixels.reach)]),
        np.array([np.median(pixels.ratio)]),
        np.array([pixels.weights.sum()]),
    )


def _first_guess(
    a: WindowResult, b: WindowResult, shared: list[tuple[int, int]], pixels: _Pairs
) -> Sim3:
    """From medians, so that it is fair even if nearly half of the depth is wrong."""
    scale = weighted_median(pixels.ratio, pixels.weights)
    turns = np.stack(
        [
            a.cameras[i].cam_from_world.rotation.T @ b.cameras[j].cam_from_world.rotation
            for i, j in shared
        ]
    )
    alike = np.einsum("iab,jab->ij", turns, turns)  # traces: larger for smaller angles
    rotation = turns[np.argmax(np.median(alike, axis=1))]
    shifts = [a.cameras[i].centre - scale * rotation @ b.cameras[j].centre for i, j in shared]
    return Sim3(scale, rotation, np.median(shifts, axis=0))


def pixel_grid(depth: DepthMap, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of at most about `most` pixels, evenly spaced."""
    step = max(1, int(np.ceil(np.sqrt(depth.width * depth.height / max(most, 1)))))
    rows = np.arange(min(step, depth.height) // 2, depth.height, step)
    columns = np.arange(min(step, depth.width) // 2, depth.width, step)
    grid_rows, grid_columns = np.meshgrid(rows, columns, indexing="ij")
    return grid_rows.ravel(), grid_columns.ravel()


def _trust(depth: DepthMap, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Array:
    """Confidence of pixels / the view's median one, held down; 0 for sky and what has no depth."""
    measured = (depth.z[rows, columns] > 0) & ~depth.sky[rows, columns]
    confidence = np.where(measured, depth.confidence[rows, columns], 0.0)
    usual = np.median(confidence[measured]) if measured.any() else 0.0
    return np.minimum(confidence / max(usual, 1e-30), _MOST_CONFIDENCE)


def lifted(
    z: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp], camera: Camera
) -> Array:
    """World points of some pixels of a depth map; `unproject` without the others.

    Args:
        z: `(N,)` depth [world units].
        rows: `(N,)`.
        columns: `(N,)`.
        camera: a pinhole of the depth map's size.
    """
    lens = camera.intrinsics
    x, y = (columns + 0.5 - lens.cx) / lens.fx, (rows + 0.5 - lens.cy) / lens.fy
    in_camera = np.stack([x, y, np.ones(len(z))], axis=1) * z[:, None]
    return camera.cam_from_world.inverse().apply(in_camera)


def _together(parts: list[_Pairs]) -> _Pairs:
    names = ("a", "b", "reach", "ratio", "weights")
    return _Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
