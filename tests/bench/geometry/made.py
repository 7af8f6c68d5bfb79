"""A made scene with exact truth, and answers about it that are as good as is asked for.

photos = table(4)                       # a tabletop from four places, two metres away
perfect(photos)                         # the truth, in another world
perfect(photos, turned_deg=3)           # every second camera turned
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from da3studio.bench.geometry.answers import Answer
from da3studio.bench.geometry.synthetic import made_photos
from da3studio.bench.geometry.truth import Photo, SeenDepth
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap

HEIGHT, WIDTH = 84, 112
ELSEWHERE = Sim3(2.5, rotation_from_wxyz((0.8, 0.1, -0.5, 0.3)), np.array([3.0, -1, 7]))


def table(n_views: int, far: float = 2.0) -> tuple[Photo, ...]:
    """Up to eight photos of a tabletop whose median depth is `far`."""
    photos = _eight()
    scale = far / np.median(np.concatenate([photo.depth().z for photo in photos]))
    return tuple(_scaled(photo, float(scale)) for photo in photos[:n_views])


@cache
def _eight() -> tuple[Photo, ...]:
    return tuple(made_photos("table", 8, (HEIGHT, WIDTH), "table", seed=7))


def _scaled(photo: Photo, scale: float) -> Photo:
    pose, depth = photo.camera.cam_from_world, photo.depth()
    camera = Camera(photo.camera.intrinsics, Rigid3(pose.rotation, scale * pose.translation))
    seen = SeenDepth(depth.xy, scale * depth.z, is_dense=True)
    return replace(photo, camera=camera, depth=lambda: seen)


def depth_map(photo: Photo) -> np.ndarray:
    """`(H, W)` the true depth, 0 where nothing is."""
    seen = photo.depth()
    z = np.zeros((photo.view.height, photo.view.width), np.float32)
    column, row = np.floor(seen.xy).astype(int).T
    z[row, column] = seen.z
    return z


def answer_of(z: np.ndarray) -> DepthMap:
    return DepthMap(z.astype(np.float32), (z > 0).astype(np.float32), z == 0)


def perfect(photos: Sequence[Photo], *, turned_deg: float = 0.0, given: bool = False) -> Answer:
    """The truth; in the photos' own world if the cameras were given, else in another."""
    world = Sim3(1.0, np.eye(3), np.zeros(3)) if given else ELSEWHERE
    cameras, half = {}, np.radians(turned_deg) / 2
    for i, photo in enumerate(photos):
        camera = world.apply_to_camera(photo.camera)
        turn = Rigid3(rotation_from_wxyz((np.cos(half), np.sin(half), 0, 0)), np.zeros(3))
        pose = camera.cam_from_world
        cameras[photo.name] = Camera(camera.intrinsics, turn @ pose if i % 2 else pose)
    depths = {photo.name: answer_of(world.scale * depth_map(photo)) for photo in photos}
    return Answer(cameras, depths, 1.0, finds_cameras=not given)
