"""Similarities (rotation, translation, one scale) between worlds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.arrays import frozen
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3


@dataclass(frozen=True, eq=False)
class Sim3:
    """`b_from_a`: `x_b = scale * rotation @ x_a + translation`."""

    scale: float  # > 0 [units of b per unit of a]
    rotation: NDArray[np.float64]  # (3, 3), det +1
    translation: NDArray[np.float64]  # (3,) [units of b]

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"a similarity needs a positive scale, got {self.scale}")
        object.__setattr__(self, "rotation", frozen(self.rotation, (3, 3), np.float64))
        object.__setattr__(self, "translation", frozen(self.translation, (3,), np.float64))

    def apply(self, points: ArrayLike) -> NDArray[np.float64]:
        """`(..., 3)` points of a → the same points in b."""
        rotated = np.asarray(points, np.float64) @ self.rotation.T
        return self.scale * rotated + self.translation

    def apply_to_camera(self, camera: Camera) -> Camera:
        """A camera of world a → the camera of world b that takes the same photo."""
        cam_from_a = camera.cam_from_world
        rotation = cam_from_a.rotation @ self.rotation.T
        translation = self.scale * cam_from_a.translation - rotation @ self.translation
        return Camera(camera.intrinsics, Rigid3(rotation, translation))


def align_points(a: ArrayLike, b: ArrayLike) -> Sim3:
    """The least-squares `b_from_a` of paired points.

    Args:
        a: `(N, 3)`, N >= 3, not all on one line.
        b: `(N, 3)`.

    Raises:
        ValueError: too few points, or all on one line: the rotation is not determined.

    Source: Umeyama 1991.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or a.ndim != 2 or a.shape[0] < 3:
        raise ValueError(f"align_points needs two (N >= 3, 3) arrays, got {a.shape}, {b.shape}")
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    u, singular, vt = np.linalg.svd((b - mean_b).T @ (a - mean_a) / len(a))
    if singular[1] < 1e-12 * max(singular[0], 1e-300):
        raise ValueError("align_points: the points lie on one line")
    sign = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ sign @ vt
    scale = float((singular * np.diag(sign)).sum() / ((a - mean_a) ** 2).sum(axis=1).mean())
    return Sim3(scale, rotation, mean_b - scale * rotation @ mean_a)
