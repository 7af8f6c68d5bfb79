"""A walk through two rooms and back, exactly known.

Everything is analytic: rooms of flat walls and boxes, depth by one ray per pixel, cameras on a
smooth closed path.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.camera import Camera, Intrinsics, rays, unproject
from da3studio.geometry.rigid import Rigid3
from da3studio.scene.view import ViewId

Array = NDArray[np.float64]

_HEIGHT_M = 2.6
_DOOR = ((1.5, 0.0), (2.5, 2.1))  # y, z from and to, in the wall x = 5
_BOXES = (  # centre, half size [m]: tables, cupboards, a sofa
    ((2.5, 2.0, 0.37), (0.6, 0.35, 0.37)),
    ((0.3, 3.4, 0.9), (0.3, 0.5, 0.9)),
    ((2.4, 0.2, 0.45), (0.7, 0.2, 0.45)),
    ((4.5, 3.7, 0.6), (0.45, 0.3, 0.6)),
    ((8.0, 2.2, 0.35), (0.9, 0.5, 0.35)),
    ((7.5, 4.6, 0.4), (1.1, 0.4, 0.4)),
    ((10.6, -0.4, 1.0), (0.4, 0.6, 1.0)),
    ((10.8, 3.0, 0.5), (0.2, 0.9, 0.5)),
    ((5.4, -0.6, 0.8), (0.4, 0.4, 0.8)),
)
_WAYPOINTS_M = (
    (0.9, 1.0), (2.4, 0.8), (3.9, 1.0), (4.3, 2.0), (5.7, 2.0), (6.3, 0.9), (7.8, 0.2),
    (9.6, 0.6), (9.9, 2.2), (9.3, 3.6), (7.6, 3.5), (6.2, 3.1), (5.7, 2.0), (4.3, 2.0),
    (3.8, 3.1), (2.4, 3.2), (1.0, 2.8),
)  # fmt: skip
_CORNER = 60  # [cm] over which a corner is rounded
_EYE_M = 1.5
_AGAIN = 0.08  # of the round: how far the walk goes on after coming back
_FIELD_OF_VIEW = np.radians(75.0)
_CELL_M = 0.5  # of what a descriptor tells apart
_CELLS = (23, 13, 6)
_CORNER_M = np.array([0.0, -1.0, 0.0])  # of the cells


@dataclass(frozen=True, eq=False)
class Rooms:
    """Axis-aligned rectangles that do not let light through."""

    axis: NDArray[np.intp]  # (R,) which coordinate is constant
    level: Array  # (R,) its value [m]
    low: Array  # (R, 2) of the two other coordinates [m]
    high: Array  # (R, 2)

    def seen(self, camera: Camera) -> tuple[Array, NDArray[np.intp]]:
        """`(H, W)` exact depth [m] and the rectangle that each pixel shows."""
        world_from_cam = camera.cam_from_world.inverse()
        headings = rays(camera).reshape(-1, 3) @ world_from_cam.rotation.T
        origin = world_from_cam.translation
        nearest = np.full(len(headings), np.inf)
        which = np.zeros(len(headings), np.intp)
        for axis in range(3):
            mine = np.flatnonzero(self.axis == axis)
            others = [k for k in range(3) if k != axis]
            t = (self.level[mine] - origin[axis]) / headings[:, axis, None]
            hit = t > 0
            for side, k in enumerate(others):
                on = origin[k] + t * headings[:, k, None]
                hit &= (on >= self.low[mine, side]) & (on <= self.high[mine, side])
            t = np.where(hit, t, np.inf)
            best = t.argmin(axis=1)
            t = t[np.arange(len(t)), best]
            which = np.where(t < nearest, mine[best], which)
            nearest = np.minimum(t, nearest)
        size = (camera.intrinsics.height, camera.intrinsics.width)
        return nearest.reshape(size), which.reshape(size)  # headings have z = 1: t is the depth


def two_rooms() -> Rooms:
    """Two rooms of 5 x 4 m and 6 x 6 m with a door between them, and furniture."""
    top, (door_low, door_high) = _HEIGHT_M, _DOOR
    walls: list[tuple[int, float, ArrayLike, ArrayLike]] = [
        (0, 0.0, (0, 0), (4, top)), (1, 0.0, (0, 0), (5, top)), (1, 4.0, (0, 0), (5, top)),
        (0, 11.0, (-1, 0), (5, top)), (1, -1.0, (5, 0), (11, top)), (1, 5.0, (5, 0), (11, top)),
        (0, 5.0, (-1, 0), (door_low[0], top)), (0, 5.0, (door_high[0], 0), (5, top)),
        (0, 5.0, (door_low[0], door_high[1]), (door_high[0], top)),
        (2, 0.0, (0, -1), (11, 5)), (2, top, (0, -1), (11, 5)),
    ]  # fmt: skip
    for centre, half in _BOXES:
        for axis in range(3):
            others = [k for k in range(3) if k != axis]
            low, high = ([centre[k] + side * half[k] for k in others] for side in (-1, 1))
            walls += [(axis, centre[axis] + side * half[axis], low, high) for side in (-1, 1)]
    axes, levels, lows, highs = (np.array(part) for part in zip(*walls, strict=True))
    return Rooms(axes, levels, lows, highs)


@dataclass(frozen=True, eq=False)
class Walk:
    """The true walk: cameras in metres, and everything they see."""

    n_views: int = 300
    size: tuple[int, int] = (126, 98)  # [px]
    seed: int = 0

    @cached_property
    def view_ids(self) -> tuple[ViewId, ...]:
        return tuple(ViewId(f"walk_{i:04d}") for i in range(self.n_views))

    @cached_property
    def cameras(self) -> tuple[Camera, ...]:
        path = _round()
        position = np.linspace(0, (1 + _AGAIN) * len(path), self.n_views)
        lens = _lens(*self.size)
        rng = np.random.default_rng(self.seed)
        sway = np.radians(12) * np.sin(position * (2 * np.pi * 9 / len(path)))
        return tuple(
            _walking(path, at, turn, lens, rng.normal(0, 0.01, 3))
            for at, turn in zip(position, sway, strict=True)
        )

    @cached_property
    def length_m(self) -> float:
        centres = np.array([camera.centre for camera in self.cameras])
        return float(np.linalg.norm(np.diff(centres, axis=0), axis=1).sum())

    @cached_property
    def seen(self) -> tuple[tuple[NDArray[np.float32], NDArray[np.uint8]], ...]:
        """Of each view, `(H, W)` exact depth [m] and which flat surface a pixel shows."""
        rooms = two_rooms()
        both = (rooms.seen(camera) for camera in self.cameras)
        return tuple((depth.astype(np.float32), which.astype(np.uint8)) for depth, which in both)

    @cached_property
    def surfaces(self) -> NDArray[np.float32]:
        """`(n_views, C)` how much of each cell of space a view shows; rows of unit length."""
        shown = np.zeros((self.n_views, int(np.prod(_CELLS))), np.float32)
        for i, camera in enumerate(self.cameras):
            points = unproject(self.seen[i][0], camera)[::3, ::3].reshape(-1, 3)
            cells = np.floor((points - _CORNER_M) / _CELL_M).astype(np.intp)
            flat = np.ravel_multi_index(tuple(cells.T), _CELLS, mode="clip")
            shown[i] = np.sqrt(np.bincount(flat, minlength=shown.shape[1]))
        unit: NDArray[np.float32] = shown / np.linalg.norm(shown, axis=1, keepdims=True)
        return unit


def _round() -> Array:
    """`(N, 3)` eyes along the closed path, a centimetre apart, corners walked round smoothly."""
    corners = np.array([*_WAYPOINTS_M, _WAYPOINTS_M[0]])
    at = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    steps = np.arange(0, at[-1], 0.01)
    straight = np.stack([np.interp(steps, at, corners[:, k]) for k in range(2)], axis=1)
    wide = np.concatenate([straight[-_CORNER // 2 :], straight, straight[: _CORNER // 2]])
    kernel = np.full(_CORNER + 1, 1 / (_CORNER + 1))
    smooth = [np.convolve(wide[:, k], kernel, mode="valid")[: len(steps)] for k in range(2)]
    bob = _EYE_M + 0.03 * np.sin(np.arange(len(steps)) * (2 * np.pi * 40 / len(steps)))
    return np.stack([*smooth, bob], axis=1)


def _walking(path: Array, at: float, sway: float, lens: Intrinsics, jitter: Array) -> Camera:
    """Somebody who looks ahead, a little downwards, a little to the sides."""
    here, ahead = (path[int(at + more) % len(path)] for more in (0, 40))
    x, y, _ = ahead - here
    yaw = np.arctan2(y, x) + sway
    forward = np.array([np.cos(yaw), np.sin(yaw), -0.12])
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0, 0, 1))
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    return Camera(lens, Rigid3(rotation, -rotation @ (here + jitter)))


def _lens(width: int, height: int) -> Intrinsics:
    focal = width / 2 / np.tan(_FIELD_OF_VIEW / 2)
    return Intrinsics(focal, focal, width / 2, height / 2, width, height)
