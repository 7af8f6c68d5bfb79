"""Which way is up and where the floor is: from how cameras were held, then from what they saw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.camera import Camera
from da3studio.geometry.plane import fit_plane
from da3studio.geometry.upright import down_direction

Array = NDArray[np.float64]

_MOST_POINTS = 20_000  # enough for hundredths of a degree
_LEANING_RAD = math.radians(30)  # people hold cameras no worse than this, on the whole
_THICK = 0.006  # of the scene's reach: how far points of a rough floor lie off it
_LEAST_SHARE = 0.04  # of the points; a plane with fewer is not a floor anyone would name
_ABOVE = 0.8  # share of the cameras above a floor
_ROUNDS = 6
_FAR, _NORMAL = 2.5, 1.4826


@dataclass(frozen=True, eq=False)
class Plane:
    """The points x with `normal @ x = offset`."""

    normal: Array  # (3,) unit
    offset: float  # [world units]
    share: float  # of the points given that lie on it, 0...1

    def height_of(self, points: ArrayLike) -> Array:
        """`(...)` how far points `(..., 3)` lie above it [world units]."""
        height: Array = np.asarray(points, np.float64) @ self.normal - self.offset
        return height

    def foot_of(self, point: ArrayLike) -> Array:
        """`(3,)` the nearest point on it."""
        place = np.asarray(point, np.float64)
        return place - self.normal * float(self.height_of(place))


@dataclass(frozen=True, eq=False)
class Upright:
    """An answer to "which way is up?"."""

    up: Array  # (3,) unit
    floor: Plane | None  # that it was refined by; its normal is `up`
    confidence: float  # 0...1: 0 = nothing but how the cameras were held


def find_up(cameras: Sequence[Camera], points: ArrayLike, seed: int = 0) -> Upright:
    """Up from the cameras, refined by the largest plane below them that is nearly level.

    Args:
        cameras: of the capture, at least one.
        points: `(N, 3)` on the surfaces seen, in any order.
        seed: of the choice of points and trials.
    """
    up = -down_direction(cameras)
    centres = np.array([camera.centre for camera in cameras])
    rng = np.random.default_rng(seed)
    sample = _sample(points, rng)
    floor = _level_plane(sample, up, centres, rng) if len(sample) >= 50 else None
    if floor is None:
        return Upright(up, None, 0.0)
    # A quarter of all points on one plane is as clear as it gets; leaning cameras take from that.
    leaning = math.acos(min(1.0, float(floor.normal @ up)))
    agreement = max(0.0, 1 - leaning / _LEANING_RAD)
    confidence = min(1.0, floor.share / 0.25) * (0.5 + 0.5 * agreement)
    return Upright(floor.normal, floor, confidence)


def plane_around(points: ArrayLike, place: ArrayLike, towards: ArrayLike, seed: int = 0) -> Plane:
    """The plane that the points around a place lie on, followed as far as it goes.

    Args:
        points: `(N, 3)`, the nearest of which are the ones meant.
        place: `(3,)` on the plane, such as a click.
        towards: `(3,)` a point on the side its normal shall point to.
        seed: of the choice of points.

    Raises:
        ValueError: the points do not span a plane.
    """
    rng = np.random.default_rng(seed)
    sample, centre = _sample(points, rng), np.asarray(place, np.float64)
    away = np.linalg.norm(sample - centre, axis=1)
    order = np.argsort(away)
    plane = None
    reach = _reach(sample)
    # From what is close outwards, so that the first tilt is of this surface and no other.
    for n in (60, 250, 1000, 4000):
        near = sample[order[: min(n, len(order))]]
        if plane is not None:
            near = near[np.abs(plane.height_of(near)) <= _THICK * reach]
        if len(near) >= 3:
            plane = _refined(near, _fit(near), len(near), _THICK * reach)
    if plane is None:
        raise ValueError("fewer than three points lie around the place")
    return facing(_refined(sample, plane, len(sample), _THICK * reach), towards)


def plane_through(points: ArrayLike, towards: ArrayLike) -> Plane:
    """The plane through three points, or the least-squares plane of more.

    Args:
        points: `(N, 3)`, N >= 3.
        towards: `(3,)` a point on the side its normal shall point to.

    Raises:
        ValueError: they lie on one line.
    """
    return facing(_fit(np.asarray(points, np.float64)), towards)


def facing(plane: Plane, towards: ArrayLike) -> Plane:
    """The same plane with its normal to the side of a point `(3,)`."""
    if float(plane.height_of(towards)) >= 0:
        return plane
    return Plane(-plane.normal, -plane.offset, plane.share)


def _level_plane(
    points: Array, up: Array, centres: Array, rng: np.random.Generator
) -> Plane | None:
    thick = _THICK * _reach(points)
    # A ceiling is as flat as a floor, but not below the cameras.
    low = points[points @ up < np.median(centres @ up)]
    found = fit_plane(low, 2 * thick, rng, along=up, within_rad=_LEANING_RAD)
    if found is None:
        return None
    plane = Plane(found.normal, found.offset, found.share)
    plane = _refined(points, plane, len(points), 2 * thick)
    above = float((plane.height_of(centres) > 0).mean())
    return plane if plane.share >= _LEAST_SHARE and above >= _ABOVE else None


def _refined(points: Array, plane: Plane, n_all: int, thick: float) -> Plane:
    """Least squares over what lies on it, narrowing to the noise that is there."""
    for _ in range(_ROUNDS):
        off = plane.height_of(points)
        near = np.abs(off) <= thick
        if near.sum() < 3:
            break
        middle = float(np.median(off[near]))
        sigma = _NORMAL * float(np.median(np.abs(off[near] - middle)))
        thick = min(thick, max(_FAR * sigma, 1e-3 * thick))
        belong = np.abs(off - middle) <= thick
        if belong.sum() < 3:
            break
        fit = _fit(points[belong])
        sign = 1.0 if fit.normal @ plane.normal >= 0 else -1.0
        plane = Plane(sign * fit.normal, sign * fit.offset, float(belong.sum()) / n_all)
    return plane


def _fit(points: Array) -> Plane:
    centre = points.mean(axis=0)
    _, singular, axes = np.linalg.svd(points - centre, full_matrices=False)
    if len(singular) < 2 or singular[1] <= 1e-9 * max(singular[0], 1e-300):
        raise ValueError("the points lie on one line")
    normal = axes[2] if len(axes) > 2 else np.cross(axes[0], axes[1])
    return Plane(normal, float(normal @ centre), 1.0)


def _sample(points: ArrayLike, rng: np.random.Generator) -> Array:
    rows = np.asarray(points)
    if len(rows) > _MOST_POINTS:
        rows = rows[rng.integers(len(rows), size=_MOST_POINTS)]
    rows = rows.astype(np.float64)
    finite: Array = rows[np.isfinite(rows).all(axis=1)]
    return finite


def _reach(points: Array) -> float:
    """How far the scene goes from its middle, without the farthest twentieth."""
    away = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    return float(np.percentile(away, 95))
