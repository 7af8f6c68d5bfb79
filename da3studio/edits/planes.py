"""Cutting away a table or floor, and finding it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.base.i18n import tr
from da3studio.edits.base import FARTHEST, Evidence, OnlyPoints, Vec3, check_range
from da3studio.edits.base import check_unit_vector as check_unit
from da3studio.edits.blocks import by_blocks
from da3studio.geometry.plane import fit_plane
from da3studio.geometry.similarity import Sim3
from da3studio.scene.cloud import PointCloud

_SAMPLE = 60_000  # points a plane is looked for in
_FIRST_TOLERANCE = 0.01  # of the scene's size: what noise of depth maps may amount to
_SIGMAS = 4.0  # of the plane's own spread that count as lying on it
_LEAST_TOLERANCE = 0.001  # of the scene's size: exact clouds have no spread


@dataclass(frozen=True)
class RemovePlane(OnlyPoints):
    """Cut away a flat slab, and what lies under it where that is wanted.

    The plane is where `normal @ x = offset`; the slab reaches half its thickness to either side.

    Raises:
        ValueError: the normal is no unit vector, or a number is out of range.
    """

    kind: ClassVar[str] = "remove_plane"
    title: ClassVar[str] = "Table or floor"
    about_places: ClassVar[bool] = True

    normal: Vec3  # unit, in the world, towards the cameras
    offset: float  # [world units]
    thickness: float  # of the whole slab [world units]
    below: bool = True  # also everything on the far side, against the normal

    def __post_init__(self) -> None:
        check_unit("normal", self.normal)
        check_range("offset", self.offset, -FARTHEST, FARTHEST)
        check_range("thickness", self.thickness, 0, FARTHEST)

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        points = evidence.cloud.xyz
        normal, middle = np.asarray(self.normal), self._foot()
        half = np.float32(self.thickness / 2)

        def cut(rows: slice) -> NDArray[np.bool_]:
            height = normal.astype(np.float32) @ (points[rows].T - middle)
            return height <= half if self.below else np.abs(height) <= half

        return by_blocks(len(points), cut)

    def _foot(self) -> NDArray[np.float32]:
        """`(3, 1)` the plane's point nearest to the origin: heights above it stay exact."""
        return (np.asarray(self.normal) * self.offset).astype(np.float32)[:, None]

    def moved(self, new_from_old: Sim3) -> Self:
        normal = new_from_old.rotation @ self.normal
        x, y, z = (float(number) for number in normal)
        scale = new_from_old.scale
        offset = scale * self.offset + float(normal @ new_from_old.translation)
        return replace(self, normal=(x, y, z), offset=offset, thickness=scale * self.thickness)

    def detail(self) -> str:
        if self.below:
            return tr("and everything under it")
        return tr("the surface only")


@dataclass(frozen=True)
class FoundPlane:
    """A table, floor or wall that was found in a cloud."""

    normal: Vec3  # unit, towards the cameras
    offset: float  # `normal @ x = offset` on it [world units]
    share: float  # of the points looked at, how many lie on it, 0...1
    thickness: float  # suggested for `RemovePlane`: holds its noise [world units]
    scale: float  # size of the scene it was found in [world units]


def find_plane(
    cloud: PointCloud,
    keep: NDArray[np.bool_] | None = None,
    seed: int = 0,
    *,
    along: ArrayLike | None = None,
    within_rad: float = 0.5,
) -> FoundPlane | None:
    """The plane that most kept points lie on.

    Args:
        cloud: rows in any order.
        keep: `(N,)` points that are still there; `None` = all.
        seed: the same one finds the same plane in the same cloud.
        along: `(3,)` direction its normal has to be close to, either way round; `None` = any.
        within_rad: how close.

    Returns:
        The plane, or `None` where too few points are left.
    """
    rng = np.random.default_rng(seed)
    rows = _some_rows(len(cloud), keep, rng)
    if len(rows) < 3:
        return None
    xyz = cloud.xyz[rows].astype(np.float64)
    scale = float(np.linalg.norm(np.subtract(*np.percentile(xyz, (95, 5), axis=0))))
    if scale <= 0:
        return None
    tolerance, fit = _FIRST_TOLERANCE * scale, None
    for _ in range(2):  # coarsely, then as thin as the plane itself is
        fit = fit_plane(
            xyz, tolerance, rng, normals=cloud.normal[rows], along=along, within_rad=within_rad
        )
        if fit is None:
            return None
        tolerance = max(min(tolerance, _SIGMAS * fit.sigma), _LEAST_TOLERANCE * scale)
    assert fit is not None  # noqa: S101  for mypy: the loop ran
    x, y, z = (float(number) for number in fit.normal)
    return FoundPlane((x, y, z), fit.offset, fit.share, 2 * tolerance, scale)


def _some_rows(
    n: int, keep: NDArray[np.bool_] | None, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Rows of kept points, evenly over the cloud, without going through all of it."""
    if n <= _SAMPLE:
        return np.arange(n) if keep is None else np.flatnonzero(keep)
    rows = rng.integers(n, size=4 * _SAMPLE)
    if keep is not None:
        rows = rows[keep[rows]]
        if len(rows) < _SAMPLE:  # most of it is cut away
            kept = np.flatnonzero(keep)
            rows = kept if len(kept) <= _SAMPLE else rng.choice(kept, _SAMPLE)
    return rows[:_SAMPLE]
