"""What somebody says of photos, and how good its surface is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from da3studio.geometry.camera import Camera
from da3studio.scene.depth import DepthMap


@dataclass(frozen=True, eq=False)
class Answer:
    """Cameras and depth of some photos, in a world of its own."""

    cameras: Mapping[str, Camera]  # by name, at the photo's size; not all need to be there
    depths: Mapping[str, DepthMap]  # of photos that have a camera
    seconds: float
    failure: str = ""  # why there is nothing
    finds_cameras: bool = True  # False = the true ones were given, and this is their world
    measures_depth: bool = True  # False = never says any


@dataclass(frozen=True)
class SurfaceScore:
    """Of one surface."""

    f_score: float | None  # 0 to 1; None = the data set has none
    overall: float | None  # mean of both mean distances, the Chamfer distance; None = no surface

    @staticmethod
    def of_nothing() -> SurfaceScore:
        """Where there is no surface, or nobody knows where it belongs."""
        return SurfaceScore(0.0, None)
