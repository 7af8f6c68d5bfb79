"""Ready-made captures: a shape, a rig, and what the pipeline asks of them.

    capture = still_life(16, size=(320, 240))       # box and ball on a table, seen in a circle
    capture.cameras                                 # Mapping ViewId -> Camera (registration's)
    capture.depth_of(view_id)                       # DepthMap in the camera's size, cached
    capture.rgb_of(view_id, width, height)          # undistorted photo in that size
    capture.photo(view_id)                          # the photo as taken, with lens distortion
    capture.seen(every=1)                           # (N, 3) exact points on all that is seen
    capture.distance(points)                        # exact distance to the true surface
    capture.in_world(Sim3(...))                     # the same capture in another world

`dataclasses.replace(capture, noise=0.003, outliers=0.02)` makes its depth worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId
from tests.synthetic.rigs import moved, orbit
from tests.synthetic.shapes import Box, Plane, Shape, Sphere, Union, cast, depth_map, photo

IDENTITY = Sim3(1.0, np.eye(3), np.zeros(3))


@dataclass(frozen=True, eq=False)
class Capture:
    """A shape seen by a rig. `world_from_shape` is applied last, to cameras and depth alike."""

    shape: Shape
    rig: Mapping[ViewId, Camera]  # in the shape's own world
    noise: float = 0.0  # of the depth, as a share of it
    outliers: float = 0.0  # share of pixels with an unrelated depth
    world_from_shape: Sim3 = IDENTITY
    _maps: dict[ViewId, DepthMap] = field(default_factory=dict, init=False, repr=False)

    @property
    def cameras(self) -> dict[ViewId, Camera]:
        return moved(self.rig, self.world_from_shape)

    def depth_of(self, view_id: ViewId) -> DepthMap:
        if view_id not in self._maps:
            seed = list(self.rig).index(view_id)
            clean = depth_map(
                self.shape, self.rig[view_id],
                noise=self.noise, outliers=self.outliers, seed=seed,
            )  # fmt: skip
            z = (clean.z * self.world_from_shape.scale).astype(np.float32)
            self._maps[view_id] = DepthMap(z, clean.confidence, clean.sky)
        return self._maps[view_id]

    def rgb_of(self, view_id: ViewId, width: int, height: int) -> NDArray[np.uint8]:
        return photo(self.shape, self.rig[view_id].pinhole().resized(width, height), samples=1)

    def photo(self, view_id: ViewId) -> NDArray[np.uint8]:
        return photo(self.shape, self.rig[view_id])

    def seen(self, every: int = 1) -> NDArray[np.float64]:
        clouds = [cast(self.shape, camera.pinhole()) for camera in self.rig.values()]
        points = np.concatenate([c.points[c.hit][::every] for c in clouds])
        return self.world_from_shape.apply(points)

    def distance(self, points: ArrayLike) -> NDArray[np.float64]:
        there = self.world_from_shape
        back = (np.asarray(points, np.float64) - there.translation) @ there.rotation / there.scale
        return self.shape.distance(back) * there.scale

    def in_world(self, b_from_a: Sim3) -> Capture:
        """The same capture, with cameras and depth in the world `b`; replaces an earlier move."""
        return replace(self, world_from_shape=b_from_a)


def still_life(
    n: int = 16, size: tuple[int, int] = (320, 240), *, k1: float = 0.0, degrees: float = 360.0
) -> Capture:
    """A box and a ball on a square table of 4 x 4 units, seen from `n` places around it."""
    shape = Union(
        Plane(half=(2.0, 2.0), cell=0.35, seed=2),
        Box(centre=(-0.5, 0.2, 0.4), half=(0.45, 0.35, 0.4), cell=0.3, seed=3),
        Sphere(centre=(0.65, -0.15, 0.5), radius=0.5, cell=0.3, seed=5),
    )
    rig = orbit(
        n, radius=4.0, height=2.6, target=(0.0, 0.0, 0.25), size=size, k1=k1, degrees=degrees
    )
    return Capture(shape, rig)
