"""The five steps from photos to a textured mesh, and one beside them to Gaussians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Goal = Literal["cameras", "depth", "cloud", "mesh", "texture", "gaussians"]
"""A stage, and as a goal: everything up to and including it."""


@dataclass(frozen=True)
class Stage:
    """One pure step: same inputs, same recipe and same version give the same result."""

    name: Goal
    version: int  # raised when the algorithm changes what comes out
    label: str  # shown to people, translated where it is shown


CAMERAS = Stage("cameras", 1, "Cameras")
DEPTH = Stage("depth", 1, "Depth maps")
CLOUD = Stage("cloud", 1, "Point cloud")
MESH = Stage("mesh", 1, "Mesh")
TEXTURE = Stage("texture", 1, "Texture")
GAUSSIANS = Stage("gaussians", 1, "Gaussians")

STAGES: tuple[Stage, ...] = (CAMERAS, DEPTH, CLOUD, MESH, TEXTURE)
"""To a textured mesh, each from those before it."""


def stages_until(goal: Goal) -> tuple[Stage, ...]:
    """The stages that lead to a goal, in order; Gaussians need no more than the cameras."""
    if goal == "gaussians":
        return (CAMERAS, GAUSSIANS)
    names = [stage.name for stage in STAGES]
    return STAGES[: names.index(goal) + 1]
