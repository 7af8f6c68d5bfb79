"""Screened Poisson surface: one smooth skin through the cloud, also over gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.bridge import Triangles, from_legacy_mesh, legacy_cloud, nearest, open3d

_DEEPEST, _SHALLOWEST = 11, 5  # octree levels: 2048 cells a side need about 8 GB, 32 show nothing
_MARGIN = 1.1  # the octree's cube over the cloud's box
_THINNEST = 0.02  # quantile of the sample density under which the skin is guesswork
_REACH = 12.0  # cells that the skin may bridge from the nearest point
_FEWEST = 16  # points; fewer span no surface, and the solver fails on them


def poisson_surface(
    xyz: NDArray[np.float32], normal: NDArray[np.float32], voxel: float
) -> Triangles:  # fmt: skip
    """Screened Poisson reconstruction (Kazhdan and Hoppe 2013), trimmed to where points are.

    Args:
        xyz: `(N, 3)` points without outliers [world units].
        normal: `(N, 3)` unit, outward.
        voxel: wanted edge of the finest cells [world units]; coarser in very large scenes.
    """
    if len(xyz) < _FEWEST:
        return Triangles(np.zeros((0, 3)), np.zeros((0, 3), np.int32))
    middle = np.median(xyz, axis=0).astype(np.float64)
    local = (xyz - middle) / voxel  # cells of 1 keep Open3D's float32 parts exact
    side = float(np.ptp(local, axis=0).max()) * _MARGIN
    depth = int(np.clip(np.ceil(np.log2(max(side, 1))), _SHALLOWEST, _DEEPEST))
    o3d = open3d()
    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        mesh, densities = o3d.geometry.TriangleMesh.create_from_point_cloud_poisson(
            legacy_cloud(local, normal.astype(np.float64)), depth=depth, scale=_MARGIN
        )
    skin = from_legacy_mesh(mesh)
    density = np.asarray(densities)
    cell = max(1.0, side / 2**depth)
    far = nearest(local, skin.vertices, 1)[1][:, 0] > _REACH * cell
    drop = far | (density < np.quantile(density, _THINNEST))
    trimmed = Triangles(skin.vertices, skin.faces[~drop[skin.faces].any(axis=1)]).used()
    return Triangles(trimmed.vertices * voxel + middle, trimmed.faces)
