"""Rays against the triangles of the scene; the only place of the sample that knows Open3D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from da3studio.sample.patch import Triangles


@dataclass(frozen=True, eq=False)
class Hits:
    """What `N` rays met first; `face_idx` is -1 and `t` infinite where they met nothing."""

    t: NDArray[np.float32]  # (N,) in lengths of the ray's direction
    face_idx: NDArray[np.int32]  # (N,)
    corner_weights: NDArray[np.float32]  # (N, 2) of the face's second and third corner
    normal: NDArray[np.float32]  # (N, 3) of the flat face


class Tracer:
    """Answers which triangle a ray meets first, and whether anything lies between two points."""

    def __init__(self, triangles: Triangles) -> None:
        import open3d as o3d

        self._tensor = cast(Any, o3d.core.Tensor)
        self._scene = cast(Any, o3d.t.geometry.RaycastingScene())
        faces = triangles.faces.astype(np.uint32)
        self._scene.add_triangles(self._tensor(triangles.vertices), self._tensor(faces))

    def first_hits(self, origins: NDArray[np.float32], directions: NDArray[np.float32]) -> Hits:
        """The first triangle along each ray.

        Args:
            origins: `(N, 3)` or `(3,)` [m].
            directions: `(N, 3)` of any length.
        """
        rays = self._tensor(_rays(origins, directions))
        found = {name: value.numpy() for name, value in self._scene.cast_rays(rays).items()}
        # Open3D marks a miss by the largest unsigned number, which is -1 as a signed one.
        return Hits(
            found["t_hit"],
            found["primitive_ids"].astype(np.int32),
            found["primitive_uvs"],
            found["primitive_normals"],
        )

    def free_between(
        self, origins: NDArray[np.float32], targets: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """`(N,)` whether the way from each origin to its target `(N, 3)` is free, ends excepted."""
        rays = self._tensor(_rays(origins, targets - origins))
        blocked = self._scene.test_occlusions(rays, tnear=1e-4, tfar=1 - 1e-3).numpy()
        free: NDArray[np.bool_] = ~blocked
        return free

    def distances(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(N,)` distance of `(N, 3)` points to the nearest triangle [m]."""
        queries = self._tensor(np.ascontiguousarray(points, np.float32))
        nearest: NDArray[np.float32] = self._scene.compute_distance(queries).numpy()
        return nearest


def _rays(origins: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
    rays = np.empty((len(directions), 6), np.float32)
    rays[:, :3], rays[:, 3:] = origins, directions
    return rays
