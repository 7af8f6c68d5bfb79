"""Cutting with an oriented box."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.edits.base import FARTHEST, Evidence, OnlyPoints, Vec3, check_range, check_vector
from da3studio.edits.blocks import by_blocks
from da3studio.geometry.similarity import Sim3
from da3studio.scene.registration import Unit


@dataclass(frozen=True)
class Box:
    """A box in the world, turned any way.

    Raises:
        ValueError: a size is not positive, or the axes are not perpendicular unit vectors.
    """

    about_places: ClassVar[bool] = True

    centre: Vec3  # [world units]
    half: Vec3  # half sizes along its own axes [world units], > 0
    axes: tuple[Vec3, Vec3, Vec3]  # rows: its own axes in the world, unit and perpendicular
    unit: Unit = "relative"  # of the world when it was drawn

    def __post_init__(self) -> None:
        check_vector("centre", self.centre, 3)
        for size in self.half:
            check_range("half size", size, 1e-12, FARTHEST)
        for axis in self.axes:
            check_vector("axis", axis, 3)
        if np.abs(np.asarray(self.axes) @ np.transpose(self.axes) - np.eye(3)).max() > 1e-5:
            raise ValueError("the axes of the box are not perpendicular unit vectors")
        if self.unit not in ("metre", "relative"):
            raise ValueError(f"unit is {self.unit!r}")

    def contains(self, points: NDArray[np.float32]) -> NDArray[np.bool_]:
        """`(N,)` which of `(N, 3)` points lie in the box."""
        to_box = (np.asarray(self.axes) / np.asarray(self.half)[:, None]).astype(np.float32)
        centre = np.asarray(self.centre, np.float32)[:, None]

        def inside(rows: slice) -> NDArray[np.bool_]:
            local = to_box @ (points[rows].T - centre)
            within: NDArray[np.bool_] = (np.abs(local, out=local) <= 1).all(axis=0)
            return within

        return by_blocks(len(points), inside)

    def moved(self, new_from_old: Sim3) -> Self:
        a, b, c = np.asarray(self.axes) @ new_from_old.rotation.T
        return replace(
            self,
            centre=_vec3(new_from_old.apply(self.centre)),
            half=_vec3(new_from_old.scale * np.asarray(self.half)),
            axes=(_vec3(a), _vec3(b), _vec3(c)),
        )

    def detail(self) -> str:
        a, b, c = (f"{2 * size:.3g}" for size in self.half)
        if self.unit == "metre":
            return tr("{a} × {b} × {c} m").format(a=a, b=b, c=c)
        return tr("{a} × {b} × {c} units").format(a=a, b=b, c=c)


@dataclass(frozen=True)
class CropBox(OnlyPoints, Box):
    """Keep what is in the box."""

    kind: ClassVar[str] = "crop_box"
    title: ClassVar[str] = "Crop box"

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        return ~self.contains(evidence.cloud.xyz)


@dataclass(frozen=True)
class DeleteInBox(OnlyPoints, Box):
    """Cut away what is in the box."""

    kind: ClassVar[str] = "delete_in_box"
    title: ClassVar[str] = "Delete inside a box"

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        return self.contains(evidence.cloud.xyz)


def _vec3(values: NDArray[np.float64]) -> Vec3:
    x, y, z = (float(value) for value in values)
    return x, y, z
