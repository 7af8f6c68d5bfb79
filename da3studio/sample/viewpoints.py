"""Where the sample photos are taken from, and through which lens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.sample.paint import chance

SENSOR_MM = (7.6, 5.7)  # a 1/1.7 inch sensor
WIDTH_PX, HEIGHT_PX = 1280, 960
FOCAL_MM = 6.2814  # a lens never has exactly the focal length that its file states
_K1, _CX_PX, _CY_PX = -0.03, 643.1, 477.6  # mild barrel distortion; nothing is centred exactly
_TARGET = np.array([0.0, -0.095, 0.0])  # what the photographer aims at [m]
_FIRST_DEG, _STEP_DEG = -78.0, 10.4  # azimuth about the table; 0 = in front of it (-z)
_ELEVATION_DEG = (18.0, 30.0)  # the two heights, in turn
_DISTANCE_M = 0.86


def lens() -> Intrinsics:
    """The lens and sensor of all photos at full size."""
    focal_px = FOCAL_MM / SENSOR_MM[0] * WIDTH_PX
    return Intrinsics(focal_px, focal_px, _CX_PX, _CY_PX, WIDTH_PX, HEIGHT_PX, k1=_K1)


def photo_cameras() -> tuple[Camera, ...]:
    """16 cameras in an arc of 156 degrees around the table, at two heights, held by hand."""
    rng = chance("photographer")
    return tuple(
        _camera(
            _FIRST_DEG + _STEP_DEG * k + rng.normal(0, 0.8),
            _ELEVATION_DEG[k % 2] + rng.normal(0, 1.0),
            _DISTANCE_M * (1 + rng.normal(0, 0.03)),
            rng.normal(0, 0.012, 3),
            rng.normal(0, 1.6),
        )
        for k in range(16)
    )


def held_out_cameras() -> tuple[Camera, ...]:
    """5 cameras between those of the photos, level, for tests of what was never photographed."""
    return tuple(
        _camera(_FIRST_DEG + _STEP_DEG * (k + 0.5), 21.0, _DISTANCE_M, np.zeros(3), 0.0)
        for k in (1, 4, 7, 10, 13)
    )


def _camera(
    azimuth_deg: float,
    elevation_deg: float,
    distance: float,
    aim_off: NDArray[np.float64],
    roll_deg: float,
) -> Camera:
    azimuth, elevation, roll = np.radians([azimuth_deg, elevation_deg, roll_deg])
    level = np.cos(elevation)
    away = np.array([np.sin(azimuth) * level, -np.sin(elevation), -np.cos(azimuth) * level])
    centre = _TARGET + distance * away
    forward = _TARGET + aim_off - centre
    forward /= np.linalg.norm(forward)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    upright = np.stack([right, np.cross(forward, right), forward])
    c, s = np.cos(roll), np.sin(roll)
    rotation = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ upright
    return Camera(lens(), Rigid3(rotation, -rotation @ centre))
