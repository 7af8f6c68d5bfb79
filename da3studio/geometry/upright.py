"""Which way is down, from how people hold cameras."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera

_ALIKE = 0.05  # mean squared share of the x axes along a direction that still counts as level
_AGREED = 0.5  # length of a mean of unit vectors that all point about the same way
_STEEP = 0.17  # sine of 10 degrees: a camera this close to straight down has no "ahead"


def down_direction(cameras: Sequence[Camera]) -> NDArray[np.float64]:
    """Unit vector of the world that most likely points down.

    People roll cameras little, so every camera's x axis is nearly level: down is the direction
    most perpendicular to all of them. Cameras in a row share one x axis; then the mean of their
    y axes, made perpendicular to it, decides. Where the y axes cancel out, as on a flight to and
    fro that looks straight down, people look down rather than up.
    """
    right = np.array([camera.cam_from_world.rotation[0] for camera in cameras])
    down = np.array([camera.cam_from_world.rotation[1] for camera in cameras])
    ahead = np.array([camera.cam_from_world.rotation[2] for camera in cameras])
    values, vectors = np.linalg.eigh(right.T @ right / len(right))
    # Directions nearly as level-free as the best one cannot be told apart by the x axes alone.
    candidates = vectors[:, values < values[0] + _ALIKE]
    chosen: NDArray[np.float64]
    for axes in (down, ahead):
        chosen = candidates @ (candidates.T @ axes.mean(axis=0))
        length = float(np.linalg.norm(chosen))
        if length >= _AGREED:
            return chosen / length
    return chosen / length if length > 1e-6 else vectors[:, 0]


def level_rotation(cameras: Sequence[Camera]) -> NDArray[np.float64]:
    """`(3, 3)` rotation into a world with y down and z along the first camera's view."""
    y = down_direction(cameras)
    ahead = cameras[0].cam_from_world.rotation[2]
    z = ahead - y * (ahead @ y)
    if np.linalg.norm(z) < _STEEP:  # the first camera looks straight down: its top is ahead
        ahead = -cameras[0].cam_from_world.rotation[1]
        z = ahead - y * (ahead @ y)
    z /= np.linalg.norm(z)
    return np.stack([np.cross(y, z), y, z])
