"""Builders of patches: rectangles, boxes, turned shapes, tubes, folded cloth. y points down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.rigid import Rigid3
from da3studio.sample.patch import Patch

Albedo = NDArray[np.uint16]

UPRIGHT_SIDES = ("front", "back", "left", "right")
# For each side of a box seen from outside: its top-left corner, in half edges from the middle of
# the base (y from -1 = top to 0 = base), and where the texture's right and down lead.
_SIDES = {
    "front": ((-1, -1, -1), (1, 0, 0), (0, 1, 0)),
    "back": ((1, -1, 1), (-1, 0, 0), (0, 1, 0)),
    "left": ((-1, -1, 1), (0, 0, -1), (0, 1, 0)),
    "right": ((1, -1, -1), (0, 0, 1), (0, 1, 0)),
    "top": ((-1, -1, 1), (1, 0, 0), (0, 0, -1)),
    "bottom": ((-1, 0, -1), (1, 0, 0), (0, 0, 1)),
}


def placed(x: float, y: float, z: float, yaw_deg: float = 0.0) -> Rigid3:
    """`world_from_object` of an object turned about the vertical, its base at (x, y, z) [m]."""
    a = np.radians(yaw_deg)
    rotation = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    return Rigid3(rotation, np.array([x, y, z]))


def rectangle(
    name: str,
    top_left: ArrayLike,
    right: ArrayLike,
    down: ArrayLike,
    albedo: Albedo,
    light_cell: float = 0.02,
) -> Patch:
    """A flat patch from its top-left corner and two edges [m], as seen from outside."""
    corner, right, down = (np.asarray(a, np.float64) for a in (top_left, right, down))
    points = np.array([[corner, corner + right], [corner + down, corner + right + down]])
    ends = np.array([0.0, 1.0])
    return Patch(name, points, ends, ends, albedo, light_cell)


def box(
    name: str,
    size: tuple[float, float, float],
    world_from_box: Rigid3,
    paint: Mapping[str, Albedo],
    light_cell: float = 0.02,
) -> tuple[Patch, ...]:
    """A box that stands on its base.

    Args:
        name: of the object; the sides are called `name/front` and so on.
        size: along x, y, z [m].
        world_from_box: the middle of the base is the origin.
        paint: side → texture; sides that are not named, say that it stands on, are left out.
        light_cell: see `Patch`.
    """
    half = np.array([size[0] / 2, size[1], size[2] / 2])
    patches = []
    for side, (corner, right, down) in _SIDES.items():
        if side in paint:
            flat = rectangle(
                f"{name}/{side}",
                np.array(corner) * half,
                np.array(right) * size,
                np.array(down) * size,
                paint[side],
                light_cell,
            )
            patches.append(flat.moved(world_from_box))
    return tuple(patches)


def smooth_curve(knots: ArrayLike, n: int) -> NDArray[np.float64]:
    """`(n, D)` points evenly spaced along a Catmull-Rom curve through `(K, D)` knots."""
    knots = np.asarray(knots, np.float64)
    padded = np.concatenate([[2 * knots[0] - knots[1]], knots, [2 * knots[-1] - knots[-2]]])
    t = np.linspace(0, 1, 64, endpoint=False)[:, None]
    pieces = [
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    dense = np.concatenate([*pieces, knots[-1:]])
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    even = np.linspace(0, way[-1], n)
    return np.stack([np.interp(even, way, column) for column in dense.T], axis=-1)


def lathe(
    name: str,
    profile: NDArray[np.float64],
    albedo: Albedo,
    *,
    n_around: int = 128,
    light_cell: float = 0.006,
    carve: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]] | None = None,
) -> Patch:
    """A surface of revolution about the vertical, its seam at the back (+z).

    Args:
        name: of the patch.
        profile: `(P, 2)` radius and height above the base [m], in the order of the texture's v;
            downwards on an outer wall, upwards on an inner wall.
        albedo: u once around, v along the profile.
        n_around: facets around.
        light_cell: see `Patch`.
        carve: (angle [rad], v) → factor on the radius.
    """
    angle = np.linspace(-np.pi, np.pi, n_around + 1)
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    v = way / way[-1]
    radius = np.repeat(profile[:, :1], len(angle), axis=1)
    if carve is not None:
        radius = radius * carve(angle[None, :], v[:, None])
    points = np.stack(
        [
            radius * np.sin(angle),
            np.repeat(-profile[:, 1:], len(angle), axis=1),
            -radius * np.cos(angle),
        ],
        axis=-1,
    )
    points[:, -1] = points[:, 0]
    return Patch(name, points, (angle + np.pi) / (2 * np.pi), v, albedo, light_cell, closed=True)


def sphere(name: str, radius: float, albedo: Albedo, n_around: int = 96) -> Patch:
    """A ball that lies on its base."""
    polar = np.linspace(0, np.pi, n_around // 2 + 1)
    profile = radius * np.stack([np.sin(polar), 1 + np.cos(polar)], axis=-1)
    profile[[0, -1], 0] = 0.0
    return lathe(name, profile, albedo, n_around=n_around)


def tube(
    name: str,
    path: NDArray[np.float64],
    radii: tuple[float, float],
    side: ArrayLike,
    albedo: Albedo,
) -> Patch:
    """A bent rod of elliptic section, open at its ends.

    Args:
        name: of the patch.
        path: `(P, 3)` its axis [m], in one plane.
        radii: across the plane and in the plane [m].
        side: `(3,)` unit normal of that plane.
        albedo: u around, v along the path.
    """
    side = np.asarray(side, np.float64)
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    in_plane = np.cross(side, tangent)
    angle = np.linspace(0, 2 * np.pi, 33)[None, :, None]
    points = path[:, None] + (
        radii[0] * np.cos(angle) * side + radii[1] * np.sin(angle) * in_plane[:, None]
    )
    points[:, -1] = points[:, 0]
    u, v = np.linspace(0, 1, points.shape[1]), np.linspace(0, 1, len(path))
    return Patch(name, points, u, v, albedo, 0.006, closed=True)


def sheet(
    name: str, section: NDArray[np.float64], down: ArrayLike, albedo: Albedo, light_cell: float
) -> Patch:
    """A cloth without thickness: a smooth section `(P, 3)`, left to right, drawn along `down`."""
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(section, axis=0), axis=1))])
    points = np.stack([section, section + np.asarray(down, np.float64)])
    return Patch(name, points, way / way[-1], np.array([0.0, 1.0]), albedo, light_cell)
