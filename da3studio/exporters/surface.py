"""Meshes made fit for a file: sound faces, unit normals, seams, colours, a place to stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.geometry.conventions import GLTF_FROM_OURS
from da3studio.scene.mesh import Mesh, Texture

_UNIT_TOLERANCE = 1e-4  # of a normal's length; Khronos' validator asks for 5e-4


def finite_rows(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """`(N,)` which rows of `(N, C)` hold neither NaN nor infinity."""
    finite: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(values), axis=1)
    return finite


def sound(mesh: Mesh) -> Mesh:
    """The mesh without what readers choke on; a sound mesh keeps its arrays.

    Removed: faces at a NaN or infinite vertex, faces with two corners in one place, and vertices
    no face uses. Needle faces of three distinct corners on one line stay: without them their
    neighbours would no longer meet. Normals get unit length; where one is missing it is made
    from the faces around.

    Raises:
        Missing: no face is left.
    """
    finite = finite_rows(mesh.vertices)
    corners = mesh.vertices[mesh.faces]
    coincident = np.zeros(len(mesh.faces), np.bool_)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        coincident |= (corners[:, a] == corners[:, b]).all(axis=1)
    kept_faces = finite[mesh.faces].all(axis=1) & ~coincident
    if not kept_faces.any():
        raise Missing(
            tr("The mesh has no surface to export."),
            why=tr("None of its {n} faces has three distinct corners.").format(n=len(mesh.faces)),
            fix=tr("Make the mesh again with other settings, or export the point cloud."),
        )
    used = np.zeros(len(mesh.vertices), np.bool_)
    used[mesh.faces[kept_faces].ravel()] = True
    if not (kept_faces.all() and used.all()):
        mesh = _subset(mesh, used, kept_faces)
    return _with_unit_normals(mesh)


def _subset(mesh: Mesh, vertices: NDArray[np.bool_], faces: NDArray[np.bool_]) -> Mesh:
    new_index = np.cumsum(vertices, dtype=np.int32) - 1
    return Mesh(
        vertices=mesh.vertices[vertices],
        faces=new_index[mesh.faces[faces]],
        normals=mesh.normals[vertices],
        rgb=None if mesh.rgb is None else mesh.rgb[vertices],
        texture=None
        if mesh.texture is None
        else Texture(mesh.texture.image, mesh.texture.corner_uv[faces]),
    )


def _with_unit_normals(mesh: Mesh) -> Mesh:
    normals = mesh.normals.astype(np.float64)
    lengths = np.linalg.norm(normals, axis=1)
    if (np.abs(lengths - 1) < _UNIT_TOLERANCE).all():
        return mesh
    # below 1e-6 the direction of a float32 sum is rounding noise
    lost = ~(np.isfinite(lengths) & (lengths > 1e-6))
    if lost.any():
        normals[lost] = _normals_of_faces(mesh)[lost]
        lengths = np.linalg.norm(normals, axis=1)
    return Mesh(mesh.vertices, mesh.faces, normals / lengths[:, None], mesh.rgb, mesh.texture)


def _normals_of_faces(mesh: Mesh) -> NDArray[np.float64]:
    """`(V, 3)` area-weighted sum of the normals of each vertex's faces; up where they cancel."""
    a, b, c = mesh.vertices.astype(np.float64)[mesh.faces].swapaxes(0, 1)
    of_faces = np.cross(b - a, c - a)
    corner = mesh.faces.ravel()
    summed: NDArray[np.float64] = np.stack(
        [
            np.bincount(corner, np.repeat(of_faces[:, axis], 3), len(mesh.vertices))
            for axis in range(3)
        ],
        axis=1,
    )
    summed[np.linalg.norm(summed, axis=1) == 0] = (0, -1, 0)
    return summed


@dataclass(frozen=True, eq=False)
class Seamed:
    """A textured mesh with one index per corner: vertices on a seam are there once per chart."""

    vertex_idx: NDArray[np.int64]  # (U,) which vertex of the mesh
    uv: NDArray[np.float32]  # (U, 2) origin top left
    faces: NDArray[np.int64]  # (F, 3) into the two above


def split_at_seams(faces: NDArray[np.int32], corner_uv: NDArray[np.float32]) -> Seamed:
    """Give each distinct (vertex, uv) pair an index of its own.

    Args:
        faces: `(F, 3)`.
        corner_uv: `(F, 3, 2)`; NaN becomes 0.

    Returns:
        In the order of the vertices; `uv[faces]` is `corner_uv` again.
    """
    vertex = faces.ravel().astype(np.int64)
    uv = np.nan_to_num(corner_uv.reshape(-1, 2)).astype(np.float32) + np.float32(0)  # no -0
    uv_bits = np.ascontiguousarray(uv).view(np.int64).ravel()
    order = np.lexsort((uv_bits, vertex))
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (np.diff(vertex[order]) != 0) | (np.diff(uv_bits[order]) != 0)
    index = np.empty(len(order), np.int64)
    index[order] = np.cumsum(is_new) - 1
    first = order[is_new]
    return Seamed(vertex[first], uv[first], index.reshape(-1, 3))


def vertex_colours(mesh: Mesh) -> NDArray[np.uint8] | None:
    """`(V, 3)` sRGB: the mesh's own, or the mean of the texture at each vertex' corners."""
    if mesh.rgb is not None or mesh.texture is None:
        return mesh.rgb
    image = mesh.texture.image
    height, width = image.shape[:2]
    uv = np.nan_to_num(mesh.texture.corner_uv.reshape(-1, 2))
    column = np.clip(uv[:, 0] * width, 0, width - 1).astype(np.intp)
    row = np.clip(uv[:, 1] * height, 0, height - 1).astype(np.intp)
    corner, n = mesh.faces.ravel(), len(mesh.vertices)
    texels = image[row, column]
    count = np.maximum(np.bincount(corner, minlength=n), 1)
    mean = np.stack([np.bincount(corner, texels[:, c], n) / count for c in range(3)], axis=1)
    return np.rint(mean).astype(np.uint8)


def centred_origin(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """`(3,)` middle of the base of the `(N, 3)` points' bounding box; y points down."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    middle = (low + high) / 2
    return np.array([middle[0], high[1], middle[2]])


def y_up(points: NDArray[np.float32], origin: NDArray[np.float64]) -> NDArray[np.float32]:
    """`(N, 3)` points or vectors in axes with y up, `origin` moved to 0.

    The shift is made in the vertices and not in a node of the file: float32 is finest near 0,
    and many readers drop a node's transform.
    """
    return ((points.astype(np.float64) - origin) @ GLTF_FROM_OURS.T).astype(np.float32)
