"""Rigid motions between named frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.arrays import frozen


@dataclass(frozen=True, eq=False)
class Rigid3:
    """`b_from_a`: maps points of frame a into frame b, `x_b = rotation @ x_a + translation`."""

    rotation: NDArray[np.float64]  # (3, 3), det +1
    translation: NDArray[np.float64]  # (3,) [units of b]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rotation", frozen(self.rotation, (3, 3), np.float64))
        object.__setattr__(self, "translation", frozen(self.translation, (3,), np.float64))

    def __matmul__(c_from_b, b_from_a: Rigid3) -> Rigid3:  # noqa: N805  the names are the proof
        rotation = c_from_b.rotation @ b_from_a.rotation
        return Rigid3(rotation, c_from_b.rotation @ b_from_a.translation + c_from_b.translation)

    def inverse(self) -> Rigid3:
        """`a_from_b`."""
        return Rigid3(self.rotation.T, -self.rotation.T @ self.translation)

    def apply(self, points: ArrayLike) -> NDArray[np.float64]:
        """`(..., 3)` points of frame a → the same points in frame b."""
        return np.asarray(points, np.float64) @ self.rotation.T + self.translation

    def matrix(self) -> NDArray[np.float64]:
        """`(4, 4)` homogeneous matrix, for libraries that want one."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.rotation, self.translation
        return matrix


def rotation_from_wxyz(quaternion: ArrayLike) -> NDArray[np.float64]:
    """`(3, 3)` rotation of a quaternion (w, x, y, z) of any length but 0."""
    w, x, y, z = np.asarray(quaternion, np.float64) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def wxyz_from_rotation(rotation: ArrayLike) -> NDArray[np.float64]:
    """Unit quaternion (w, x, y, z), w >= 0, of a `(3, 3)` rotation.

    Source: Bar-Itzhack 2000, the eigenvector of the largest eigenvalue; no branch is singular.
    """
    r = np.asarray(rotation, np.float64)
    k = np.array(
        [
            [r[0, 0] + r[1, 1] + r[2, 2], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
            [r[2, 1] - r[1, 2], r[0, 0] - r[1, 1] - r[2, 2], r[1, 0] + r[0, 1], r[2, 0] + r[0, 2]],
            [r[0, 2] - r[2, 0], r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], r[2, 1] + r[1, 2]],
            [r[1, 0] - r[0, 1], r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1]],
        ]
    )
    quaternion = np.linalg.eigh(k)[1][:, -1]
    return quaternion if quaternion[0] >= 0 else -quaternion


def nearest_rotation(matrices: ArrayLike) -> NDArray[np.float64]:
    """`(..., 3, 3)` the rotations that differ least, in least squares, from any such matrices.

    Source: orthogonal Procrustes.
    """
    u, _, vt = np.linalg.svd(np.asarray(matrices, np.float64))
    u[..., -1] *= np.sign(np.linalg.det(u @ vt))[..., None]
    nearest: NDArray[np.float64] = u @ vt
    return nearest


def angle_between(a: ArrayLike, b: ArrayLike) -> float:
    """Angle of the rotation that leads from one `(3, 3)` rotation to another [rad]."""
    trace = np.trace(np.asarray(a, np.float64) @ np.asarray(b, np.float64).T)
    return float(np.arccos(np.clip((trace - 1) / 2, -1, 1)))
