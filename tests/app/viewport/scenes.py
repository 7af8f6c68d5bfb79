"""Clouds and cameras whose pictures are known exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz


def plane(n: int, half: float = 1.0, z: float = 0.0) -> NDArray[np.float32]:
    """`(n, 3)` points of a square that faces the engine's camera, in random order."""
    rng = np.random.default_rng(7)
    xyz = np.full((n, 3), z, np.float32)
    xyz[:, :2] = rng.uniform(-half, half, (n, 2))
    return xyz


def painted(n: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """`(n, 3)` of one colour."""
    return np.full((n, 3), colour, np.uint8)


def tilted_camera(width: int = 640, height: int = 480) -> Camera:
    """A camera that is rolled, turned and off centre, two units before the origin."""
    rotation = rotation_from_wxyz([0.9, 0.1, -0.2, 0.15])
    lens = Intrinsics(0.9 * width, 0.92 * width, 0.47 * width, 0.55 * height, width, height)
    return Camera(lens, Rigid3(rotation, np.array([0.1, -0.05, 2.0])))
