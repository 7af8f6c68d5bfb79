"""How the world falls onto the viewport. NumPy only: no Qt, no OpenGL.

Pixels here are LOGICAL pixels of the viewport: origin at its top left corner, y down, the centre of
the top left pixel at (0.5, 0.5). Only what talks to OpenGL multiplies by the device pixel ratio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3

_BLOCK = 1 << 18  # points projected at a time: the working memory stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Screen:
    """A pinhole or a parallel projection onto a viewport of a given size.

    Camera frame: x right, y down, z forward. Perspective: `x_px = fx * x / z + cx`. Parallel
    (`ortho`): `x_px = fx * x + cx`, where `fx` is [px per world unit].
    """

    cam_from_world: Rigid3
    fx: float
    fy: float
    cx: float
    cy: float
    width: float  # of the viewport [px]
    height: float
    ortho: bool
    near: float  # depths that are drawn [world units]; of a parallel view also negative ones
    far: float
    focus: float  # depth of what the person looks at: the pivot [world units], > 0

    @classmethod
    def of_camera(
        cls, camera: Camera, width: float, height: float, near: float, far: float, focus: float
    ) -> Screen:
        """The view through a photo's camera: its whole picture, as large as it fits, centred.

        The photo then covers exactly `photo_rect`. Lens distortion is left out, as a projection
        for OpenGL cannot have it: the photo to lay behind is the undistorted one.

        Args:
            camera: of the photo, at any size of the right aspect.
            width: of the viewport [px].
            height: of the viewport [px].
            near: see the class, like the rest.
            far: see the class.
            focus: see the class.
        """
        lens = camera.intrinsics
        scale = min(width / lens.width, height / lens.height)
        left, top = (width - lens.width * scale) / 2, (height - lens.height * scale) / 2
        return cls(
            camera.cam_from_world,
            lens.fx * scale, lens.fy * scale, lens.cx * scale + left, lens.cy * scale + top,
            width, height, False, near, far, focus,
        )  # fmt: skip

    def with_depths(self, near: float, far: float) -> Screen:
        """The same view, drawn between other depths."""
        return replace(self, near=near, far=far)

    @property
    def centre(self) -> NDArray[np.float64]:
        """`(3,)` where the eye is [world units]."""
        return self.cam_from_world.inverse().translation

    @property
    def forward(self) -> NDArray[np.float64]:
        """`(3,)` unit world direction into the screen."""
        forward: NDArray[np.float64] = self.cam_from_world.rotation[2]
        return forward

    def matrix(self) -> NDArray[np.float64]:
        """`(3, 4)` world → homogeneous pixels; the third row is the depth, or 1 if parallel."""
        rotation, translation = self.cam_from_world.rotation, self.cam_from_world.translation
        extrinsic = np.column_stack([rotation, translation])
        last = np.array([0.0, 0, 0, 1]) if self.ortho else extrinsic[2]
        return np.stack(
            [self.fx * extrinsic[0] + self.cx * last, self.fy * extrinsic[1] + self.cy * last, last]
        )

    def project(self, points: ArrayLike) -> NDArray[np.float64]:
        """World points → where they are seen.

        Args:
            points: `(N, 3)` or `(3,)` [world units].

        Returns:
            `(N, 3)` or `(3,)`: x px, y px, depth [world units]. x and y are NaN for points at or
            behind the eye of a perspective view.
        """
        in_camera = self.cam_from_world.apply(points)
        depth = in_camera[..., 2:]
        scale = np.array([self.fx, self.fy])
        if self.ortho:
            seen = in_camera[..., :2]
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                seen = np.where(depth > 0, in_camera[..., :2] / depth, np.nan)
        return np.concatenate([seen * scale + (self.cx, self.cy), depth], axis=-1)

    def project_many(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """`project` in single precision for millions of points: about 25 ms a million.

        Args:
            points: `(N, 3)` [world units].

        Returns:
            `(3, N)`: x px, y px, depth; x and y are NaN behind the eye. A few hundredths of a
            pixel exact, as the viewport itself.
        """
        result = np.empty((3, len(points)), np.float32)
        matrix = self.matrix()
        centre = points[0].astype(np.float64) if len(points) else np.zeros(3)
        offset = (matrix[:, :3] @ centre + matrix[:, 3]).astype(np.float32)[:, None]
        rows = matrix[:, :3].astype(np.float32)
        depth_row = self.cam_from_world.rotation[2].astype(np.float32)
        depth_offset = np.float32(self.cam_from_world.apply(centre)[2])
        near = centre.astype(np.float32)
        for start in range(0, len(points), _BLOCK):
            block = slice(start, min(start + _BLOCK, len(points)))
            local = (points[block] - near).T
            seen = rows @ local + offset
            if self.ortho:
                result[:2, block] = seen[:2]
                result[2, block] = depth_row @ local + depth_offset
                continue
            with np.errstate(divide="ignore", invalid="ignore"):
                result[:2, block] = seen[:2] / np.where(seen[2] > 0, seen[2], np.nan)
            result[2, block] = seen[2]
        return result

    def clip_from_world(self, origin: ArrayLike = (0.0, 0.0, 0.0)) -> NDArray[np.float32]:
        """`(4, 4)` for OpenGL, to be applied to column vectors: `clip = M @ (x, y, z, 1)`.

        vispy.gloo sends rows as columns: set a `uniform mat4 u_clip` used as `u_clip * vec4(...)`
        to `M.T`.

        Args:
            origin: `(3,)` world point that is the origin of the coordinates it will be applied to.
                Large clouds are kept relative to a point nearby, because 32 bits are too few for
                coordinates far from 0; the shift is put in here in 64 bits.
        """
        rotation, translation = self.cam_from_world.rotation, self.cam_from_world.translation
        view = np.eye(4)
        view[:3, :3] = rotation
        view[:3, 3] = rotation @ np.asarray(origin, np.float64) + translation
        return (self._clip_from_cam() @ view).astype(np.float32)

    def _clip_from_cam(self) -> NDArray[np.float64]:
        clip = np.zeros((4, 4))
        # Pixels [0, width] x [0, height] → [-1, 1] with y up.
        clip[0, 0], clip[1, 1] = 2 * self.fx / self.width, -2 * self.fy / self.height
        shift = 2 * self.cx / self.width - 1, 1 - 2 * self.cy / self.height
        span = self.far - self.near
        if self.ortho:
            clip[0, 3], clip[1, 3] = shift
            clip[2, 2], clip[2, 3] = 2 / span, -(self.far + self.near) / span
            clip[3, 3] = 1
        else:
            clip[0, 2], clip[1, 2] = shift
            clip[2, 2] = (self.far + self.near) / span
            clip[2, 3] = -2 * self.far * self.near / span
            clip[3, 2] = 1
        return clip

    def ray(self, x: float, y: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`(3,)` origin and `(3,)` unit direction of what is seen at a pixel.

        The origin is the eye; of a parallel view the point at depth 0.
        """
        aside = np.array([(x - self.cx) / self.fx, (y - self.cy) / self.fy])
        world_from_cam = self.cam_from_world.inverse()
        if self.ortho:
            return world_from_cam.apply([*aside, 0.0]), world_from_cam.rotation[:, 2]
        direction = world_from_cam.rotation @ np.array([*aside, 1.0])
        return world_from_cam.translation, direction / np.linalg.norm(direction)

    def at_depth(self, x: float, y: float, depth: float) -> NDArray[np.float64]:
        """`(3,)` the world point seen at a pixel at this depth [world units]."""
        reach = 1.0 if self.ortho else depth
        aside = (x - self.cx) / self.fx * reach, (y - self.cy) / self.fy * reach
        return self.cam_from_world.inverse().apply([*aside, depth])

    def units_per_px(self, point: ArrayLike) -> float:
        """World units that one logical pixel covers at a world point."""
        if self.ortho:
            return 1 / self.fx
        return abs(float(self.cam_from_world.apply(point)[2])) / self.fx


def photo_rect(camera: Camera, width: float, height: float) -> tuple[float, float, float, float]:
    """Left, top, width, height [px] of the photo in the view of `Screen.of_camera`."""
    lens = camera.intrinsics
    scale = min(width / lens.width, height / lens.height)
    wide, high = lens.width * scale, lens.height * scale
    return (width - wide) / 2, (height - high) / 2, wide, high


def physical_px(length: float, ratio: float) -> int:
    """Physical pixels of a length in logical ones, as `QOpenGLWidget` rounds them: halves up.

    vispy cuts off, and Python rounds halves to the even side: either leaves a line undrawn.
    """
    return max(1, math.floor(length * ratio + 0.5))
