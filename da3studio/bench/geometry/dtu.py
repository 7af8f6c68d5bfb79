"""The surface of a DTU scan, compared by the rules of that data set.

Source: the DTU evaluation (Jensen et al. 2014) as MVSNet and DA3-BENCH use it: points at most as
dense as 0.2 mm, only what the scanner could observe, nothing below the table, and distances under
20 mm alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.bench.geometry.answers import Answer, SurfaceScore
from da3studio.bench.geometry.surface import in_true_world
from da3studio.bench.geometry.truth import Array, Photo
from da3studio.fusion.bridge import open3d
from da3studio.geometry.camera import Camera, project, unproject
from da3studio.geometry.conventions import opencv_pixels

_APART_MM = 0.2
_AGREE_MM, _AGREEING = 0.2, 4  # photos whose points make one
_MOST_POINTS = 4_000_000
_FARTHEST_MM = 20.0
_AROUND_MM = 60.0  # of the observed box, below; above twice as much
_SEED = 42
_AT_ONCE = 20_000

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DtuSurface:
    """A scan [mm]; implements `truth.TrueSurface`.

    Args:
        scanned: a PLY of points.
        observed: a MATLAB file with `ObsMask`, its box `BB` and its resolution `Res`.
        plane: a MATLAB file with the table's plane `P`.
    """

    scanned: Path
    observed: Path
    plane: Path

    def score(self, answer: Answer, photos: Sequence[Photo]) -> SurfaceScore:
        """Points of all photos' depth; with given cameras only those that four photos agree on."""
        mine = [photo for photo in photos if photo.name in answer.depths]
        placed = in_true_world(answer, mine)
        if placed is None:
            return SurfaceScore(None, None)
        cameras, scale = placed
        maps = [
            _point_map(photo, answer.depths[photo.name].z * np.float32(scale), cameras[photo.name])
            for photo in mine
        ]
        if answer.finds_cameras:
            points = np.concatenate([one[np.isfinite(one[..., 0])] for one in maps])
        else:
            sized = [
                cameras[photo.name].resized(one.shape[1], one.shape[0])
                for photo, one in zip(mine, maps, strict=True)
            ]
            points = np.concatenate([agreeing(i, maps, sized) for i in range(len(maps))])
        return SurfaceScore(None, self._overall(_at_most(points)))

    def _overall(self, points: Points) -> float | None:
        """Mean of both mean distances [mm]."""
        from scipy.io import loadmat
        from scipy.spatial import cKDTree

        scanned = np.asarray(open3d().io.read_point_cloud(str(self.scanned)).points, np.float64)
        box = loadmat(self.observed)
        low, high = np.asarray(box["BB"], np.float64)
        ours = thinned(points, _APART_MM)
        ours = ours[((ours >= low - _AROUND_MM) & (ours < high + 2 * _AROUND_MM)).all(axis=1)]
        cell = np.rint((ours - low) / float(np.ravel(box["Res"])[0])).astype(np.int64)
        inside = ((cell >= 0) & (cell < box["ObsMask"].shape)).all(axis=1)
        seen = ours[inside][box["ObsMask"][tuple(cell[inside].T)].astype(np.bool_)]
        table = np.ravel(loadmat(self.plane)["P"])
        above = scanned[scanned @ table[:3] + table[3] > 0]
        if not len(seen):
            return None
        means = [
            float(away[away < _FARTHEST_MM].mean()) if (away < _FARTHEST_MM).any() else _FARTHEST_MM
            for away in (cKDTree(scanned).query(seen)[0], cKDTree(ours).query(above)[0])
        ]
        return sum(means) / 2


def thinned(points: Points, apart: float) -> Array:
    """Points of which no two are nearer than `apart`; of the others, the first in a fixed shuffle.

    Args:
        points: `(N, 3)`.
        apart: in the unit of the points.
    """
    from scipy.spatial import cKDTree

    shuffled = np.asarray(points, np.float64).copy()
    np.random.default_rng(_SEED).shuffle(shuffled, axis=0)
    tree, keeps = cKDTree(shuffled), np.ones(len(shuffled), np.bool_)
    for start in range(0, len(shuffled), _AT_ONCE):
        rows = start + np.flatnonzero(keeps[start : start + _AT_ONCE])
        for row, near in zip(rows, tree.query_ball_point(shuffled[rows], apart), strict=True):
            if keeps[row]:
                keeps[near] = False
                keeps[row] = True
    return shuffled[keeps]


def agreeing(i: int, maps: Sequence[Points], cameras: Sequence[Camera]) -> Points:
    """`(N, 3)` means of points of map `i` that enough maps, itself among them, have, too.

    Args:
        i: whose pixels are looked at.
        maps: `(H, W, 3)` points of each photo's pixels, NaN where there is none.
        cameras: true, pinhole, at the size of the maps.
    """
    mine = maps[i]
    total, count = np.zeros(mine.shape), np.zeros(mine.shape[:2], np.int64)
    for points, camera in zip(maps, cameras, strict=True):
        with np.errstate(invalid="ignore"):
            at = opencv_pixels(project(mine, camera))
        at = np.where(np.isfinite(at), at, -10).astype(np.float32)
        theirs = cv2.remap(
            points, at[..., 0], at[..., 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(np.nan, np.nan, np.nan),
        )  # fmt: skip
        agrees = np.linalg.norm(mine - theirs, axis=-1) < _AGREE_MM
        total[agrees] += theirs[agrees]
        count += agrees
    enough = count >= _AGREEING
    return (total[enough] / count[enough][:, None]).astype(np.float32)


def _point_map(photo: Photo, z: NDArray[np.float32], camera: Camera) -> Points:
    """`(H, W, 3)` at the size of the photo's mask, NaN where nothing counts."""
    counts = photo.counts()
    height, width = z.shape if counts is None else counts.shape
    z = cv2.resize(z, (width, height), interpolation=cv2.INTER_NEAREST)
    z = z if counts is None else np.where(counts, z, 0)
    return unproject(z.astype(np.float32), camera.pinhole().resized(width, height))


def _at_most(points: Points) -> Points:
    if len(points) <= _MOST_POINTS:
        return points
    return points[np.random.default_rng(_SEED).choice(len(points), _MOST_POINTS, replace=False)]
