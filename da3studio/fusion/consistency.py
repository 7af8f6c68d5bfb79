"""Cross-view depth check: how many other views measured the same place.

A pixel's point is projected into another view, that view's depth there is lifted and projected
back. The views agree when the way there and back ends where it began, in the picture and in depth
(the geometric check of Schönberger et al. 2016 and Galliani et al. 2015).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.sampling import depth_at, warp
from da3studio.geometry.camera import Camera
from da3studio.recipes.fuse import FuseRecipe
from da3studio.scene.depth import DepthMap

# In depth tolerances: beyond, another view's surface is clearly not the same one, and so either
# hides the point from that view or shows that nothing is at its place.
_CLEARLY = 3.0
_SKY = np.float32(1e30)  # as a depth: behind everything, and finite so that products stay numbers
_NOWHERE = np.float32(-1e4)  # a pixel position outside every picture


@dataclass(frozen=True, eq=False)
class Checked:
    """What the other views say of one view's depth map; `(H, W)` each."""

    agree: NDArray[np.uint8]  # views that measured the same place, its own included; 0 = no depth
    could_see: NDArray[np.uint8]  # views that have the place in sight, its own included
    against: NDArray[np.uint8]  # views that see through the place
    depth: NDArray[np.float32]  # mean over the views that agree [world units], 0 = no depth

    def accepted(self, min_views: int) -> NDArray[np.bool_]:
        """Pixels that enough views confirm, and fewer contradict.

        Enough is `min_views`, or all that have the place in sight where those are fewer, but
        never under 2: one view alone proves nothing.
        """
        required = np.clip(self.could_see, 2, min_views)
        confirmed: NDArray[np.bool_] = (self.agree >= required) & (self.against < self.agree)
        return confirmed


def check_depth(
    camera: Camera,
    depth: DepthMap,
    others: Iterable[tuple[Camera, DepthMap]],
    recipe: FuseRecipe,
) -> Checked:
    """Compare a depth map with those of other views.

    Args:
        camera: pinhole in the size of `depth`.
        depth: the map to check.
        others: cameras (pinholes in the size of their maps) and maps to check against; read one
            by one, so that they may be loaded on the way.
        recipe: tolerances; `pixel_tolerance` is in pixels of `depth`.
    """
    measured = (depth.z > 0) & ~depth.sky
    z = np.where(measured, depth.z, np.float32(0))
    agree = measured.astype(np.uint8)
    could_see, against, total = agree.copy(), np.zeros_like(agree), z.copy()
    for other_camera, other in others:
        seen = _compare(camera, z, measured, other_camera, other, recipe)
        agree += seen.agrees
        could_see += seen.in_sight
        against += seen.contradicts
        total += np.where(seen.agrees, seen.depth, np.float32(0))
    mean = (total / np.maximum(agree, 1)).astype(np.float32)
    return Checked(agree, could_see, against, mean)


@dataclass(frozen=True, eq=False)
class _Seen:
    agrees: NDArray[np.bool_]
    in_sight: NDArray[np.bool_]
    contradicts: NDArray[np.bool_]
    depth: NDArray[np.float32]  # of this view, as the other one measured it


def _compare(
    camera: Camera,
    z: NDArray[np.float32],
    measured: NDArray[np.bool_],
    other_camera: Camera,
    other: DepthMap,
    recipe: FuseRecipe,
) -> _Seen:
    height, width = z.shape
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        u, v, expected = _carry(x, y, z, *warp(camera, other_camera))
        in_frame = measured & (expected > 0)
        in_frame &= (u > -0.5) & (u < other.width - 0.5) & (v > -0.5) & (v < other.height - 0.5)
        u, v = np.where(in_frame, u, _NOWHERE), np.where(in_frame, v, _NOWHERE)
        there = depth_at(np.where(other.sky, _SKY, other.z), u, v)
        back_x, back_y, back_z = _carry(u, v, there, *warp(other_camera, camera))
        found = in_frame & (there > 0)
        agrees = found & (np.abs(back_z - z) <= recipe.depth_tolerance * z)
        agrees &= (back_x - x) ** 2 + (back_y - y) ** 2 <= recipe.pixel_tolerance**2
    clearly = _CLEARLY * recipe.depth_tolerance
    hidden = found & ~agrees & (there < (1 - clearly) * expected)
    contradicts = found & ~agrees & (there > (1 + clearly) * expected)
    return _Seen(agrees, in_frame & ~hidden, contradicts, back_z)


def _carry(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    z: NDArray[np.float32],
    matrix: NDArray[np.float32],
    offset: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Pixels with depth of one view → pixels and depth of another."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    depth = z * (g * x + (h * y + i)) + offset[2]
    inverse = 1 / depth
    u = (z * (a * x + (b * y + c)) + offset[0]) * inverse
    v = (z * (d * x + (e * y + f)) + offset[1]) * inverse
    return u, v, depth
