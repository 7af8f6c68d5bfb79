"""Which neighbours measure a view's depth, and between which depths to look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import project
from da3studio.scene.registration import Registration

# A pair triangulates well around this angle: less is imprecise, more looks too different.
_BEST_ANGLE_RAD = np.radians(10)
_NARROWER_RAD = np.radians(4)
_WIDER_RAD = np.radians(12)

_MARGIN = 0.15  # of the inverse depth range, beyond the sparse points
_MIN_POINTS = 8
_LEAST_DISTANCE = 0.25  # of what most points have: a plane closer to the camera is seen edge-on


@dataclass(frozen=True, eq=False)
class Sweep:
    """What to sweep for one reference view; indices into `Registration.view_ids`."""

    reference: int
    sources: tuple[int, ...]  # best first
    near: float  # depth [world units]
    far: float  # depth [world units]
    points: NDArray[np.float64]  # (N, 3) sparse points in its frame, in the reference's camera

    def span_along(self, normal: NDArray[np.float64]) -> tuple[float, float] | None:
        """Nearest and farthest distance of the points along a unit vector of the camera's frame.

        Planes much nearer than most points are seen edge-on and left out. None where too few
        points lie in front of the camera in that direction.
        """
        distance = self.points @ normal
        distance = distance[distance > 0]
        if len(distance) < _MIN_POINTS:
            return None
        most, last = np.percentile(distance, (90, 99.5))
        return float(_LEAST_DISTANCE * most), float(1.1 * last)


class SweepPlanner:
    """Chooses sources and depth ranges from the sparse points of a registration."""

    def __init__(self, registration: Registration) -> None:
        points = registration.points
        self._cameras = [registration.cameras[view_id] for view_id in registration.view_ids]
        self._centres = np.array([camera.centre for camera in self._cameras])
        self._xyz = points.xyz.astype(np.float64)
        n_views = len(self._cameras)
        self._sees = np.zeros((n_views, len(self._xyz)), bool)
        self._sees[points.view_idx, points.point_idx] = True

    def plan(self, reference: int, n_sources: int) -> Sweep | None:
        """The sweep of a view, or None if it shares too little with any other."""
        scores = self._scores(reference)
        order = np.argsort(-scores)
        sources = tuple(int(idx) for idx in order[:n_sources] if scores[idx] > 0)
        if not sources:
            return None
        points = self._points(reference, sources)
        if len(points) < _MIN_POINTS:
            return None
        near, far = _span(points[:, 2])
        return Sweep(reference, sources, near, far, points)

    def _scores(self, reference: int) -> NDArray[np.float64]:
        """`(views,)` sum over shared points of how well their angle and scale suit."""
        mine = self._sees[reference]
        rays = self._xyz[mine][None] - self._centres[:, None]  # (views, points, 3)
        distance = np.linalg.norm(rays, axis=2)
        rays /= np.maximum(distance, 1e-12)[..., None]
        angle = np.arccos(np.clip((rays * rays[reference]).sum(axis=2), -1, 1))
        width = np.where(angle < _BEST_ANGLE_RAD, _NARROWER_RAD, _WIDER_RAD)
        suits = np.exp(-(((angle - _BEST_ANGLE_RAD) / width) ** 2) / 2)
        ratio = distance / np.maximum(distance[reference], 1e-12)
        suits *= np.minimum(ratio, 1 / np.maximum(ratio, 1e-12))
        scores: NDArray[np.float64] = (suits * self._sees[:, mine]).sum(axis=1)
        scores[reference] = 0
        return scores

    def _points(self, reference: int, sources: tuple[int, ...]) -> NDArray[np.float64]:
        """`(N, 3)` points that it or a source sees, inside its frame, in its camera's frame."""
        seen = self._xyz[self._sees[[reference, *sources]].any(axis=0)]
        camera = self._cameras[reference].pinhole()
        pixels = project(seen, camera)
        lens = camera.intrinsics
        inside = ((pixels >= 0) & (pixels < (lens.width, lens.height))).all(axis=1)  # NaN: False
        return camera.cam_from_world.apply(seen[inside])


def _span(distance: NDArray[np.float64]) -> tuple[float, float]:
    """Nearest and farthest distance to look at: the points' own and a margin."""
    far_inverse, near_inverse = np.percentile(1 / distance, (0.5, 99.5))
    margin = _MARGIN * (near_inverse - far_inverse) + 0.02 * near_inverse
    far_inverse = max(far_inverse - margin, 0.25 * far_inverse)
    return float(1 / (near_inverse + margin)), float(1 / far_inverse)
