"""The steps from photos to a textured mesh, and one beside them to Gaussians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Goal = Literal["cameras", "depth", "cloud", "clean", "mesh", "texture", "gaussians"]
"""A stage, and as a goal: everything up to and including it."""


@dataclass(frozen=True)
class Stage:
    """One pure step: same inputs, same recipe and same version give the same result."""

    name: Goal
    version: int  # raised when the algorithm changes what comes out
    label: str  # shown to people, translated where it is shown


CAMERAS = Stage("cameras", 1, "Cameras")
DEPTH = Stage("depth", 1, "Depth maps")
CLOUD = Stage("cloud", 2, "Point cloud")
CLEAN = Stage("clean", 1, "Cleaning")
MESH = Stage("mesh", 1, "Mesh")
TEXTURE = Stage("texture", 1, "Texture")
GAUSSIANS = Stage("gaussians", 1, "Gaussians")

STAGES: tuple[Stage, ...] = (CAMERAS, DEPTH, CLOUD, MESH, TEXTURE)
"""To a textured mesh, each from those before it; where nothing is cut away."""

_WITH_CLEAN: tuple[Stage, ...] = (CAMERAS, DEPTH, CLOUD, CLEAN, MESH, TEXTURE)


def stages_until(goal: Goal, *, cuts: bool = False) -> tuple[Stage, ...]:
    """The stages that lead to a goal, in order; Gaussians need no more than the cameras.

    Args:
        goal: the last one.
        cuts: whether the project has edits switched on; else there is nothing to clean, and the
            goal of that name is the cloud.
    """
    if goal == "gaussians":
        return (CAMERAS, GAUSSIANS)
    names = [stage.name for stage in _WITH_CLEAN]
    until = _WITH_CLEAN[: names.index(goal) + 1]
    return until if cuts else tuple(stage for stage in until if stage is not CLEAN)
