"""Looking up textures and light maps at surface points, at the sharpness a photo can hold."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.sample.patch import Patch, Triangles

N_LEVELS = 6  # each level of a texture has half the size of the one before
_ROW = 1024  # texels are looked up in rows of this length: OpenCV limits width and height


class Shading:
    """The light that leaves every point of the scene, the same in all directions (Lambert).

    Args:
        patches: with their textures.
        triangles: of these patches.
        light_maps: one per patch, `(h, w, 3)` light that arrives [W/m2 of three colours].
    """

    def __init__(
        self,
        patches: tuple[Patch, ...],
        triangles: Triangles,
        light_maps: tuple[NDArray[np.float32], ...],
    ) -> None:
        self._light_maps = light_maps
        self._pyramids = tuple(_pyramid(patch.albedo) for patch in patches)
        self._triangles = triangles
        self._density = _texels_per_metre(patches, triangles)

    def radiance(
        self,
        face_idx: NDArray[np.int32],
        corner_weights: NDArray[np.float32],
        footprint_m: NDArray[np.float32] | float = 0.0,
    ) -> NDArray[np.float32]:
        """`(N, 3)` linear light that leaves surface points towards anybody.

        Args:
            face_idx: `(N,)`.
            corner_weights: `(N, 2)` of the face's second and third corner.
            footprint_m: `(N,)` width of the spot to average over [m]; 0 = the exact point.
        """
        uv = self._texture_coordinates(face_idx, corner_weights)
        texels = np.maximum(self._density[face_idx] * footprint_m, 1.0)
        level = np.minimum(np.log2(texels).astype(np.int32), N_LEVELS - 1)
        group = self._triangles.patch_idx[face_idx] * N_LEVELS + level
        leaving = np.empty((len(uv), 3), np.float32)
        for key, members in groups(group):
            pyramid = self._pyramids[key // N_LEVELS]
            at = uv[members]
            colour = _look_up(pyramid[min(key % N_LEVELS, len(pyramid) - 1)], at)
            colour *= _look_up(self._light_maps[key // N_LEVELS], at)
            leaving[members] = colour
        leaving *= np.float32(1 / (65535 * np.pi))  # Lambert: the same in all directions
        return leaving

    def _texture_coordinates(
        self, face_idx: NDArray[np.int32], corner_weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        corners = self._triangles.corner_uv
        uv: NDArray[np.float32] = corners[:, 0].take(face_idx, axis=0)
        for k in (1, 2):
            edge = corners[:, k] - corners[:, 0]
            uv += edge.take(face_idx, axis=0) * corner_weights[:, k - 1 : k]
        return uv


def groups(keys: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each value that occurs among `(N,)` small keys, with the indices where it does."""
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    in_order = keys[order]
    starts = np.flatnonzero(np.diff(in_order, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield int(in_order[start]), order[start:end]


def _pyramid(albedo: NDArray[np.uint16]) -> tuple[NDArray[np.uint16], ...]:
    levels = [albedo]
    while len(levels) < N_LEVELS and min(levels[-1].shape[:2]) >= 8:
        height, width = levels[-1].shape[:2]
        half = (max(1, width // 2), max(1, height // 2))
        levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA))
    return tuple(levels)


def _texels_per_metre(patches: tuple[Patch, ...], triangles: Triangles) -> NDArray[np.float32]:
    """`(F,)` how densely each face is painted, the mean of both directions."""
    sizes = np.array([patch.albedo.shape[1::-1] for patch in patches], np.float64)
    texel = triangles.corner_uv * sizes[triangles.patch_idx][:, None, :]
    corners = triangles.vertices[triangles.faces].astype(np.float64)
    (a, b), (p, q) = (np.moveaxis(x[:, 1:] - x[:, :1], 1, 0) for x in (texel, corners))
    painted = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    area = np.linalg.norm(np.cross(p, q), axis=1)
    density: NDArray[np.float32] = np.sqrt(painted / np.maximum(area, 1e-12)).astype(np.float32)
    return density


def _look_up(image: NDArray[np.generic], uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(N, 3)` bilinear values of a texture whose first texel's centre is half a texel inside."""
    height, width = image.shape[:2]
    n = len(uv)
    rows = -(-n // _ROW)
    at = np.zeros((2, rows, _ROW), np.float32)
    at[0].ravel()[:n] = uv[:, 0] * width - 0.5
    at[1].ravel()[:n] = uv[:, 1] * height - 0.5
    parts = [
        cv2.remap(
            image,
            at[0, k : k + _ROW],
            at[1, k : k + _ROW],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for k in range(0, rows, _ROW)
    ]
    found: NDArray[np.float32] = np.concatenate(parts).reshape(-1, 3)[:n].astype(np.float32)
    return found
