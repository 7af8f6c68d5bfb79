"""What a kind of scene says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from da3studio.train.scenes.parts import Parts


@dataclass(frozen=True, eq=False)
class Layout:
    """`B` scenes of one kind, without looks and cameras."""

    solids: Parts
    focus: Tensor  # (B, 3) what photographers look at
    radius: Tensor  # (B,) of what they look at
    distance: tuple[float, float]  # range of focus to camera, in radii over the angle of view
    elevation: tuple[float, float]  # of the camera above the focus [rad]
    low: Tensor  # (B, 3) where cameras may be
    high: Tensor  # (B, 3)
    motions: tuple[float, ...]  # chance of each of `motion.MOTIONS`
    lamp: float  # chance of a lamp inside instead of the sun
    plain: float  # chance of a plain background and poor patterns
    lumps: Parts | None = None
    lump_shapes: Tensor | None = None
    terrain: Tensor | None = None
