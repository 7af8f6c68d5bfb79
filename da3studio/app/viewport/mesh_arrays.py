"""A mesh made ready for the graphics card; pure NumPy, so that it can be done in the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.app.viewport.surface_blocks import SurfaceBlocks
from da3studio.exporters.surface import split_at_seams
from da3studio.scene.mesh import Mesh

TEXTURE_PX = 4096  # longer side on the card; without mip-maps a larger one only shimmers more
_LEVELS = 4  # the texture at full, half, quarter and eighth size
_SAMPLE = 2000  # faces that the size of a texel is taken from
_NO_COLOUR = np.array([190, 190, 190], np.uint8)


@dataclass(frozen=True, eq=False)
class MeshArrays:
    """What the card gets. With a texture, vertices on a seam are there once per chart."""

    origin: NDArray[np.float64]  # (3,) world place of the coordinates' zero
    xyz: NDArray[np.float32]  # (U, 3) relative to it [world units]
    normals: NDArray[np.float32]  # (U, 3)
    colours: NDArray[np.float32]  # (U,) red * 65536 + green * 256 + blue, exact in float32
    uv: NDArray[np.float32]  # (U, 2) origin top left, 0 without a texture
    faces: NDArray[np.uint32]  # (F, 3)
    textures: tuple[NDArray[np.uint8], ...]  # (H, W, 3) each, every one half the one before
    texel: float  # edge of a texel of the first texture on the surface [world units]
    blocks: SurfaceBlocks  # of the same faces, for pointing at them


def mesh_arrays(mesh: Mesh) -> MeshArrays:
    """About 2 s for a million textured faces."""
    vertices, normals, faces = mesh.vertices, mesh.normals, mesh.faces
    rgb = mesh.rgb
    uv = np.zeros((len(vertices), 2), np.float32)
    textures: tuple[NDArray[np.uint8], ...] = ()
    texel = 0.0
    if mesh.texture is not None and len(faces):
        seamed = split_at_seams(faces, mesh.texture.corner_uv)
        vertices, normals = vertices[seamed.vertex_idx], normals[seamed.vertex_idx]
        rgb = None if rgb is None else rgb[seamed.vertex_idx]
        uv, faces = seamed.uv, seamed.faces.astype(np.int32)
        textures = _pyramid(mesh.texture.image)
        texel = _texel(vertices, uv, faces, textures[0].shape)
    low, high = _box(mesh.vertices)
    origin = (low + high) / 2
    return MeshArrays(
        origin=origin,
        xyz=(vertices - origin).astype(np.float32),
        normals=np.ascontiguousarray(normals),
        colours=packed(np.broadcast_to(_NO_COLOUR, vertices.shape) if rgb is None else rgb),
        uv=uv,
        faces=np.ascontiguousarray(faces, np.int32).view(np.uint32),
        textures=textures,
        texel=texel,
        blocks=SurfaceBlocks(mesh),
    )


def packed(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`(N, 3)` colours as `(N,)` floats, which hold 24 bits exactly."""
    red, green, blue = rgb.astype(np.float32).T
    result: NDArray[np.float32] = red * np.float32(65536) + green * np.float32(256) + blue
    return result


def _box(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not len(points):
        return np.zeros(3), np.zeros(3)
    return points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)


def _pyramid(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """The texture at the size of the card, and three times halved: gloo has no mip-maps."""
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, TEXTURE_PX / max(height, width, 1))
    levels = [image]
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        levels = [cv2.resize(image, size, interpolation=cv2.INTER_AREA)]
    while len(levels) < _LEVELS and min(levels[-1].shape[:2]) >= 64:
        half = levels[-1].shape[1] // 2, levels[-1].shape[0] // 2
        levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA))
    return tuple(levels)


def _texel(
    vertices: NDArray[np.float32],
    uv: NDArray[np.float32],
    faces: NDArray[np.int32],
    shape: tuple[int, ...],
) -> float:
    """Usual edge of a texel on the surface [world units]."""
    some = faces[:: max(1, len(faces) // _SAMPLE)]
    a, b, c = vertices[some].swapaxes(0, 1)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    a, b, c = (uv[some] * (shape[1], shape[0])).swapaxes(0, 1)
    in_texels = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    sound = (area > 0) & (in_texels > 0)
    return float(np.median(np.sqrt(area[sound] / in_texels[sound]))) if sound.any() else 0.0
