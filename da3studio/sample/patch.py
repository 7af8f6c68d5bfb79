"""A patch: a grid of points with a painted texture, the one kind of surface of the sample scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen
from da3studio.geometry.rigid import Rigid3


@dataclass(frozen=True, eq=False)
class Patch:
    """A surface with texture coordinates (u, v): seen from outside, u runs right and v down.

    A patch is either flat or smooth everywhere: its normals are interpolated. What has edges,
    like a box, is made of several patches.
    """

    name: str
    points: NDArray[np.float64]  # (R, C, 3) rows along v, columns along u [m]
    u: NDArray[np.float64]  # (C,) texture coordinate of each column, 0 to 1
    v: NDArray[np.float64]  # (R,) texture coordinate of each row, 0 to 1
    albedo: NDArray[np.uint16]  # (H, W, 3) linear light reflected, 65535 = all of it
    light_cell: float = 0.02  # edge of a cell of the light map [m]
    closed: bool = False  # the last column lies on the first one

    def __post_init__(self) -> None:
        rows, columns = len(self.v), len(self.u)
        object.__setattr__(self, "points", frozen(self.points, (rows, columns, 3), np.float64))
        object.__setattr__(self, "u", frozen(self.u, (columns,), np.float64))
        object.__setattr__(self, "v", frozen(self.v, (rows,), np.float64))
        object.__setattr__(self, "albedo", frozen(self.albedo, (None, None, 3), np.uint16))

    def moved(self, world_from_patch: Rigid3) -> Patch:
        """The same patch somewhere else."""
        return replace(self, points=world_from_patch.apply(self.points))

    def extent(self) -> tuple[float, float]:
        """Longest row and longest column [m]: how wide and how high the texture is spread."""
        along_u = np.linalg.norm(np.diff(self.points, axis=1), axis=2).sum(axis=1).max()
        along_v = np.linalg.norm(np.diff(self.points, axis=0), axis=2).sum(axis=0).max()
        return float(along_u), float(along_v)

    def normals(self) -> NDArray[np.float64]:
        """`(R, C, 3)` unit normals that point outside."""
        along_u = np.gradient(self.points, axis=1)
        if self.closed:
            across_seam = (self.points[:, 1] - self.points[:, -2]) / 2
            along_u[:, 0] = along_u[:, -1] = across_seam
        normal = np.cross(np.gradient(self.points, axis=0), along_u)
        length = np.linalg.norm(normal, axis=2, keepdims=True)
        # At the pole of a lathe the whole row is one point: its normal is the mean of its ring.
        for row, ring in ((0, 1), (-1, -2)):
            if length[row].max() < 1e-12:
                normal[row] = normal[ring].mean(axis=0)
        normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-12)
        return normal

    def sample_grid(
        self, u: NDArray[np.float64], v: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points `(V, U, 3)` and normals `(V, U, 3)` at the lattice of `u` (U,) and `v` (V,)."""
        column, row = _cell(self.u, u), _cell(self.v, v)
        return _bilinear(self.points, row, column), _unit(_bilinear(self.normals(), row, column))


@dataclass(frozen=True, eq=False)
class Triangles:
    """All patches as one list of triangles."""

    vertices: NDArray[np.float32]  # (V, 3) [m]
    normals: NDArray[np.float32]  # (V, 3)
    faces: NDArray[np.int32]  # (F, 3) counter-clockwise seen from outside
    corner_uv: NDArray[np.float32]  # (F, 3, 2) in the patch's texture
    patch_idx: NDArray[np.int32]  # (F,)


def triangulated(patches: Sequence[Patch]) -> Triangles:
    """The triangles of the patches, without those that have no area (poles)."""
    vertices, normals, faces, uvs, owners, n_before = [], [], [], [], [], 0
    for index, patch in enumerate(patches):
        rows, columns = len(patch.v), len(patch.u)
        at = np.arange(rows * columns).reshape(rows, columns)
        top_left, top_right = at[:-1, :-1], at[:-1, 1:]
        low_left, low_right = at[1:, :-1], at[1:, 1:]
        quads = np.stack([top_left, low_left, low_right, top_left, low_right, top_right], axis=-1)
        triangles = quads.reshape(-1, 3)
        points = patch.points.reshape(-1, 3)
        corners = points[triangles]
        spans = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        triangles = triangles[np.linalg.norm(spans, axis=1) > 1e-12]
        grid_u, grid_v = np.meshgrid(patch.u, patch.v)
        uvs.append(np.stack([grid_u.ravel(), grid_v.ravel()], axis=-1)[triangles])
        vertices.append(points)
        normals.append(patch.normals().reshape(-1, 3))
        faces.append(triangles + n_before)
        owners.append(np.full(len(triangles), index))
        n_before += len(points)
    return Triangles(
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(uvs).astype(np.float32),
        np.concatenate(owners).astype(np.int32),
    )


def _cell(
    knots: NDArray[np.float64], at: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which interval of the knots a coordinate lies in, and where in it, 0 to 1."""
    index = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    return index, (at - knots[index]) / (knots[index + 1] - knots[index])


def _bilinear(
    grid: NDArray[np.float64],
    row: tuple[NDArray[np.intp], NDArray[np.float64]],
    column: tuple[NDArray[np.intp], NDArray[np.float64]],
) -> NDArray[np.float64]:
    (r, down), (c, right) = row, column
    down, right = down[:, None, None], right[None, :, None]
    upper = grid[r][:, c] * (1 - right) + grid[r][:, c + 1] * right
    lower = grid[r + 1][:, c] * (1 - right) + grid[r + 1][:, c + 1] * right
    blended: NDArray[np.float64] = upper * (1 - down) + lower * down
    return blended


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    unit: NDArray[np.float64] = vectors / length
    return unit
