"""Which way is down, from how people hold cameras."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera

_LOOKING = 0.5  # weight of "photos look rather down than up", decides nadir flights


def down_direction(cameras: Sequence[Camera]) -> NDArray[np.float64]:
    """Unit vector of the world that most likely points down.

    People roll cameras little, so every camera's x axis is nearly level: down is the direction
    most perpendicular to all of them. Cameras in a row share one x axis; then the mean of their
    y axes, made perpendicular to it, decides.
    """
    right = np.array([camera.cam_from_world.rotation[0] for camera in cameras])
    down = np.array([camera.cam_from_world.rotation[1] for camera in cameras])
    ahead = np.array([camera.cam_from_world.rotation[2] for camera in cameras])
    likely = (down + _LOOKING * ahead).mean(axis=0)
    values, vectors = np.linalg.eigh(right.T @ right / len(right))
    # Directions nearly as level-free as the best one cannot be told apart by the x axes alone.
    candidates = vectors[:, values < values[0] + 0.05]
    chosen = candidates @ (candidates.T @ likely)
    length = float(np.linalg.norm(chosen))
    if length < 1e-6:
        chosen, length = vectors[:, 0], 1.0
    direction: NDArray[np.float64] = chosen / length
    return direction


def level_rotation(cameras: Sequence[Camera]) -> NDArray[np.float64]:
    """`(3, 3)` rotation into a world with y down and z along the first camera's view."""
    y = down_direction(cameras)
    ahead = cameras[0].cam_from_world.rotation[2]
    z = ahead - y * (ahead @ y)
    if np.linalg.norm(z) < 1e-3:  # the first camera looks straight down: its top is ahead
        ahead = -cameras[0].cam_from_world.rotation[1]
        z = ahead - y * (ahead @ y)
    z /= np.linalg.norm(z)
    return np.stack([np.cross(y, z), y, z])
