"""Similarities (rotation, translation, one scale) between worlds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.arrays import frozen
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3

_ROUNDS = 50
_CAUCHY = 1.5  # of the median distance: about one standard deviation of normal noise in 3-D is 0.65
_EXACT = 1e-6  # of the reach: closer than float32 tells, all pairs are equally good
_SETTLED = 1e-3  # of the usual distance


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

    def __matmul__(c_from_b, b_from_a: Sim3) -> Sim3:  # noqa: N805  the names are the proof
        return Sim3(
            c_from_b.scale * b_from_a.scale,
            c_from_b.rotation @ b_from_a.rotation,
            c_from_b.apply(b_from_a.translation),
        )

    def inverse(self) -> Sim3:
        """`a_from_b`."""
        turned_back = self.rotation.T @ self.translation
        return Sim3(1 / self.scale, self.rotation.T, -turned_back / self.scale)

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


def align_points(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None) -> Sim3:
    """The least-squares `b_from_a` of paired points.

    Args:
        a: `(N, 3)`, N >= 3, not all on one line.
        b: `(N, 3)`.
        weights: `(N,)` >= 0, what each pair's squared distance counts; `None` = all the same.

    Raises:
        ValueError: too few points, or all on one line: the rotation is not determined.

    Source: Umeyama 1991.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or a.ndim != 2 or a.shape[0] < 3:
        raise ValueError(f"align_points needs two (N >= 3, 3) arrays, got {a.shape}, {b.shape}")
    share = np.ones(len(a)) if weights is None else np.asarray(weights, np.float64)
    share = share / max(share.sum(), 1e-300)
    mean_a, mean_b = share @ a, share @ b
    u, singular, vt = np.linalg.svd(((b - mean_b) * share[:, None]).T @ (a - mean_a))
    if singular[1] < 1e-12 * max(singular[0], 1e-300):
        raise ValueError("align_points: the points lie on one line")
    sign = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ sign @ vt
    scale = float((singular * np.diag(sign)).sum() / (share @ ((a - mean_a) ** 2).sum(axis=1)))
    return Sim3(scale, rotation, mean_b - scale * rotation @ mean_a)


@dataclass(frozen=True, eq=False)
class Alignment:
    """Paired points, aligned so that wrong pairs do not count."""

    b_from_a: Sim3
    off: NDArray[np.float64]  # (N,) distance of each pair after it / its reach
    weights: NDArray[np.float64]  # (N,) of the squared relative distances, wrong pairs near 0


def align_points_robustly(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    *,
    reach: NDArray[np.float64],
    weights: NDArray[np.float64],
    start: Sim3,
) -> Alignment:
    """The `b_from_a` of paired points of which many may be wrong, from a fair first guess.

    The distance of a pair counts relative to its reach, so nothing depends on the unit, and by
    Cauchy's function of how usual it is: its scale is taken anew from the pairs in every round.

    Args:
        a: `(N, 3)`.
        b: `(N, 3)`.
        reach: `(N,)` > 0, how far away the camera saw the point [units of b].
        weights: `(N,)` >= 0, not all 0.
        start: a guess that most pairs agree with more or less.

    Raises:
        ValueError: too few points, or all on one line.
    """
    found = start
    off = _off(found, a, b, reach)
    for _ in range(_ROUNDS):
        usual = max(_CAUCHY * weighted_median(off, weights), _EXACT)
        trust = weights / (1 + (off / usual) ** 2)
        found = align_points(a, b, trust / reach**2)
        before, off = off, _off(found, a, b, reach)
        if np.abs(off - before).max() < _SETTLED * usual:
            break
    return Alignment(found, off, trust)


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The value that half of the weight lies below.

    Args:
        values: `(N,)`, N >= 1.
        weights: `(N,)` >= 0, not all 0.
    """
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])


def _off(
    b_from_a: Sim3, a: NDArray[np.float64], b: NDArray[np.float64], reach: NDArray[np.float64]
) -> NDArray[np.float64]:
    off: NDArray[np.float64] = np.linalg.norm(b - b_from_a.apply(a), axis=1) / reach
    return off
