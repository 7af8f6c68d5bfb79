"""Depth maps → one cloud, with every measure that cleaning tools threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.fusion.alone import Alone, Tally, photo_alone, tally
from da3studio.fusion.bridge import nearest, plane_normals
from da3studio.fusion.consistency import Checked, check_depth
from da3studio.fusion.neighbours import Sketch, choose_neighbours, sketch
from da3studio.fusion.sampling import footprint
from da3studio.geometry.camera import Camera, unproject
from da3studio.recipes.fuse import FuseRecipe
from da3studio.scene.cloud import PointCloud
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId

DepthOf = Callable[[ViewId], DepthMap]
"""Gives a view's depth map; may read it from disk each time."""
RgbOf = Callable[[ViewId, int, int], NDArray[np.uint8]]
"""Gives a view's undistorted photo in a width and height, `(height, width, 3)` sRGB."""

ACCEPTED = 2  # in `Fused.agreement`

_DEPTH_CACHE_BYTES = 400e6
_NEIGHBOURS = 8  # views a depth map is checked against
_NORMAL_NEIGHBOURS = 20  # enough to average depth noise of about one footprint
_ISOLATION_NEIGHBOURS = 8
_COARSEST_LEVEL = 12  # 4096 x the median footprint: everything farther is one level
_THIN_AGAIN = 2.0  # growth of the cloud after which duplicates are looked for


@dataclass(frozen=True, eq=False)
class Fused:
    """The cloud, and what the check found of every pixel of every depth map."""

    cloud: PointCloud
    agreement: Mapping[ViewId, NDArray[np.uint8]]
    """`(H, W)` views, its own included, that agree on a pixel; 1 where the pixel was measured but
    not confirmed, by too few or against evidence, and 0 where there is no depth: so `ACCEPTED` or
    more means accepted. Of a view that stands alone every measured pixel is, and of the others
    none: nothing speaks against it."""
    alone: Alone | None = None  # the only view whose depth counts; `None` = all do


@dataclass(frozen=True, eq=False)
class _Points:
    """Accepted pixels as rows; the columns of the cloud that are known at once."""

    xyz: NDArray[np.float32]  # (N, 3)
    rgb: NDArray[np.uint8]  # (N, 3)
    confidence: NDArray[np.float32]  # (N,)
    n_views: NDArray[np.uint8]  # (N,)
    view_idx: NDArray[np.int32]  # (N,)
    footprint: NDArray[np.float32]  # (N,) [world units]

    def take(self, rows: NDArray[np.intp]) -> _Points:
        return _Points(*(getattr(self, f.name)[rows] for f in fields(self)))

    @staticmethod
    def joined(parts: list[_Points]) -> _Points:
        return _Points(
            *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(_Points))
        )


