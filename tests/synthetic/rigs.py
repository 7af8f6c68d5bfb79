"""Camera rigs: where a synthetic capture is taken from.

    cameras = orbit(16, radius=4, height=2, size=(320, 240))      # dict: ViewId -> Camera
    cameras = grid(3, 4, distance=4, spacing=0.5)                 # rows x columns, parallel axes
    camera = look_at(eye=(4, 0, 2), target=(0, 0, 0), lens=lens_of((320, 240)))
    cameras = moved(cameras, Sim3(...))                           # the same rig in another world

Ids are "view_000", "view_001" … in rig order. Up is +z.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3
from da3studio.scene.view import ViewId

UP = (0.0, 0.0, 1.0)


def lens_of(
    size: tuple[int, int] = (320, 240), focal: float = 1.1, k1: float = 0.0, k2: float = 0.0
) -> Intrinsics:
    """A lens with the principal point in the middle; `focal` in units of the longer side."""
    width, height = size
    f = focal * max(size)
    return Intrinsics(f, f, width / 2, height / 2, width, height, k1, k2)


def look_at(eye: ArrayLike, target: ArrayLike, lens: Intrinsics, up: ArrayLike = UP) -> Camera:
    """A camera at `eye` whose optical axis passes through `target`."""
    eye = np.asarray(eye, np.float64)
    forward = np.asarray(target, np.float64) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    return Camera(lens, Rigid3(rotation, -rotation @ eye))


def orbit(
    n: int,
    *,
    radius: float = 4.0,
    height: float = 2.0,
    target: ArrayLike = (0.0, 0.0, 0.0),
    size: tuple[int, int] = (320, 240),
    focal: float = 1.1,
    degrees: float = 360.0,
    k1: float = 0.0,
) -> dict[ViewId, Camera]:
    """`n` cameras at z = `height` on an arc about `target`, all looking at it.

    The full circle does not repeat its first camera; a shorter arc includes both ends.
    """
    angles = np.radians(degrees) * np.arange(n) / (n if degrees >= 360 else max(n - 1, 1))
    target = np.asarray(target, np.float64)
    lens = lens_of(size, focal, k1)
    return {
        view_id(i): look_at(
            (target[0] + radius * np.cos(a), target[1] + radius * np.sin(a), height), target, lens
        )
        for i, a in enumerate(angles)
    }


def grid(
    rows: int,
    columns: int,
    *,
    distance: float = 4.0,
    spacing: float = 0.5,
    size: tuple[int, int] = (320, 240),
    focal: float = 1.1,
) -> dict[ViewId, Camera]:
    """Cameras in the plane z = `distance` that all look straight down, image top towards +y."""
    lens = lens_of(size, focal)
    places = [
        ((c - (columns - 1) / 2) * spacing, (r - (rows - 1) / 2) * spacing, distance)
        for r in range(rows)
        for c in range(columns)
    ]
    return {
        view_id(i): look_at(place, np.subtract(place, UP), lens, up=(0.0, 1.0, 0.0))
        for i, place in enumerate(places)
    }


def moved(cameras: Mapping[ViewId, Camera], b_from_a: Sim3) -> dict[ViewId, Camera]:
    """The rig of world a, in world b."""
    return {name: b_from_a.apply_to_camera(camera) for name, camera in cameras.items()}


def view_id(i: int) -> ViewId:
    return ViewId(f"view_{i:03d}")
