"""Where the person put the scene: which way is up, where the origin is, how large things are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.similarity import Sim3

Vec3 = tuple[float, float, float]

ENGINE_UP: Vec3 = (0.0, -1.0, 0.0)
"""Up in an engine's world, where y points down."""

_AHEAD: Vec3 = (0.0, 0.0, 1.0)
_UNIT = 1e-9  # how far a length may be from 1 and still need no division, so that values come back
_STEEP = 0.17  # sine of 10 degrees: a direction this close to up says little about what is ahead


@dataclass(frozen=True)
class KnownLength:
    """Two points whose distance the person measured on the real thing.

    Raises:
        ValueError: the points are one, or the length is not positive.
    """

    a: Vec3  # [world units]
    b: Vec3  # [world units]
    metres: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.metres) and self.metres > 0):
            raise ValueError(f"a known length of {self.metres} m is impossible")
        if not (math.isfinite(self.units) and self.units > 0):
            raise ValueError("the two ends of a known length are the same point")

    @property
    def units(self) -> float:
        """The same length in the reconstruction [world units]."""
        return math.dist(self.a, self.b)

    def moved(self, new_from_old: Sim3) -> KnownLength:
        """The same thing in a world that was moved."""
        a, b = (moved_point(end, new_from_old) for end in (self.a, self.b))
        return replace(self, a=a, b=b)


@dataclass(frozen=True)
class Placement:
    """A person's frame for the scene; what is `None` stays as the engine gave it.

    `placed` coordinates keep the engine's convention: x right, y down, z ahead.

    Raises:
        ValueError: a direction without length, or a number that is not finite.
    """

    up: Vec3 | None = None  # unit, in the world; None = `ENGINE_UP`
    origin: Vec3 | None = None  # the world point that becomes the origin; None = the world's
    facing: Vec3 | None = None  # unit, in the world: which way one looks at the front; None = z
    known_lengths: tuple[KnownLength, ...] = ()

    def __post_init__(self) -> None:
        for name in ("up", "facing"):
            direction = getattr(self, name)
            if direction is not None:
                object.__setattr__(self, name, _unit(direction, name))
        if self.origin is not None and not all(math.isfinite(x) for x in self.origin):
            raise ValueError("the origin is not a point")

    @property
    def has_places(self) -> bool:
        """Whether it holds coordinates of the world."""
        return self != Placement()

    def moved(self, new_from_old: Sim3) -> Placement:
        """The same frame for a world that was moved; what the engine decides stays with it."""
        turn = Sim3(1.0, new_from_old.rotation, np.zeros(3))
        return Placement(
            self.up and moved_point(self.up, turn),
            self.origin and moved_point(self.origin, new_from_old),
            self.facing and moved_point(self.facing, turn),
            tuple(known.moved(new_from_old) for known in self.known_lengths),
        )

    def metres_per_unit(self) -> float | None:
        """The scale that fits the known lengths best, in the least-squares sense; else `None`."""
        if not self.known_lengths:
            return None
        return sum(known.units * known.metres for known in self.known_lengths) / sum(
            known.units**2 for known in self.known_lengths
        )

    def residuals(self) -> tuple[float, ...]:
        """For each known length what `metres_per_unit` makes of it, minus what was said [m]."""
        scale = self.metres_per_unit() or 0.0
        return tuple(scale * known.units - known.metres for known in self.known_lengths)

    def placed_from_world(self) -> Sim3:
        """The similarity into the person's frame: up on -y, facing on +z, origin at 0, metres."""
        scale = self.metres_per_unit() or 1.0
        rotation = self._rotation()
        origin = np.array(self.origin or (0.0, 0.0, 0.0))
        return Sim3(scale, rotation, -scale * rotation @ origin + 0.0)  # no -0

    def _rotation(self) -> NDArray[np.float64]:
        down = -np.array(self.up or ENGINE_UP)
        for direction in (self.facing, _AHEAD, ENGINE_UP):
            ahead = np.array(direction or _AHEAD)
            ahead = ahead - down * (ahead @ down)
            length = float(np.linalg.norm(ahead))
            if length >= _STEEP:
                break
        ahead = ahead / length
        rotation = np.stack([np.cross(down, ahead), down, ahead])
        return rotation + 0.0  # no -0


def moved_point(point: Vec3, new_from_old: Sim3) -> Vec3:
    """The same point in a world that was moved."""
    x, y, z = (float(value) for value in new_from_old.apply(point))
    return x, y, z


def _unit(direction: Vec3, name: str) -> Vec3:
    length = math.hypot(*direction)
    if not (math.isfinite(length) and length > 0):
        raise ValueError(f"{name!r} is not a direction")
    if abs(length - 1) <= _UNIT:
        return direction
    x, y, z = (value / length for value in direction)
    return (x, y, z)