def fuse(
    cameras: Mapping[ViewId, Camera],
    depth_of: DepthOf,
    rgb_of: RgbOf,
    recipe: FuseRecipe,
    *,
    report: Report,
    token: CancelToken,
) -> Fused:
    """Check all depth maps against each other and join what holds.

    A single one is taken as it is, and so is the best of several that hardly agree: see
    `photo_alone`.

    Memory holds a bounded number of depth maps and the cloud, whatever the number of views.

    Args:
        cameras: of the registration, in the photos' own size and with their distortion.
        depth_of: gives the depth map of each of them.
        rgb_of: gives their undistorted photos.
        recipe: how many views have to agree, and how well.
        report: told about progress.
        token: checked between views.

    Raises:
        CannotReconstruct: no place was measured alike by two views, and no map is worth a look.
        JobCancelled: by the token.
    """
    view_ids = tuple(cameras)
    sketches: dict[ViewId, Sketch] = {}
    map_bytes = 1
    for done, view_id in enumerate(view_ids):
        token.check()
        report(Progress(tr("Looking for overlapping views"), done, len(view_ids)))
        depth = depth_of(view_id)
        map_bytes = max(map_bytes, depth.z.nbytes + depth.confidence.nbytes + depth.sky.nbytes)
        sketches[view_id] = sketch(_camera_of(cameras[view_id], depth), depth)
    neighbours = choose_neighbours(sketches, _NEIGHBOURS)
    cell = _median_footprint(sketches)
    cached = lru_cache(maxsize=max(_NEIGHBOURS + 1, int(_DEPTH_CACHE_BYTES / map_bytes)))(depth_of)

    agreement: dict[ViewId, NDArray[np.uint8]] = {}
    tallies: dict[ViewId, Tally] = {}
    points = _nothing()
    waiting: list[_Points] = []
    for done, view_id in enumerate(view_ids):
        token.check()
        report(Progress(tr("Comparing depth maps"), done, len(view_ids)))
        depth, camera = cached(view_id), sketches[view_id].camera
        others = ((sketches[other].camera, cached(other)) for other in neighbours[view_id])
        checked = check_depth(camera, depth, others, recipe)
        accepted = checked.accepted(recipe.min_views)
        tallies[view_id] = tally(depth, checked.agree, accepted)
        enough, too_few = np.maximum(checked.agree, ACCEPTED), np.minimum(checked.agree, 1)
        agreement[view_id] = np.where(accepted, enough, too_few)
        rgb = rgb_of(view_id, depth.width, depth.height)
        waiting.append(_accepted_points(camera, depth, checked, accepted, rgb, done))
        if sum(len(part.xyz) for part in waiting) > (_THIN_AGAIN - 1) * len(points.xyz):
            points, waiting = _thinned(_Points.joined([points, *waiting]), cell), []
    alone = photo_alone(tallies)
    if alone is not None:
        depth, camera = cached(alone.view_id), sketches[alone.view_id].camera
        rgb = rgb_of(alone.view_id, depth.width, depth.height)
        done = view_ids.index(alone.view_id)
        points, waiting = _all_points(camera, depth, rgb, done, recipe), []
        agreement = {view_id: np.minimum(agree, 1) for view_id, agree in agreement.items()}
        agreement[alone.view_id] *= ACCEPTED
    points = _thinned(_Points.joined([points, *waiting]), cell)
    if not len(points.xyz):
        raise _nothing_agrees()
    token.check()
    report(Progress(tr("Measuring the points"), 0, 0))
    return Fused(_measured(points, cameras, cell), agreement, alone)


def thin(
    xyz: NDArray[np.float32],
    footprints: NDArray[np.float32],
    n_views: NDArray[np.uint8],
    cell: float,
) -> NDArray[np.intp]:
    """Choose points so that each place of the surface is there once, in the best resolution.

    Points are sorted by footprint into levels, each twice as coarse as the one before. A grid with
    cells of the level's footprint keeps one point a cell, the one that most views confirm, and
    none where a finer level has a point.

    Args:
        xyz: `(N, 3)` points [world units].
        footprints: `(N,)` what each one's pixel covers [world units].
        n_views: `(N,)` views that agree on each.
        cell: footprint of level 0 [world units].

    Returns:
        Indices of the kept points, ascending; the same points come back when thinned again.
    """
    level = np.clip(np.round(np.log2(footprints / cell)), -4, _COARSEST_LEVEL).astype(int)
    kept = np.zeros(0, np.intp)
    best_first = np.lexsort((np.arange(len(xyz)), footprints, -n_views.astype(int)))
    for current in np.unique(level):
        edge = cell * 2.0**current
        rows = best_first[level[best_first] == current]
        rows = rows[np.unique(_cell_keys(xyz[rows], edge), return_index=True)[1]]
        taken = np.isin(_cell_keys(xyz[rows], edge), _cell_keys(xyz[kept], edge))
        kept = np.concatenate([kept, rows[~taken]])
    return np.sort(kept)


def _cell_keys(xyz: NDArray[np.float32], edge: float) -> NDArray[np.int64]:
    """One number per cell; 21 bits an axis, enough for a million cells to either side."""
    index = np.floor(xyz.astype(np.float64) / edge).clip(-(2**20), 2**20 - 1).astype(np.int64)
    index += 2**20
    keys: NDArray[np.int64] = (index[:, 0] << 42) | (index[:, 1] << 21) | index[:, 2]
    return keys


