"""Where the person stands and looks: one frozen value, and what navigation makes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.app.viewport.screen import Screen
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3

Vec3 = tuple[float, float, float]
Side = Literal["front", "back", "left", "right", "top", "bottom"]

_SIDES: Mapping[Side, tuple[float, float]] = {  # azimuth, elevation [rad]
    "front": (0.0, 0.0),
    "back": (math.pi, 0.0),
    "right": (-math.pi / 2, 0.0),
    "left": (math.pi / 2, 0.0),
    "top": (0.0, math.pi / 2),
    "bottom": (0.0, -math.pi / 2),
}
_CLOSEST, _FARTHEST = 1e-9, 1e12  # of the pivot [world units]: floats stay well-behaved
_FRAME_MARGIN = 1.12  # a framed thing leaves this much air around itself
ENGINE_UP: Vec3 = (0.0, -1.0, 0.0)


@dataclass(frozen=True)
class Eye:
    """A turntable: it looks at a pivot, from a distance, an azimuth and an elevation; no roll.

    `frame` are the world directions x right, y down, z ahead of a person who looks to the front
    (azimuth 0, elevation 0). Azimuth turns the gaze to the right, elevation lifts the eye above the
    pivot. At an elevation of 90 degrees the azimuth still says which way is up on the screen.
    """

    pivot: Vec3 = (0.0, 0.0, 0.0)  # [world units]
    distance: float = 5.0  # from the eye to the pivot [world units]
    azimuth: float = 0.0  # [rad]
    elevation: float = 0.0  # [rad] within ±90 degrees
    frame: tuple[Vec3, Vec3, Vec3] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    fov: float = math.radians(45)  # vertical angle of view [rad]
    ortho: bool = False  # parallel: the pivot's plane is seen as large as in perspective

    @property
    def rotation(self) -> NDArray[np.float64]:
        """`(3, 3)` of cam_from_world: rows right, down, forward."""
        right, down, ahead = np.array(self.frame)
        level = math.cos(self.azimuth) * ahead + math.sin(self.azimuth) * right
        sine, cosine = math.sin(self.elevation), math.cos(self.elevation)
        return np.stack(
            [
                math.cos(self.azimuth) * right - math.sin(self.azimuth) * ahead,
                cosine * down - sine * level,
                cosine * level + sine * down,
            ]
        )

    @property
    def position(self) -> NDArray[np.float64]:
        """`(3,)` where the eye is [world units]."""
        position: NDArray[np.float64] = np.array(self.pivot) - self.distance * self.rotation[2]
        return position

    @property
    def up(self) -> Vec3:
        """The world direction that is up on the turntable."""
        x, y, z = self.frame[1]
        return (-x, -y, -z)

    def screen(
        self,
        width: float,
        height: float,
        near: float | None = None,
        far: float | None = None,
    ) -> Screen:
        """The projection onto a viewport.

        Args:
            width: of the viewport [logical px].
            height: of the viewport [logical px].
            near: nearest depth drawn [world units]; without, a thousandth of the distance.
            far: farthest; without, a thousand times the distance.
        """
        rotation = self.rotation
        reach = 1 / (2 * math.tan(self.fov / 2)) * height  # [px] at depth 1
        scale = reach / self.distance if self.ortho else reach
        return Screen(
            Rigid3(rotation, -rotation @ self.position),
            scale, scale, width / 2, height / 2, width, height, self.ortho,
            self.distance * 1e-3 if near is None else near,
            self.distance * 1e3 if far is None else far,
            self.distance,
        )  # fmt: skip

    # What navigation does

    def orbit(self, azimuth: float, elevation: float, around: ArrayLike | None = None) -> Eye:
        """Turned by these angles [rad] about a world point, which keeps its place on the screen.

        Args:
            azimuth: to add.
            elevation: to add; stops at straight up and down.
            around: `(3,)`; the pivot if not given.
        """
        turned = replace(
            self,
            azimuth=_wrapped(self.azimuth + azimuth),
            elevation=_within_poles(self.elevation + elevation),
        )
        if around is None:
            return turned
        centre = np.asarray(around, np.float64)
        in_camera = self.rotation @ (np.array(self.pivot) - centre)
        return replace(turned, pivot=_vec3(centre + turned.rotation.T @ in_camera))

    def look(self, azimuth: float, elevation: float) -> Eye:
        """The head turned by these angles [rad]; the eye stays where it is."""
        return self.orbit(azimuth, -elevation, around=self.position)

    def pan(self, dx: float, dy: float, height: float, depth: float | None = None) -> Eye:
        """The scene moved along with the pointer.

        Args:
            dx: of the pointer [px].
            dy: of the pointer [px].
            height: of the viewport [px].
            depth: of what the pointer holds; the pivot's if not given.
        """
        per_px = 2 * math.tan(self.fov / 2) / height
        per_px *= self.distance if self.ortho or depth is None else depth
        right, down, _ = self.rotation
        return replace(self, pivot=_vec3(np.array(self.pivot) - per_px * (dx * right + dy * down)))

    def zoom(self, factor: float, towards: ArrayLike | None = None) -> Eye:
        """Everything seen `factor` times as large about a world point, which keeps its place."""
        distance = min(max(self.distance / factor, _CLOSEST), _FARTHEST)
        nearer = distance / self.distance
        pivot = np.array(self.pivot)
        if towards is not None:
            centre = np.asarray(towards, np.float64)
            pivot = centre + (pivot - centre) * nearer
        return replace(self, distance=distance, pivot=_vec3(pivot))

    def fly(self, right: float, up: float, ahead: float) -> Eye:
        """Moved along its own axes [world units]."""
        way = np.array([right, -up, ahead]) @ self.rotation
        return replace(self, pivot=_vec3(np.array(self.pivot) + way))

    def turned_about(self, point: ArrayLike) -> Eye:
        """A new pivot; nothing but the view's centre changes, and neither does the direction."""
        return replace(self, pivot=_vec3(np.asarray(point, np.float64)))

    def with_focus(self, depth: float) -> Eye:
        """The same picture with the pivot at this depth ahead: what a zoom or an orbit is about.

        A parallel view stays as it is, as its distance is also its scale.
        """
        if self.ortho or depth <= 0:
            return self
        depth = min(max(depth, _CLOSEST), _FARTHEST)
        return replace(self, distance=depth, pivot=_vec3(self.position + depth * self.rotation[2]))

    def seen_from(self, side: Side) -> Eye:
        """The pivot from the front, the top and so on."""
        azimuth, elevation = _SIDES[side]
        return replace(self, azimuth=azimuth, elevation=elevation)

    def framing(self, low: ArrayLike, high: ArrayLike, width: float, height: float) -> Eye:
        """The box between two corners `(3,)` in the middle of the viewport, as large as it fits."""
        low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
        size = float(np.linalg.norm(high - low))
        if not math.isfinite(size):
            return self
        centre = (low + high) / 2
        if size < _CLOSEST:  # a single point: only look at it
            return replace(self, pivot=_vec3(centre))
        corners = np.array([[(low, high)[i >> a & 1][a] for a in range(3)] for i in range(8)])
        x, y, z = self.rotation @ (corners - centre).T
        half_y = math.tan(self.fov / 2) / _FRAME_MARGIN
        half_x = half_y * width / height
        reach = np.maximum(np.abs(x) / half_x, np.abs(y) / half_y)
        distance = float(reach.max() if self.ortho else (reach - z).max())
        return replace(
            self, pivot=_vec3(centre), distance=min(max(distance, _CLOSEST), _FARTHEST)
        )  # fmt: skip

    def with_up(self, up: ArrayLike, facing: ArrayLike | None = None) -> Eye:
        """On a turntable with another axis, from the same place and looking the same way.

        Args:
            up: `(3,)` world direction, of any length but 0.
            facing: `(3,)` world direction that is ahead at azimuth 0; the present one if not given.
        """
        frame = _frame(up, self.frame[2] if facing is None else facing)
        level = replace(self, frame=frame)
        azimuth, elevation = level._angles_of(self.rotation)
        return replace(level, azimuth=azimuth, elevation=elevation)

    def moved(self, new_from_old: Sim3) -> Eye:
        """The same picture of a world that was moved."""
        right, down, ahead = np.array(self.frame) @ new_from_old.rotation.T
        return replace(
            self,
            pivot=_vec3(new_from_old.apply(self.pivot)),
            distance=min(max(self.distance * new_from_old.scale, _CLOSEST), _FARTHEST),
            frame=(_vec3(right), _vec3(down), _vec3(ahead)),
        )

    @classmethod
    def of_camera(cls, camera: Camera, focus: float, like: Eye) -> Eye:
        """Where a camera is and looks, without its roll.

        Args:
            camera: of a photo.
            focus: depth of the pivot ahead [world units].
            like: gives turntable and angle of view.
        """
        rotation = camera.cam_from_world.rotation
        azimuth, elevation = like._angles_of(rotation)
        return replace(
            like,
            pivot=_vec3(camera.centre + focus * rotation[2]),
            distance=focus, azimuth=azimuth, elevation=elevation, ortho=False,
        )  # fmt: skip

    def _angles_of(self, rotation: NDArray[np.float64]) -> tuple[float, float]:
        """Azimuth and elevation on this turntable of a cam_from_world rotation."""
        right, down, ahead = np.array(self.frame)
        forward = rotation[2]
        elevation = math.asin(min(max(float(forward @ down), -1.0), 1.0))
        level = forward - down * (forward @ down)
        if np.linalg.norm(level) < 1e-3:  # straight up or down: the screen's up tells the azimuth
            level = -rotation[1] * math.copysign(1.0, elevation)
        return math.atan2(float(level @ right), float(level @ ahead)), elevation


