"""The plane that most points lie on, found among clutter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_TRIALS = 1200  # a plane of a fifth of the points is drawn about ten times
_JUDGES = 1500  # points that trials are counted on
_REFITS = 4
_AGREE = 0.7  # cosine between a point's own normal and the plane's; about 45 degrees
_MAD_TO_SIGMA = 1.4826  # of a normal distribution


@dataclass(frozen=True, eq=False)
class PlaneFit:
    """A plane `normal @ x = offset` and how well points lie on it."""

    normal: NDArray[np.float64]  # (3,) unit
    offset: float  # [world units]
    inliers: NDArray[np.bool_]  # (N,) which of the points given
    sigma: float  # robust standard deviation of the inliers' distances [world units]

    @property
    def share(self) -> float:
        """Of the points, how many lie on it, 0...1."""
        return float(self.inliers.mean())

    def distance(self, points: ArrayLike) -> NDArray[np.float64]:
        """`(...)` signed distances of `(..., 3)` points, positive where the normal points."""
        return np.asarray(points, np.float64) @ self.normal - self.offset


def fit_plane(
    points: ArrayLike,
    tolerance: float,
    rng: np.random.Generator,
    *,
    normals: ArrayLike | None = None,
    along: ArrayLike | None = None,
    within_rad: float = 0.5,
) -> PlaneFit | None:
    """Find the plane with the most points by random triples, then fit it to all of those.

    Args:
        points: `(N, 3)` [world units].
        tolerance: a point nearer than this lies on the plane [world units].
        rng: draws the triples; the same state gives the same plane.
        normals: `(N, 3)` unit normals of the points. Those that look another way then do not count,
            and the plane's normal points to the side most of the others do.
        along: `(3,)` direction that the plane's normal has to be close to, either way round.
        within_rad: how close.

    Returns:
        The plane, its normal on the side of `along` where no normals are given; `None` where fewer
        than 3 points are on any.

    Source: Fischler and Bolles 1981, with a least-squares fit repeated on its own inliers.
    """
    xyz = np.asarray(points, np.float64).reshape(-1, 3)
    if len(xyz) < 3:
        return None
    middle = np.median(xyz, axis=0)  # keeps the sums of squares small, far from the origin too
    local = xyz - middle
    own = None if normals is None else np.asarray(normals, np.float64)
    axis = None if along is None else np.asarray(along, np.float64) / np.linalg.norm(along)
    trial = _best_trial(local, tolerance, rng, own, axis, float(np.cos(within_rad)))
    if trial is None:
        return None
    normal, offset = trial
    on = _on(local, normal, offset, tolerance, own)
    for _ in range(_REFITS):
        if on.sum() < 3:
            return None
        normal, offset = _least_squares(local[on], normal)
        on = _on(local, normal, offset, tolerance, own)
    if on.sum() < 3:
        return None
    if own is not None:
        side = float((own[on] @ normal).sum())
    else:
        side = 1.0 if axis is None else float(axis @ normal)
    if side < 0:
        normal, offset = -normal, -offset
    away = local[on] @ normal - offset
    sigma = _MAD_TO_SIGMA * float(np.median(np.abs(away - np.median(away))))
    return PlaneFit(normal, float(offset + normal @ middle), on, sigma)


def _best_trial(
    local: NDArray[np.float64],
    tolerance: float,
    rng: np.random.Generator,
    own: NDArray[np.float64] | None,
    axis: NDArray[np.float64] | None,
    cos_within: float,
) -> tuple[NDArray[np.float64], float] | None:
    a, b, c = local[rng.integers(len(local), size=(3, _TRIALS))]
    normals = np.cross(b - a, c - a)
    length = np.linalg.norm(normals, axis=1)
    usable = length > 0
    normals[usable] /= length[usable, None]
    if axis is not None:
        usable &= np.abs(normals @ axis) >= cos_within
    if not usable.any():
        return None
    normals, offsets = normals[usable], (normals * a).sum(axis=1)[usable]
    judges = rng.integers(len(local), size=_JUDGES)
    on = np.abs(local[judges] @ normals.T - offsets) <= tolerance
    if own is not None:
        on &= np.abs(own[judges] @ normals.T) >= _AGREE
    best = int(on.sum(axis=0).argmax())
    return normals[best], float(offsets[best])


def _on(
    local: NDArray[np.float64],
    normal: NDArray[np.float64],
    offset: float,
    tolerance: float,
    own: NDArray[np.float64] | None,
) -> NDArray[np.bool_]:
    on: NDArray[np.bool_] = np.abs(local @ normal - offset) <= tolerance
    return on if own is None else on & (np.abs(own @ normal) >= _AGREE)


def _least_squares(
    points: NDArray[np.float64], like: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Normal and offset of the best plane of `(N, 3)` points, on the side of `like`."""
    mean = points.mean(axis=0)
    scatter = (points - mean).T @ (points - mean)
    normal = np.linalg.eigh(scatter)[1][:, 0]
    normal = normal if normal @ like >= 0 else -normal
    return normal, float(normal @ mean)
