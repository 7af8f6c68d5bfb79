"""Rays against a mesh: what a camera sees of it, and which points are hidden.

The home of Open3D's `RaycastingScene` (Embree): about half a microsecond a ray on one CPU core.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.fusion.bridge import open3d
from da3studio.geometry.camera import Camera, rays
from da3studio.scene.mesh import Mesh


@dataclass(frozen=True, eq=False)
class Hits:
    """Where rays first meet the mesh; the leading shape `(...)` is that of the rays."""

    t: NDArray[np.float32]  # (...) in lengths of the ray's direction, 0 = nothing was hit
    face: NDArray[np.int32]  # (...) which face, -1 = none
    weights: NDArray[np.float32]  # (..., 3) barycentric weights of the face's corners, 0 = none

    @property
    def found(self) -> NDArray[np.bool_]:
        """`(...)` whether the ray met the mesh."""
        return self.face >= 0


class RayScene:
    """A mesh, prepared for casting many rays.

    Coordinates are taken relative to the mesh's middle: Embree computes in float32, and a scene
    in map coordinates lies far from its origin.
    """

    def __init__(self, mesh: Mesh) -> None:
        o3d = open3d()
        self._tensor: Any = o3d.core.Tensor.from_numpy
        self._middle = _middle(mesh.vertices)
        self._scene: Any = o3d.t.geometry.RaycastingScene()
        if len(mesh.faces):
            corners = (mesh.vertices - self._middle).astype(np.float32)
            self._scene.add_triangles(
                self._tensor(corners), self._tensor(mesh.faces.astype(np.uint32))
            )

    def cast(self, origins: ArrayLike, directions: ArrayLike) -> Hits:
        """First hit of each ray.

        Args:
            origins: `(..., 3)`, or anything that broadcasts to it [world units].
            directions: `(..., 3)`, of any length but 0 [world units].
        """
        found = self._scene.cast_rays(self._rays(origins, directions))
        face = found["primitive_ids"].numpy().astype(np.int32)  # 2**32 - 1 wraps to -1
        hit = face >= 0
        u, v = np.moveaxis(found["primitive_uvs"].numpy(), -1, 0)
        weights = np.where(hit[..., None], np.stack([1 - u - v, u, v], axis=-1), 0)
        t = np.where(hit, found["t_hit"].numpy(), 0)
        return Hits(t.astype(np.float32), face, weights.astype(np.float32))

    def look(self, camera: Camera) -> Hits:
        """What each pixel of a pinhole camera sees.

        Returns:
            hits of shape `(height, width)`; `t` is the z depth, as in `DepthMap`.

        Raises:
            ValueError: the camera has lens distortion.
        """
        world_from_cam = camera.cam_from_world.rotation.T.astype(np.float32)
        return self.cast(camera.centre, rays(camera) @ world_from_cam.T)

    def hidden(self, points: ArrayLike, viewpoint: ArrayLike, margin: float) -> NDArray[np.bool_]:
        """Which points have something between them and the viewpoint.

        Args:
            points: `(..., 3)` [world units].
            viewpoint: `(3,)` [world units].
            margin: surface nearer to the point than this share of its distance does not count;
                it keeps a point on the surface from being hidden by its own faces.
        """
        towards = np.asarray(points, np.float64) - np.asarray(viewpoint, np.float64)
        blocked = self._scene.test_occlusions(
            self._rays(viewpoint, towards), tnear=0.0, tfar=1.0 - margin
        )
        hidden: NDArray[np.bool_] = blocked.numpy()
        return hidden

    def _rays(self, origins: ArrayLike, directions: ArrayLike) -> Any:
        towards = np.asarray(directions)
        packed = np.empty((*towards.shape[:-1], 6), np.float32)
        packed[..., :3] = np.asarray(origins, np.float64) - self._middle
        packed[..., 3:] = towards
        return self._tensor(packed)


def _middle(vertices: NDArray[np.float32]) -> NDArray[np.float64]:
    if not len(vertices):
        return np.zeros(3)
    middle: NDArray[np.float64] = (vertices.min(axis=0) + vertices.max(axis=0)).astype(float) / 2
    return middle
