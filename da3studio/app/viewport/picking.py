"""What is under the pointer, exactly: among the points themselves, not among drawn pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.app.viewport.screen import Screen

HOVER_ROWS = 300_000
"""As many first rows of a cloud answer within a frame; rows are in random order."""

_BLOCK = 1 << 17  # rows at a time: the working memory stays in the processor's cache
_SURFACE_PX = 4.0  # depths within this many radii of the front-most one are the same surface


@dataclass(frozen=True)
class Pick:
    """A point of the cloud."""

    row: int
    point: tuple[float, float, float]  # [world units]
    depth: float  # [world units]
    px: float  # from the pointer [logical px]


def pick_point(
    screen: Screen,
    xyz: NDArray[np.float32],
    x: float,
    y: float,
    radius_px: float = 8.0,
    shown: NDArray[np.bool_] | None = None,
) -> Pick | None:
    """The point that someone means who points at a pixel.

    Of all points within the radius those on the front-most surface count, and of these the one
    nearest to the pixel. A surface seen between the points of another one in front is not taken.

    Args:
        screen: the view.
        xyz: `(N, 3)` [world units]; a first part of the rows for hovering, see `HOVER_ROWS`.
        x: [logical px].
        y: [logical px].
        radius_px: [logical px].
        shown: `(N,)` or longer, False = cannot be picked.
    """
    rows, px, depth = _around(screen, xyz, x, y, radius_px)
    if shown is not None:
        seen = shown[rows]
        rows, px, depth = rows[seen], px[seen], depth[seen]
    if not len(rows):
        return None
    front = float(depth.min())
    nearest = screen.at_depth(x, y, front)
    same_surface = front + _SURFACE_PX * radius_px * screen.units_per_px(nearest)
    best = int(np.argmin(np.where(depth <= same_surface, px, np.inf)))
    a, b, c = map(float, xyz[rows[best]])
    return Pick(int(rows[best]), (a, b, c), float(depth[best]), float(px[best]))


def points_around(
    screen: Screen,
    xyz: NDArray[np.float32],
    x: float,
    y: float,
    radius_px: float,
    shown: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """`(M,)` rows of all points within a radius about a pixel, at any depth before the eye.

    The arguments are those of `pick_point`.
    """
    rows, _, _ = _around(screen, xyz, x, y, radius_px)
    return rows if shown is None else rows[shown[rows]]


def pick_outline(
    screen: Screen,
    outlines: NDArray[np.floating],
    x: float,
    y: float,
    within_px: float = 6.0,
) -> int | None:
    """The drawn camera that a pixel lies on or near: the smallest, then the front-most.

    Args:
        screen: the view.
        outlines: `(M, 5, 3)` apex, then the four corners of the picture in turn [world units].
        x: [logical px].
        y: [logical px].
        within_px: how far from an edge still counts [logical px].

    Returns:
        Index of the camera; `None` where none is.
    """
    if not len(outlines):
        return None
    seen = screen.project(outlines.reshape(-1, 3)).reshape(-1, 5, 3)
    places, depths = seen[..., :2] - (x, y), seen[..., 2].min(axis=1)
    apex, corners = places[:, :1], places[:, 1:]
    turned = np.roll(corners, -1, axis=1)
    starts = np.concatenate([corners, np.broadcast_to(apex, corners.shape)], axis=1)
    ends = np.concatenate([turned, corners], axis=1)
    near = _distance_to_segments(starts, ends).min(axis=1)
    inside = _is_inside(corners, turned)
    size = np.abs(_cross(corners, turned).sum(axis=1)) / 2
    hit = (inside | (near <= within_px)) & np.isfinite(places).all(axis=(1, 2))
    if not hit.any():
        return None
    candidates = np.flatnonzero(hit)
    # On its edge beats inside of it, as a large picture in front must not swallow those behind.
    order = np.lexsort((depths[candidates], size[candidates], near[candidates] > within_px))
    return int(candidates[order[0]])


def _around(
    screen: Screen, xyz: NDArray[np.float32], x: float, y: float, radius_px: float
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Rows within the radius, their distance [px] and depth [world units]."""
    found = list(_blocks(screen, xyz, x, y, radius_px))
    if not found:
        nothing = np.zeros(0, np.float32)
        return np.zeros(0, np.int64), nothing, nothing
    rows, px, depth = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, px, depth


def _blocks(
    screen: Screen, xyz: NDArray[np.float32], x: float, y: float, radius_px: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]]:
    """`_around` of one block after the other, without those where nothing is.

    With a the offset from the pixel in x before the division by w, a point is too far aside if
    `|a| >= r * w`: nearly all points are dropped by two products and no division.
    """
    if not len(xyz):
        return
    matrix = screen.matrix()
    rows = np.stack([matrix[0] - x * matrix[2], matrix[1] - y * matrix[2], matrix[2]])
    depth_row = np.append(screen.cam_from_world.rotation[2], screen.cam_from_world.translation[2])
    origin = xyz[0].astype(np.float64)
    linear = rows[:, :3].astype(np.float32)
    offset = (rows[:, :3] @ origin + rows[:, 3]).astype(np.float32)
    radius = np.float32(radius_px)
    for start in range(0, len(xyz), _BLOCK):
        local = xyz[start : start + _BLOCK] - origin.astype(np.float32)
        a, w = local @ linear[0], local @ linear[2]
        a += offset[0]
        w += offset[2]
        near = np.flatnonzero(np.abs(a) < radius * w)  # which also wants w > 0
        if not len(near):
            continue
        a, w = a[near], w[near]
        px = np.hypot(a, local[near] @ linear[1] + offset[1]) / w
        near, px = near[px <= radius], px[px <= radius]
        depth = local[near] @ depth_row[:3] + (depth_row[:3] @ origin + depth_row[3])
        inside = (depth >= screen.near) & (depth <= screen.far)
        yield near[inside] + start, px[inside], depth[inside].astype(np.float32)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _distance_to_segments(
    starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`(...)` from the origin to segments `(..., 2)`."""
    along = ends - starts
    length2 = np.maximum((along**2).sum(axis=-1), 1e-12)
    t = np.clip(-(starts * along).sum(axis=-1) / length2, 0, 1)
    nearest: NDArray[np.float64] = np.linalg.norm(starts + t[..., None] * along, axis=-1)
    return nearest


def _is_inside(corners: NDArray[np.float64], turned: NDArray[np.float64]) -> NDArray[np.bool_]:
    """`(M,)` whether the origin is in the convex polygon of each row."""
    side = _cross(corners, turned)
    inside: NDArray[np.bool_] = np.logical_or(np.all(side > 0, axis=1), np.all(side < 0, axis=1))
    return inside
