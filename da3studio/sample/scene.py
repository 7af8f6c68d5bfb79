"""The sample scene: an amphora among other things on a table in a room, known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera
from da3studio.sample.light import light_maps
from da3studio.sample.patch import Triangles, triangulated
from da3studio.sample.room import room
from da3studio.sample.shading import Shading
from da3studio.sample.still_life import still_life
from da3studio.sample.tracer import Tracer
from da3studio.sample.viewpoints import held_out_cameras, photo_cameras
from da3studio.scene.mesh import Mesh

SCENE_VERSION = 2  # raise it whenever a photo would come out differently


@dataclass(frozen=True, eq=False)
class SampleScene:
    """Everything there is to know of the scene; metres, y down, the table top is y = 0."""

    mesh: Mesh
    names: tuple[str, ...]  # of the surfaces, such as "vase" or "table/top"
    triangles: Triangles  # the mesh with texture coordinates and the surface of each face
    cameras: tuple[Camera, ...]  # of the photos
    held_out: tuple[Camera, ...]  # between them, never photographed
    tracer: Tracer
    shading: Shading

    def colour(
        self, points: NDArray[np.float32], face_idx: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """`(N, 3)` exact linear light that leaves `(N, 3)` points on these faces, any way seen."""
        corners = self.mesh.vertices[self.mesh.faces[face_idx]].astype(np.float64)
        edges = np.moveaxis(corners[:, 1:] - corners[:, :1], 1, 0)
        normal = np.cross(edges[0], edges[1])
        from_first = points - corners[:, 0]
        area2 = np.einsum("ij,ij->i", normal, normal)
        second = np.einsum("ij,ij->i", np.cross(from_first, edges[1]), normal) / area2
        third = np.einsum("ij,ij->i", np.cross(edges[0], from_first), normal) / area2
        return self.shading.radiance(face_idx, np.stack([second, third], -1).astype(np.float32))


def sample_scene() -> SampleScene:
    """Paint, build and light the scene: some seconds of work, the same result every time."""
    patches = (*still_life(), *room())
    triangles = triangulated(patches)
    tracer = Tracer(triangles)
    shading = Shading(patches, triangles, light_maps(patches, triangles, tracer))
    return SampleScene(
        mesh=Mesh(triangles.vertices, triangles.faces, triangles.normals),
        names=tuple(patch.name for patch in patches),
        triangles=triangles,
        cameras=photo_cameras(),
        held_out=held_out_cameras(),
        tracer=tracer,
        shading=shading,
    )