def between(a: Eye, b: Eye, t: float) -> Eye:
    """The eye on its way from `a` (t = 0) to `b` (t = 1): the short way round, at an even zoom."""
    if t >= 1:
        return b
    turn = _wrapped(b.azimuth - a.azimuth)
    pivot = (1 - t) * np.array(a.pivot) + t * np.array(b.pivot)
    return replace(
        b,
        pivot=_vec3(pivot),
        distance=math.exp((1 - t) * math.log(a.distance) + t * math.log(b.distance)),
        azimuth=_wrapped(a.azimuth + t * turn),
        elevation=(1 - t) * a.elevation + t * b.elevation,
        fov=(1 - t) * a.fov + t * b.fov,
    )


def _frame(up: ArrayLike, ahead: ArrayLike) -> tuple[Vec3, Vec3, Vec3]:
    down = -np.asarray(up, np.float64)
    down /= np.linalg.norm(down)
    level = np.asarray(ahead, np.float64)
    level = level - down * (level @ down)
    if np.linalg.norm(level) < 1e-6:  # ahead is along up: any other axis will do
        level = np.eye(3)[np.argmin(np.abs(down))]
        level = level - down * (level @ down)
    level /= np.linalg.norm(level)
    return _vec3(np.cross(down, level)), _vec3(down), _vec3(level)


def _wrapped(angle: float) -> float:
    return math.remainder(angle, 2 * math.pi)


def _within_poles(angle: float) -> float:
    return min(max(angle, -math.pi / 2), math.pi / 2)


def _vec3(values: NDArray[np.float64]) -> Vec3:
    x, y, z = map(float, values)
    return x, y, z
