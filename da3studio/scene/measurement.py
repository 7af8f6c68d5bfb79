"""Lengths, areas and sizes that a person measured in the scene."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from da3studio.geometry.similarity import Sim3
from da3studio.scene.placement import Vec3, moved_point

Kind = Literal["distance", "polyline", "area", "height", "box"]

KINDS: tuple[Kind, ...] = get_args(Kind)

FEWEST_POINTS: dict[Kind, int] = {"distance": 2, "polyline": 2, "area": 3, "height": 1, "box": 1}
"""How many points each kind needs."""


@dataclass(frozen=True)
class Measurement:
    """Points picked in the world; lengths follow from them and the placement's scale.

    Raises:
        ValueError: too few points for its kind, a number that is not finite, or another number of
            sigmas than points.
    """

    id: str  # opaque, unique in the project
    kind: Kind
    points: tuple[Vec3, ...]  # [world units]
    name: str = ""  # given by the person
    sigma: tuple[float, ...] = ()  # per point how far off it may be [world units]; () = not known

    def __post_init__(self) -> None:
        if self.kind not in FEWEST_POINTS:
            raise ValueError(f"{self.kind!r} is no kind of measurement")
        if len(self.points) < FEWEST_POINTS[self.kind]:
            raise ValueError(f"{len(self.points)} points are too few for a {self.kind}")
        if not all(math.isfinite(x) for point in self.points for x in point):
            raise ValueError("a measured point is not a point")
        if self.sigma and len(self.sigma) != len(self.points):
            raise ValueError("a measurement has another number of sigmas than points")
        if not all(math.isfinite(sigma) and sigma >= 0 for sigma in self.sigma):
            raise ValueError("a sigma is no distance")

    def moved(self, new_from_old: Sim3) -> Measurement:
        """The same places in a world that was moved."""
        return replace(
            self,
            points=tuple(moved_point(point, new_from_old) for point in self.points),
            sigma=tuple(new_from_old.scale * sigma for sigma in self.sigma),
        )
