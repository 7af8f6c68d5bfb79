"""Our types ↔ Open3D's, and the few searches of Open3D that several rooms need."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


def open3d() -> Any:
    """The library, loaded when first asked for: that takes a second."""
    import open3d as library

    return library


class Triangles(NamedTuple):
    """A bare surface while it is being worked on; counter-clockwise seen from outside."""

    vertices: NDArray[np.float64]  # (V, 3)
    faces: NDArray[np.int32]  # (F, 3)

    def used(self) -> Triangles:
        """Without the vertices that no face uses."""
        keep = np.zeros(len(self.vertices), bool)
        keep[self.faces] = True
        new_idx = np.cumsum(keep, dtype=np.int32) - 1
        return Triangles(self.vertices[keep], new_idx[self.faces].astype(np.int32))


def legacy_mesh(surface: Triangles) -> Any:
    """`open3d.geometry.TriangleMesh` of a surface."""
    o3d = open3d()
    return o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(surface.vertices), o3d.utility.Vector3iVector(surface.faces)
    )


def from_legacy_mesh(mesh: Any) -> Triangles:
    """The surface of an `open3d.geometry.TriangleMesh`."""
    return Triangles(
        np.asarray(mesh.vertices, np.float64).reshape(-1, 3).copy(),
        np.asarray(mesh.triangles, np.int32).reshape(-1, 3).copy(),
    )


def legacy_cloud(xyz: NDArray[np.float64], normal: NDArray[np.float64]) -> Any:
    """`open3d.geometry.PointCloud` of points with normals."""
    o3d = open3d()
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(xyz))
    cloud.normals = o3d.utility.Vector3dVector(normal)
    return cloud


def nearest(
    points: NDArray[np.floating[Any]], queries: NDArray[np.floating[Any]], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The `k` nearest points of every query.

    Args:
        points: `(N, 3)`, of moderate size: centre and scale a world of odd units first.
        queries: `(M, 3)`.
        k: how many; fewer come back where there are fewer points.

    Returns:
        `(M, k)` indices, nearest first, and `(M, k)` distances.
    """
    o3d = open3d()
    tensor = o3d.core.Tensor
    search = o3d.core.nns.NearestNeighborSearch(tensor(points.astype(np.float32)))
    search.knn_index()
    index, squared = search.knn_search(tensor(queries.astype(np.float32)), min(k, len(points)))
    return index.numpy().astype(np.int64), np.sqrt(np.maximum(squared.numpy(), 0))


class NearestPoints:
    """Finds the nearest of the same points again and again, in a world of any unit.

    Args:
        points: `(N, 3)`, N >= 1.
    """

    def __init__(self, points: NDArray[np.floating[Any]]) -> None:
        o3d = open3d()
        self._tensor = o3d.core.Tensor
        self._middle = np.median(points, axis=0).astype(np.float64)
        reach = float(np.abs(points - self._middle).max())
        self._scale = 1 / reach if reach > 0 else 1.0
        self._search = o3d.core.nns.NearestNeighborSearch(self._tensor(self._local(points)))
        self._search.knn_index()

    def of(self, queries: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
        """`(M,)` index of the nearest point of every `(M, 3)` query."""
        index, _ = self._search.knn_search(self._tensor(self._local(queries)), 1)
        nearest: NDArray[np.int64] = index.numpy().astype(np.int64)[:, 0]
        return nearest

    def _local(self, points: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        local: NDArray[np.float32] = ((points - self._middle) * self._scale).astype(np.float32)
        return local


def plane_normals(points: NDArray[np.floating[Any]], neighbours: int) -> NDArray[np.float32]:
    """`(N, 3)` unit normals of the plane through each point's neighbours; their sign is open."""
    o3d = open3d()
    cloud = o3d.t.geometry.PointCloud(o3d.core.Tensor(points.astype(np.float32)))
    cloud.estimate_normals(max_nn=neighbours)
    normals: NDArray[np.float32] = cloud.point.normals.numpy()
    return normals
