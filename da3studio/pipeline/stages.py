"""The five steps from photos to a textured mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Goal = Literal["cameras", "depth", "cloud", "mesh", "texture"]
"""A stage, and as a goal: everything up to and including it."""

GOALS: tuple[Goal, ...] = get_args(Goal)


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

STAGES: tuple[Stage, ...] = (CAMERAS, DEPTH, CLOUD, MESH, TEXTURE)


def stages_until(goal: Goal) -> tuple[Stage, ...]:
    """The stages that lead to a goal, in order."""
    return STAGES[: GOALS.index(goal) + 1]
