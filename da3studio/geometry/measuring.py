"""What a click on a noisy cloud means, and lengths, areas and heights with their uncertainty.

A measured value v(p1, ..., pn) has the standard uncertainty

    sigma_v² = Σ |g_i|² sigma_i²  +  (v · power · sigma_scale / scale)²,    g_i = ∂v / ∂p_i

where sigma_i is point i's own uncertainty along g_i, the one direction in which it changes the
value. For a distance that is both ends along the line between them. `power` is 1 for lengths and 2
for areas; the second term is that of the scale and is absent where the scale is not known. The
errors of two points are taken as independent: what all cameras have in common (a bent
reconstruction) is not in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_FEW = 6  # points that a plane with a residual needs
_TRIPLES = 60
_SEED = 0
_FAR = 2.5  # [standard deviations] a point farther off the plane is of something else
_NORMAL = 1.4826  # standard deviation / median absolute deviation of normal noise
_STEEPEST = 10.0  # depth per step sideways: beyond, the surface is seen edge-on
_POINTING_PX = 0.5  # standard deviation of where a person clicks, in each direction


@dataclass(frozen=True, eq=False)
class SurfacePoint:
    """Where a ray meets a measured surface."""

    xyz: Array  # (3,) [world units]
    covariance: Array  # (3, 3) of xyz [world units²]
    normal: Array  # (3,) unit, towards the eye
    n_points: int  # that it was taken from

    def sigma_along(self, direction: ArrayLike) -> float:
        """Standard uncertainty along a direction of any length but 0 [world units]."""
        g = np.asarray(direction, np.float64)
        length = float(np.linalg.norm(g))
        if length == 0:  # moving it changes nothing: any honest size will do
            return math.sqrt(max(0.0, float(np.trace(self.covariance)) / 3))
        return math.sqrt(max(0.0, float(g @ self.covariance @ g))) / length


@dataclass(frozen=True, eq=False)
class Measured:
    """A value with the derivative that its uncertainty follows from."""

    value: float  # [world units], of an area [world units²]
    gradient: Array  # (P, 3) of the value by each point
    power: int = 1  # of the length unit
    off_plane: float = 0.0  # of an area: how far its worst corner lies off the plane [world units]

    def sigma(self, sigmas: Sequence[float], relative_scale_error: float = 0.0) -> float:
        """Standard uncertainty of the value, see the module.

        Args:
            sigmas: one per point, along its gradient [world units].
            relative_scale_error: sigma_scale / scale.
        """
        steps = np.linalg.norm(self.gradient, axis=1) * np.asarray(sigmas, np.float64)
        return math.hypot(
            float(np.linalg.norm(steps)), self.value * self.power * relative_scale_error
        )


def surface_under(
    points: ArrayLike, origin: ArrayLike, direction: ArrayLike, px_size: float
) -> SurfacePoint:
    """Where a ray meets the plane through the points around it: better than any one of them.

    The plane gives the depth along the ray for every place across it, as errors of
    reconstructions are mostly along the gaze. It is the one of least median error, refined by least
    squares over what belongs to it. The covariance has the plane's standard error at the ray, and
    half a pixel of unsteady pointing, which slides along the plane.

    Args:
        points: `(K, 3)` seen within a few pixels of the ray and of one depth [world units], K >= 1.
        origin: `(3,)` of the ray.
        direction: `(3,)` unit.
        px_size: what a pixel covers at that depth [world units].
    """
    along, eye = np.asarray(direction, np.float64), np.asarray(origin, np.float64)
    across = _across(along)  # (2, 3)
    local = np.asarray(points, np.float64) - eye
    sideways, depths = local @ across.T, local @ along
    found = _depth_plane(sideways, depths) if len(depths) >= _FEW else None
    if found is None or np.linalg.norm(found.slope) > _STEEPEST:
        depth, variance, n_points = _usual_depth(depths, px_size)
        slope = np.zeros(2)
    else:
        depth, variance, n_points = found.depth, found.variance, found.n_points
        slope = found.slope
    normal = slope @ across - along
    slide = across + slope[:, None] * along  # (2, 3) where the hit goes per step of the pointer
    covariance = variance * np.outer(along, along) + (_POINTING_PX * px_size) ** 2 * slide.T @ slide
    return SurfacePoint(
        eye + depth * along, covariance, normal / np.linalg.norm(normal), n_points
    )  # fmt: skip


def distance(points: ArrayLike) -> Measured:
    """Length of the line through all points `(P, 3)`, P >= 2."""
    line = np.asarray(points, np.float64)
    gradient = np.zeros_like(line)
    total = 0.0
    for i, (a, b) in enumerate(pairwise(line)):
        length = float(np.linalg.norm(b - a))
        total += length
        if length > 0:
            gradient[i] -= (b - a) / length
            gradient[i + 1] += (b - a) / length
    return Measured(total, gradient)


def height(points: ArrayLike, up: ArrayLike, floor: ArrayLike | None = None) -> Measured:
    """How much higher one of two points lies, or one point above the floor.

    Args:
        points: `(2, 3)`, or `(1, 3)` with a floor.
        up: `(3,)` unit.
        floor: `(3,)` any point of the floor, taken as exact.

    Raises:
        ValueError: one point without a floor.
    """
    ends, upward = np.asarray(points, np.float64), np.asarray(up, np.float64)
    if len(ends) >= 2:
        rise = float((ends[1] - ends[0]) @ upward)
        sign = math.copysign(1.0, rise)
        return Measured(abs(rise), sign * np.stack([-upward, upward]))
    if floor is None:
        raise ValueError("the height of one point needs a floor")
    rise = float((ends[0] - np.asarray(floor, np.float64)) @ upward)
    return Measured(rise, upward[None])


def area(points: ArrayLike) -> Measured:
    """Area of a polygon `(P, 3)`, P >= 3, on its best plane.

    Source: the vector area ½ Σ p_i × p_(i+1); its direction is the plane in which the polygon is
    largest.
    """
    corners = np.asarray(points, np.float64)
    centred = corners - corners.mean(axis=0)
    following, previous = np.roll(centred, -1, axis=0), np.roll(centred, 1, axis=0)
    vector = np.cross(centred, following).sum(axis=0) / 2
    size = float(np.linalg.norm(vector))
    if size == 0:
        return Measured(0.0, np.zeros_like(corners), power=2)
    normal = vector / size
    gradient = np.cross(following - previous, normal) / 2
    return Measured(size, gradient, power=2, off_plane=float(np.abs(centred @ normal).max()))


def extents(corners: ArrayLike) -> tuple[float, float, float]:
    """The edges of a box [world units], of a corner and its three neighbours `(4, 3)`."""
    box = np.asarray(corners, np.float64)
    a, b, c = (float(edge) for edge in np.linalg.norm(box[1:] - box[0], axis=1))
    return a, b, c


def relative_scale_error(units: Sequence[float], metres: Sequence[float]) -> float:
    """Standard error of the scale that least squares take from known lengths, over the scale.

    Args:
        units: the lengths in the reconstruction [world units].
        metres: the same on the real thing [m].

    Returns:
        0 for fewer than two lengths: nothing contradicts a single one.
    """
    have, want = np.asarray(units, np.float64), np.asarray(metres, np.float64)
    if len(have) < 2:
        return 0.0
    scale = float(have @ want / (have @ have))
    residuals = scale * have - want
    return math.sqrt(float(residuals @ residuals) / (len(have) - 1) / float(have @ have)) / scale


@dataclass(frozen=True, eq=False)
class _DepthPlane:
    depth: float  # at the ray
    slope: Array  # (2,) depth per step sideways
    variance: float  # of the depth at the ray
    n_points: int


def _depth_plane(sideways: Array, depths: Array) -> _DepthPlane | None:
    """`depth + slope @ sideways` of what most of the points lie on; `None` if on one line."""
    design = np.column_stack([np.ones(len(depths)), sideways])  # (K, 3)
    triples = np.random.default_rng(_SEED).integers(len(depths), size=(_TRIPLES, 3))
    systems = design[triples]  # (T, 3, 3)
    reach = float(np.ptp(sideways, axis=0).max())
    usable = np.abs(np.linalg.det(systems)) > 1e-6 * reach**2
    if not usable.any():
        return None
    planes = np.linalg.solve(systems[usable], depths[triples[usable]][..., None])[..., 0]
    off = np.abs(depths[:, None] - design @ planes.T)  # (K, T)
    medians = np.median(off, axis=0)
    best = int(np.argmin(medians))
    sigma = _NORMAL * (1 + 5 / max(len(depths) - 3, 1)) * float(medians[best])
    plane, covariance, n_points = planes[best], np.zeros((3, 3)), 0
    for _ in range(3):
        belong = np.abs(depths - design @ plane) <= max(_FAR * sigma, 1e-9 * reach)
        rows, n_points = design[belong], int(belong.sum())
        information = rows.T @ rows
        if n_points < _FEW or np.linalg.cond(information) > 1e14:
            return None
        plane = np.linalg.solve(information, rows.T @ depths[belong])
        residuals = depths[belong] - rows @ plane
        sigma = math.sqrt(float(residuals @ residuals) / (n_points - 3))
        covariance = sigma**2 * np.linalg.inv(information)
    return _DepthPlane(float(plane[0]), plane[1:], float(covariance[0, 0]), n_points)


def _usual_depth(depths: Array, px_size: float) -> tuple[float, float, int]:
    """Of few points or a surface seen edge-on: the mean depth, its variance and of how many."""
    middle = float(np.median(depths))
    usual = _NORMAL * float(np.median(np.abs(depths - middle)))
    near = depths[np.abs(depths - middle) <= max(_FAR * usual, px_size)]
    n = len(near)
    variance = float(np.var(near, ddof=1)) / n if n > 1 else 0.0
    if n < _FEW:  # so few differ little by chance
        variance = max(variance, px_size**2)
    return float(near.mean()), variance, n


def _across(along: Array) -> Array:
    """`(2, 3)` unit directions across a ray."""
    aside = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    aside /= np.linalg.norm(aside)
    return np.stack([aside, np.cross(along, aside)])
