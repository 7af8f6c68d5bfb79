"""Which other views can confirm a view's depth: shared surface, seen from a useful angle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.sampling import footprint
from da3studio.geometry.camera import Camera, unproject
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId

# Between rays to the two cameras. Nearer views err alike, farther ones rarely see the same.
_BEST_ANGLE = np.radians(12.0)
_SPREAD_BELOW, _SPREAD_ABOVE = np.radians(5.0), np.radians(25.0)
_SAMPLES = 200  # pixels of a view that stand for all of it
_LEAST_GAIN = 0.02  # share of the samples a further neighbour must newly cover, weighted


@dataclass(frozen=True, eq=False)
class Sketch:
    """A view in brief: enough to choose neighbours by, small enough to hold for all views."""

    camera: Camera  # pinhole, in the size of the depth map
    points: NDArray[np.float64]  # (S, 3) world, spread over what was measured
    footprints: NDArray[np.float64]  # (S,) [world units]


def sketch(camera: Camera, depth: DepthMap) -> Sketch:
    """A view's sketch; `camera` is a pinhole in the depth map's size."""
    step = max(1, int(np.sqrt(depth.z.size / (4 * _SAMPLES))))
    sparse = np.zeros_like(depth.z)
    grid = np.s_[step // 2 :: step, step // 2 :: step]
    sparse[grid] = depth.z[grid]
    rows, columns = np.nonzero(sparse)
    chosen = np.linspace(0, len(rows) - 1, min(_SAMPLES, len(rows))).astype(int)
    rows, columns = rows[chosen], columns[chosen]
    points = unproject(sparse, camera)[rows, columns].astype(np.float64)
    return Sketch(camera, points, footprint(sparse[rows, columns], camera.intrinsics))


def choose_neighbours(
    sketches: Mapping[ViewId, Sketch], most: int = 8
) -> dict[ViewId, tuple[ViewId, ...]]:
    """For every view the others that best confirm it, the most useful first.

    Chosen one by one, each for what it adds: a part of the picture that two neighbours cover
    already counts less, so that all of the picture gets its share.

    Args:
        sketches: of all views.
        most: neighbours per view.
    """
    ids = tuple(sketches)
    projections = _Projections([sketches[view_id].camera for view_id in ids])
    chosen = {}
    for i, view_id in enumerate(ids):
        value = projections.value(sketches[view_id])  # (n, S)
        value[i] = 0
        covered = np.zeros(value.shape[1])
        picks: list[int] = []
        for _ in range(min(most, len(ids) - 1)):
            gain = (value / (1 + covered)).sum(axis=1)
            gain[picks] = 0
            best = int(gain.argmax()) if value.size else 0
            if gain[best] < _LEAST_GAIN * max(1, value.shape[1]):
                break
            picks.append(best)
            covered += value[best]
        chosen[view_id] = tuple(ids[pick] for pick in picks)
    return chosen


class _Projections:
    """All cameras at once, to see a view's samples in every one of them."""

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self._rotations = np.stack([c.cam_from_world.rotation for c in cameras])
        self._translations = np.stack([c.cam_from_world.translation for c in cameras])
        self._centres = np.stack([c.centre for c in cameras])
        lenses = [c.intrinsics for c in cameras]
        self._lens = np.array([(i.fx, i.fy, i.cx, i.cy, i.width, i.height) for i in lenses])

    def value(self, view: Sketch) -> NDArray[np.float64]:
        """`(n, S)` how well each camera can confirm each sample, 0 = not at all, at most 1."""
        fx, fy, cx, cy, width, height = (column[:, None] for column in self._lens.T)
        x, y, z = np.moveaxis(
            view.points @ self._rotations.transpose(0, 2, 1) + self._translations[:, None], -1, 0
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            u, v = fx * x / z + cx, fy * y / z + cy
            ratio = (z / np.sqrt(fx * fy)) / view.footprints
            detail = np.fmin(ratio, 1 / ratio)
        seen = (z > 0) & (u > 0) & (u < width) & (v > 0) & (v < height)
        here = _unit(view.camera.centre - view.points)
        there = _unit(self._centres[:, None] - view.points)
        angle = np.arccos(np.clip((here * there).sum(axis=-1), -1, 1))
        spread = np.where(angle < _BEST_ANGLE, _SPREAD_BELOW, _SPREAD_ABOVE)
        useful = np.exp(-0.5 * ((angle - _BEST_ANGLE) / spread) ** 2)
        return np.where(seen, useful * detail, 0.0)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: NDArray[np.float64] = vectors / np.maximum(lengths, np.finfo(np.float64).tiny)
    return unit
