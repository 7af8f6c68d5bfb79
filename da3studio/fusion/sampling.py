"""Looking depth up between pixels, and what a pixel covers on the surface."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera, Intrinsics, rays
from da3studio.geometry.conventions import opencv_matrix

# Neighbouring depths farther apart than this share belong to two surfaces.
EDGE = 0.02
_SLOPE_STEP = 2  # [px] to either side: steadies the slope of noisy depth


def depth_at(
    z: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Depth at positions between pixels: bilinear on a surface, nearest beside an edge.

    Averaging over a depth edge, or with a pixel that was not measured, would invent a surface in
    mid-air; there the nearest pixel's own depth is taken.

    Args:
        z: `(H, W)` depth, 0 = not measured.
        x: `(A, B)` OpenCV pixel positions (centres at integers), A and B under 32768.
        y: as `x`.

    Returns:
        `(A, B)` depth, 0 where nothing was measured or outside the map.
    """
    outside = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": 0}
    nearest: NDArray[np.float32] = cv2.remap(z, x, y, cv2.INTER_NEAREST, **outside)
    smooth = cv2.remap(z, x, y, cv2.INTER_LINEAR, **outside)
    np.copyto(nearest, smooth, where=np.abs(smooth - nearest) < EDGE * nearest)
    return nearest


def warp(
    source: Camera, target: Camera
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """`matrix`, `offset` of `z_t * (x_t, y_t, 1) = z_s * matrix @ (x_s, y_s, 1) + offset`.

    Both pixel positions are OpenCV's; both cameras are pinholes in the size of their depth maps.
    """
    target_from_source = target.cam_from_world @ source.cam_from_world.inverse()
    into = opencv_matrix(target.intrinsics)
    matrix = into @ target_from_source.rotation @ np.linalg.inv(opencv_matrix(source.intrinsics))
    return matrix.astype(np.float32), (into @ target_from_source.translation).astype(np.float32)


def footprint(z: Any, lens: Intrinsics) -> Any:
    """Edge of what one pixel covers on a surface that faces the camera [world units].

    Args:
        z: depth, a number or an array [world units].
        lens: in the size of the depth map.
    """
    return z / float(np.sqrt(lens.fx * lens.fy))


def facing(z: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """Cosine between each pixel's ray and its surface's normal; low beside depth edges, too.

    Args:
        z: `(H, W)` depth [world units], 0 = not measured.
        camera: pinhole in the size of `z`.

    Returns:
        `(H, W)` in [0.1, 1]: flatter angles cannot be told from edges.
    """
    lens, step = camera.intrinsics, _SLOPE_STEP
    across, down = np.zeros_like(z), np.zeros_like(z)
    across[:, step:-step] = (z[:, 2 * step :] - z[:, : -2 * step]) * (lens.fx / (2 * step))
    down[step:-step] = (z[2 * step :] - z[: -2 * step]) * (lens.fy / (2 * step))
    ray = rays(camera)
    # the normal of z(x, y) is (across, down, -along), and its product with the ray is -z
    along = z + ray[..., 0] * across + ray[..., 1] * down
    lengths = np.sqrt((across**2 + down**2 + along**2) * (ray**2).sum(axis=-1))
    cosine = z / np.fmax(lengths, np.finfo(np.float32).tiny)
    clipped: NDArray[np.float32] = np.clip(cosine, 0.1, 1).astype(np.float32)
    return clipped
