"""Pinhole cameras with two radial terms: pixels ↔ rays ↔ world points.

Pixels: an image spans [0, width] x [0, height] and the centre of the top-left pixel is
(0.5, 0.5), so that resizing scales fx and cx by the plain ratio. Camera frame: x right, y down,
z forward. Source: COLMAP's camera models PINHOLE and RADIAL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.rigid import Rigid3


@dataclass(frozen=True)
class Intrinsics:
    """Focal lengths, principal point and image size [px]; k1, k2 radial, 0 = none.

    A normalised point (x, y) is seen at `fx * x * (1 + k1 * r2 + k2 * r2**2) + cx`.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    k1: float = 0.0
    k2: float = 0.0

    def resized(self, width: int, height: int) -> Intrinsics:
        """The same lens, for the photo resized to `width` x `height`."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self,
            fx=self.fx * sx, fy=self.fy * sy, cx=self.cx * sx, cy=self.cy * sy,
            width=width, height=height,
        )  # fmt: skip

    def pinhole(self) -> Intrinsics:
        """The same camera without its lens distortion: what an undistorted photo has."""
        return replace(self, k1=0.0, k2=0.0)

    def matrix(self) -> NDArray[np.float64]:
        """`(3, 3)` calibration matrix in this module's pixel convention."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1.0]])


@dataclass(frozen=True, eq=False)
class Camera:
    """Where a view was taken from, and through which lens."""

    intrinsics: Intrinsics
    cam_from_world: Rigid3

    @property
    def centre(self) -> NDArray[np.float64]:
        """`(3,)` position in the world [world units]."""
        rotation, translation = self.cam_from_world.rotation, self.cam_from_world.translation
        return -rotation.T @ translation

    def resized(self, width: int, height: int) -> Camera:
        """The same camera for the photo resized to `width` x `height`."""
        return Camera(self.intrinsics.resized(width, height), self.cam_from_world)

    def pinhole(self) -> Camera:
        """The same camera without its lens distortion."""
        return Camera(self.intrinsics.pinhole(), self.cam_from_world)


def pixel_centres(width: int, height: int) -> NDArray[np.float32]:
    """`(height, width, 2)` x, y of every pixel's centre [px]."""
    x, y = np.meshgrid(
        np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5
    )
    return np.stack([x, y], axis=-1)


def project(points: ArrayLike, camera: Camera) -> NDArray[np.float64]:
    """World points → pixels.

    Args:
        points: `(..., 3)` [world units].
        camera: its lens distortion is applied.

    Returns:
        `(..., 2)` pixels; NaN for points at or behind the camera's plane.
    """
    in_camera = camera.cam_from_world.apply(points)
    lens = camera.intrinsics
    with np.errstate(divide="ignore", invalid="ignore"):
        xy = in_camera[..., :2] / in_camera[..., 2:]
    r2 = (xy**2).sum(axis=-1, keepdims=True)
    pixels = xy * (1 + lens.k1 * r2 + lens.k2 * r2**2) * (lens.fx, lens.fy) + (lens.cx, lens.cy)
    return np.where(in_camera[..., 2:] > 0, pixels, np.nan)


def rays(camera: Camera) -> NDArray[np.float32]:
    """`(height, width, 3)` directions in the camera frame with z = 1, of a camera without k1, k2.

    Raises:
        ValueError: the camera has lens distortion; undistort the photo first.
    """
    lens = camera.intrinsics
    if lens.k1 or lens.k2:
        raise ValueError("rays() wants a pinhole camera: use Camera.pinhole()")
    centres = pixel_centres(lens.width, lens.height)
    directions = np.ones((lens.height, lens.width, 3), np.float32)
    directions[..., 0] = (centres[..., 0] - lens.cx) / lens.fx
    directions[..., 1] = (centres[..., 1] - lens.cy) / lens.fy
    return directions


def unproject(depth: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """Lift a depth map to world points, one per pixel.

    Args:
        depth: `(H, W)` z along the optical axis, not ray length [world units]; 0 = not measured.
        camera: a pinhole of the depth map's own size, see `Camera.resized` and `Camera.pinhole`.

    Returns:
        `(H, W, 3)` world points [world units], NaN where depth is 0.

    Raises:
        ValueError: the camera and the depth map differ in size, or the camera is distorted.

    Source: pinhole model; pixel centres at half-integers.
    """
    lens = camera.intrinsics
    if depth.shape != (lens.height, lens.width):
        raise ValueError(f"depth is {depth.shape}, the camera {lens.height, lens.width}")
    z = np.where(depth > 0, depth, np.nan)[..., None]
    world_from_cam = camera.cam_from_world.inverse()
    in_camera = rays(camera) * z
    points: NDArray[np.float32] = in_camera @ world_from_cam.rotation.T.astype(
        np.float32
    ) + world_from_cam.translation.astype(np.float32)
    return points
