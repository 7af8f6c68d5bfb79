"""The handles of the crop box: where they are, which one is meant, where dragging takes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from da3studio.app.viewmodels.crop_box import TurnedBox
from da3studio.app.viewport.screen import Screen

Array = NDArray[np.float64]

GRAB_PX = 13.0
"""How near the pointer has to be to a handle [logical px]; makes targets of 26 px."""

_END_ON = 0.02  # squared sine between ray and axis below which dragging along it means nothing
_LEVEL = 0.1  # sine between ray and floor below which turning follows the screen instead
_TURN_RAD_PER_PX = math.radians(0.4)


@dataclass(frozen=True)
class Handle:
    """What can be dragged."""

    kind: Literal["face", "centre", "turn"]
    axis: int = 0  # of a face
    sign: int = 0  # of a face, 1 or -1
    corner: tuple[int, int] = (0, 0)  # of "turn": on which upright edge, by sides of width, depth


HANDLES: Sequence[Handle] = (
    *(Handle("face", axis, sign) for axis in range(3) for sign in (1, -1)),
    *(Handle("turn", corner=(a, b)) for a in (1, -1) for b in (1, -1)),
    Handle("centre"),
)


def place_of(handle: Handle, box: TurnedBox) -> Array:
    """`(3,)` where a handle is in the world."""
    if handle.kind == "face":
        return box.face(handle.axis, handle.sign)
    if handle.kind == "turn":
        edge: Array = (box.half[:2] * handle.corner) @ box.axes[:2]
        return box.centre + edge
    return box.centre


def is_front(handle: Handle, box: TurnedBox, screen: Screen) -> bool:
    """Whether a handle's face looks at the eye, or one of the two faces at its edge."""
    gaze = screen.forward if screen.ortho else place_of(handle, box) - screen.centre
    if handle.kind == "face":
        return float(gaze @ box.axes[handle.axis]) * handle.sign < 0
    if handle.kind == "turn":
        return bool(((box.axes[:2] @ gaze) * handle.corner < 0).any())
    return True


def handle_at(box: TurnedBox, screen: Screen, x: float, y: float) -> Handle | None:
    """The handle under a pixel: the nearest, those on the far side only where no other is."""
    places = screen.project(np.stack([place_of(handle, box) for handle in HANDLES]))
    away = np.hypot(places[:, 0] - x, places[:, 1] - y)
    meant = [
        (not is_front(handle, box, screen), float(px), i)
        for i, (handle, px) in enumerate(zip(HANDLES, away, strict=True))
        if px <= GRAB_PX
    ]
    return HANDLES[min(meant)[2]] if meant else None


@dataclass(frozen=True, eq=False)
class Grip:
    """A handle that is held, from the moment it was taken."""

    handle: Handle
    box: TurnedBox  # at that moment
    angle_deg: float  # of the box at that moment
    x: float  # where it was taken [logical px]
    y: float

    def along(self, screen: Screen, x: float, y: float, axis: int) -> float | None:
        """How far the pointer has moved along an axis of the box [world units].

        `None` where the axis points at the eye.
        """
        line = place_of(self.handle, self.box), self.box.axes[axis]
        before, now = (
            _along(screen, px, py, *line) for px, py in ((self.x, self.y), (x, y))
        )  # fmt: skip
        return None if before is None or now is None else now - before

    def across(self, screen: Screen, x: float, y: float) -> Array:
        """`(3,)` how far it has moved in the plane of the screen through the handle."""
        depth = float(screen.cam_from_world.apply(self.box.centre)[2])
        return screen.at_depth(x, y, depth) - screen.at_depth(self.x, self.y, depth)

    def turned_rad(self, screen: Screen, x: float, y: float) -> float:
        """How far it has turned the box about up."""
        before, now = (self._bearing(screen, px, py) for px, py in ((self.x, self.y), (x, y)))
        if before is None or now is None:
            return (x - self.x) * _TURN_RAD_PER_PX
        return math.remainder(now - before, 2 * math.pi)

    def _bearing(self, screen: Screen, x: float, y: float) -> float | None:
        """Direction from the centre to where the pointer is on the level of the handle [rad]."""
        origin, direction = screen.ray(x, y)
        width, depth, up = self.box.axes
        level = float(direction @ up)
        if abs(level) < _LEVEL:
            return None
        hit = origin + direction * (float((self.box.centre - origin) @ up) / level)
        local = hit - self.box.centre
        return math.atan2(float(local @ depth), float(local @ width))


def _along(screen: Screen, x: float, y: float, start: Array, axis: Array) -> float | None:
    """Where on a line the ray of a pixel passes closest."""
    origin, direction = screen.ray(x, y)
    toward = start - origin
    cosine = float(axis @ direction)
    sine2 = 1 - cosine**2
    if sine2 < _END_ON:
        return None
    return (cosine * float(direction @ toward) - float(axis @ toward)) / sine2
