"""Windows of a room that is known: what a network would say of some of its views.

room = forward(8)                                # cameras, and what they see
a = said(room, range(0, 5), world=A, noise=0.01)
b = said(room, range(3, 8), world=B)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation

from da3studio.engine.da3.window import WindowResult
from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Unit
from da3studio.scene.view import ViewId
from tests.synthetic.rigs import lens_of, look_at, orbit
from tests.synthetic.shapes import Box, Shape, Sphere, Union, depth_map

A = Sim3(0.4, Rotation.from_rotvec((0.3, -1.0, 2.0)).as_matrix(), np.array([1.0, 2.0, -3.0]))
B = Sim3(3.0, Rotation.from_rotvec((-2.0, 0.1, 0.7)).as_matrix(), np.array([-5.0, 0.0, 4.0]))

ROOM = Union(
    Box(half=(6.0, 2.5, 1.5)), Sphere((1.0, 0.8, -1.0), 0.5), Sphere((3.5, -0.7, -0.9), 0.6)
)


@dataclass(frozen=True, eq=False)
class Seen:
    """Cameras in order, and the exact depth of each."""

    names: tuple[ViewId, ...]
    cameras: tuple[Camera, ...]
    depths: tuple[DepthMap, ...]


def seen(shape: Shape, rig: Mapping[ViewId, Camera]) -> Seen:
    return Seen(tuple(rig), tuple(rig.values()), tuple(depth_map(shape, c) for c in rig.values()))


@cache
def forward(n: int = 8, size: tuple[int, int] = (56, 42)) -> Seen:
    """Straight ahead through the room: all camera centres are on one line."""
    lens = lens_of(size, 0.7)
    eyes = {ViewId(f"ahead_{k}"): (-4.0 + 0.25 * k, 0.1, 0.0) for k in range(n)}
    return seen(ROOM, {name: look_at(eye, (9, 0.1, 0), lens) for name, eye in eyes.items()})


@cache
def around(n: int = 8) -> Seen:
    """About the middle of the room."""
    return seen(ROOM, orbit(n, radius=1.8, height=0.3, size=(56, 42), focal=0.7, degrees=90))


def said(
    room: Seen,
    views: Iterable[int],
    world: Sim3,
    *,
    noise: float = 0.0,
    outliers: float = 0.0,
    seed: int = 0,
    unit: Unit = "relative",
) -> WindowResult:
    """A window in a world of its own.

    Args:
        room: what there is to see.
        views: which of its views.
        world: `window_from_room`.
        noise: of the depth, as a share of it.
        outliers: share of pixels with an unrelated depth, up to twice too far.
        seed: of both.
        unit: of the window.
    """
    rng, views = np.random.default_rng(seed), list(views)
    depths = []
    for i in views:
        z = room.depths[i].z * (1 + noise * rng.normal(size=room.depths[i].z.shape))
        wrong = rng.random(z.shape) < outliers
        z = np.where(wrong, z * rng.uniform(1.1, 2.0, z.shape), z) * world.scale
        depths.append(replace(room.depths[i], z=z.astype(np.float32)))
    return WindowResult(
        tuple(room.names[i] for i in views),
        tuple(world.apply_to_camera(room.cameras[i]) for i in views),
        tuple(depths),
        np.eye(len(room.names), dtype=np.float32)[views],
        unit,
    )


@dataclass(frozen=True)
class Kept:
    """A `WindowStore` of a list."""

    windows: Sequence[WindowResult]

    def read(self, index: int) -> WindowResult:
        return self.windows[index]
