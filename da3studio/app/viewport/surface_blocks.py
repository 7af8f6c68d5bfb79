"""The faces of a mesh in blocks of neighbours, so that a ray meets them in milliseconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.app.viewport.screen import Screen
from da3studio.scene.mesh import Mesh

_BLOCK = 256  # faces: a million make four thousand blocks
_BITS = 10  # of the grid each way that says which faces are neighbours


class SurfaceBlocks:
    """Made once a mesh, in half a second a million faces; for any thread."""

    def __init__(self, mesh: Mesh) -> None:
        corners = mesh.vertices[mesh.faces]
        centres = corners.mean(axis=1)
        order = np.argsort(_along_a_curve(centres), kind="stable")
        self._corners = corners[order]
        starts = np.arange(0, len(order), _BLOCK)
        flat = self._corners.reshape(-1, 3)
        self._low = np.minimum.reduceat(flat, 3 * starts, axis=0) if len(starts) else flat
        self._high = np.maximum.reduceat(flat, 3 * starts, axis=0) if len(starts) else flat

    def depth_under(self, screen: Screen, x: float, y: float) -> float | None:
        """Depth of the surface seen at a pixel [world units], `None` where there is none."""
        origin, direction = screen.ray(x, y)
        middle = (self._low + self._high) / 2.0
        radius = np.linalg.norm(self._high - middle, axis=1)
        to_middle = middle - origin
        along = to_middle @ direction
        off = np.linalg.norm(to_middle - along[:, None] * direction, axis=1)
        near = np.flatnonzero(off <= radius * 1.0001)
        if not len(near):
            return None
        rows = (near[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
        triangles = self._corners[rows[rows < len(self._corners)]].astype(np.float64)
        points = origin + _meeting(triangles, origin, direction)[:, None] * direction
        depths = screen.cam_from_world.apply(points)[:, 2]
        depths = depths[depths > screen.near]  # NaN compares false
        return float(depths.min()) if len(depths) else None


def _meeting(
    triangles: NDArray[np.float64], origin: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`(K,)` how far along the ray it meets each of the `(K, 3, 3)` triangles, NaN = never.

    Source: Möller and Trumbore 1997, for both sides.
    """
    a, b, c = triangles.swapaxes(0, 1)
    ab, ac, to_origin = b - a, c - a, origin - a
    p = np.cross(direction, ac)
    q = np.cross(to_origin, ab)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / (ab * p).sum(axis=1)
        u, v = (to_origin * p).sum(axis=1) * inverse, (direction * q).sum(axis=1) * inverse
        along: NDArray[np.float64] = (ac * q).sum(axis=1) * inverse
    hit = (u >= 0) & (v >= 0) & (u + v <= 1)
    return np.where(hit & np.isfinite(along), along, np.nan)


def _along_a_curve(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """`(N,)` keys along Morton's curve: points with close keys are close in space."""
    if not len(points):
        return np.zeros(0, np.int64)
    low = points.min(axis=0)
    size = max(float((points.max(axis=0) - low).max()), 1e-30)
    cells = ((points - low) * (((1 << _BITS) - 1) / size)).astype(np.int64)
    keys = np.zeros(len(points), np.int64)
    for bit in range(_BITS):
        for axis in range(3):
            keys |= ((cells[:, axis] >> bit) & 1) << (3 * bit + axis)
    return keys
