"""How well windows of a walk were brought together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.bench.windows.network import WalkWindows
from da3studio.bench.windows.walk import Walk
from da3studio.engine.long.chain import Chained
from da3studio.engine.long.join import join
from da3studio.geometry.camera import Camera, unproject
from da3studio.geometry.similarity import align_points
from da3studio.scene.view import ViewId

_EVERY = 3  # pixel of a depth map
_PATCH_M = 1.0  # side of the pieces of wall that are looked at one by one
_FEWEST = 30  # points of a patch, or of a view on a patch, that have a spread

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WalkScore:
    """Lengths in the true world, after alignment."""

    end_drift: float  # error of the last camera if the first window is right / length of the walk
    rms_drift: float  # of all cameras, best alignment / length of the walk
    worst_drift: float  # of all cameras, best alignment / length of the walk
    wall_m: float  # median over patches of wall: RMS distance from their plane, all views
    wall_worst_m: float  # the same, of the worst patch in twenty
    view_wall_m: float  # median over patches: RMS distance from a plane of each view's own


def score(walk: Walk, chained: Chained, store: WalkWindows) -> WalkScore:
    """Measure cameras and walls of a chained walk against the truth."""
    off = _camera_errors(walk, chained.cameras) / walk.length_m
    walls, views = _wall_spreads(walk, chained, store)
    return WalkScore(
        end_drift=_end_error(walk, chained, store) / walk.length_m,
        rms_drift=float(np.sqrt((off**2).mean())),
        worst_drift=float(off.max()),
        wall_m=float(np.median(walls)),
        wall_worst_m=float(np.percentile(walls, 95)),
        view_wall_m=float(np.median(views)),
    )


def _end_error(walk: Walk, chained: Chained, store: WalkWindows) -> float:
    """Of the last camera [m], in the world in which the first window is where it belongs."""
    true_from_window = join(store.exact(0), store.read(0)).a_from_b
    true_from_world = true_from_window @ chained.world_from_window[0].inverse()
    last = chained.cameras[walk.view_ids[-1]].centre
    return float(np.linalg.norm(true_from_world.apply(last) - walk.cameras[-1].centre))


def _camera_errors(walk: Walk, cameras: Mapping[ViewId, Camera]) -> Array:
    """`(n_views,)` [m] after the similarity that fits all of them best."""
    found = np.array([cameras[view_id].centre for view_id in walk.view_ids])
    true = np.array([camera.centre for camera in walk.cameras])
    errors: Array = np.linalg.norm(align_points(found, true).apply(found) - true, axis=1)
    return errors


def _wall_spreads(walk: Walk, chained: Chained, store: WalkWindows) -> tuple[Array, Array]:
    """RMS distance from a plane [m], of each patch of wall: all views together, and one by one."""
    points, patches, views = [], [], []
    for window in sorted(set(chained.owner.values())):
        result = store.read(window)
        for i, view_id in enumerate(walk.view_ids):
            if chained.owner[view_id] == window:
                depth = chained.depth(view_id, result)
                lifted = unproject(depth.z, chained.cameras[view_id])
                points.append(lifted[::_EVERY, ::_EVERY].reshape(-1, 3))
                patches.append(_patches(walk, i))
                views.append(np.full(len(points[-1]), i))
    cloud, patch, view = (np.concatenate(parts) for parts in (points, patches, views))
    found = np.array([chained.cameras[view_id].centre for view_id in walk.view_ids])
    true_from_world = align_points(found, [camera.centre for camera in walk.cameras])
    cloud = true_from_world.apply(cloud)
    together, alone = [], []
    for members in _grouped(patch):
        own = [members[idx] for idx in _grouped(view[members])]
        if len(own) > 1:
            together.append(_rms(_from_plane(cloud[members])))
            alone.append(_rms(np.concatenate([_from_plane(cloud[idx]) for idx in own])))
    return np.array(together), np.array(alone)


def _patches(walk: Walk, i: int) -> NDArray[np.int64]:
    """Which patch of which flat surface the pixels of a view truly show."""
    depth, which = walk.seen[i]
    true = unproject(depth, walk.cameras[i])[::_EVERY, ::_EVERY].reshape(-1, 3)
    # a constant coordinate lies on the border of cells: half of a hair decides nothing
    cells = np.floor(true / _PATCH_M + (1.0 + 1e-3)).astype(np.int64)
    surface = which[::_EVERY, ::_EVERY].ravel().astype(np.int64)
    names: NDArray[np.int64] = np.ravel_multi_index((surface, *cells.T), (256, 32, 32, 32))
    return names


def _grouped(keys: NDArray[np.integer]) -> list[NDArray[np.intp]]:
    """Where each key stands, of those that are many enough to have a spread."""
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(np.diff(keys[order])) + 1
    return [group for group in np.split(order, cuts) if len(group) >= _FEWEST]


def _from_plane(points: Array) -> Array:
    """Distances from the plane that fits the points best."""
    away = points - points.mean(axis=0)
    distances: Array = away @ np.linalg.eigh(away.T @ away)[1][:, 0]
    return distances


def _rms(values: Array) -> float:
    return float(np.sqrt((values**2).mean()))