def _thinned(points: _Points, cell: float) -> _Points:
    return points.take(thin(points.xyz, points.footprint, points.n_views, cell))


def _camera_of(camera: Camera, depth: DepthMap) -> Camera:
    return camera.pinhole().resized(depth.width, depth.height)


def _median_footprint(sketches: Mapping[ViewId, Sketch]) -> float:
    everywhere = np.concatenate([s.footprints for s in sketches.values()] or [np.zeros(0)])
    if not len(everywhere):
        raise _nothing_agrees()
    return float(np.median(everywhere))


def _accepted_points(
    camera: Camera,
    depth: DepthMap,
    checked: Checked,
    accepted: NDArray[np.bool_],
    rgb: NDArray[np.uint8],
    view_idx: int,
) -> _Points:
    z = checked.depth[accepted]
    return _Points(
        xyz=unproject(np.where(accepted, checked.depth, np.float32(0)), camera)[accepted],
        rgb=rgb[accepted],
        confidence=depth.confidence[accepted],
        n_views=checked.agree[accepted],
        view_idx=np.full(len(z), view_idx, np.int32),
        footprint=footprint(z, camera.intrinsics).astype(np.float32),
    )


def _all_points(
    camera: Camera,
    depth: DepthMap,
    rgb: NDArray[np.uint8],
    view_idx: int,
    recipe: FuseRecipe,
) -> _Points:
    """All that one view measured, with nothing to compare it with."""
    checked = check_depth(camera, depth, (), recipe)
    return _accepted_points(camera, depth, checked, checked.agree > 0, rgb, view_idx)


def _measured(points: _Points, cameras: Mapping[ViewId, Camera], cell: float) -> PointCloud:
    """The cloud, with the measures that need all points at once."""
    # neighbour searches are float32 and square distances: take the world's odd scale out first
    middle = np.median(points.xyz, axis=0)
    local = ((points.xyz - middle) / cell).astype(np.float32)
    centres = np.stack([camera.centre for camera in cameras.values()])
    towards = centres[points.view_idx] - points.xyz
    normal = _unit_normals(local, towards.astype(np.float32))

    distances = nearest(local, local, _ISOLATION_NEIGHBOURS + 1)[1][:, 1:]
    if distances.shape[1]:
        # far surfaces are sampled coarsely: that alone must not make their points lonely
        spacing = distances.mean(axis=1) * (np.float32(cell) / points.footprint)
        isolation = spacing / max(float(np.median(spacing)), np.finfo(np.float32).tiny)
    else:
        isolation = np.ones(len(local), np.float32)
    return PointCloud(
        points.xyz, points.rgb, normal, points.confidence, isolation.astype(np.float32),
        points.n_views, points.view_idx, tuple(cameras),
    )  # fmt: skip


def _unit_normals(
    local: NDArray[np.float32], towards: NDArray[np.float32]
) -> NDArray[np.float32]:  # fmt: skip
    """Normals of the fitted planes, on the side that `towards` points to."""
    normal = plane_normals(local, _NORMAL_NEIGHBOURS)
    normal = np.where((normal * towards).sum(axis=1, keepdims=True) < 0, -normal, normal)
    lengths = np.linalg.norm(normal, axis=1, keepdims=True)
    fallback = towards / np.linalg.norm(towards, axis=1, keepdims=True)  # under 3 neighbours
    unit: NDArray[np.float32] = np.where(lengths > 0.5, normal / np.fmax(lengths, 0.5), fallback)
    return unit


def _nothing() -> _Points:
    return _Points(
        np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), np.zeros(0, np.float32),
        np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(0, np.float32),
    )  # fmt: skip


def _nothing_agrees() -> CannotReconstruct:
    return CannotReconstruct(
        tr("The depth maps could not be joined into one surface."),
        why=tr("No place was measured alike by two or more views."),
        fix=tr(
            "Take photos that overlap more, with textured parts in view, or raise the depth"
            " tolerance."
        ),
    )
