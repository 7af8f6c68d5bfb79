"""GPS positions as metres in a local frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.similarity import Sim3, align_points

_EQUATOR_M = 6_378_137.0  # WGS 84
_ECCENTRICITY_2 = 6.694379990141e-3  # WGS 84

_MIN_POSITIONS = 4
_MIN_SPREAD_M = 8.0  # across the narrower horizontal direction: several times a receiver's error
_MAX_ERROR = 0.15  # of the spread; more, and the positions say nothing about the cameras


@dataclass(frozen=True, eq=False)
class GpsAlignment:
    """A world brought to metres, x east, y down, z north."""

    metric_from_world: Sim3
    error_m: float  # root mean square distance between cameras and their GPS positions
    spread_m: float  # root mean square distance of the positions from their middle, narrower way


def local_metres(
    latitude_deg: ArrayLike, longitude_deg: ArrayLike, altitude_m: ArrayLike
) -> NDArray[np.float64]:
    """`(N, 3)` metres east, down, north of the positions' middle, on the tangent plane there.

    Good to a millimetre per hundred metres within some kilometres. Source: WGS 84 radii of
    curvature.
    """
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    altitude = np.asarray(altitude_m, np.float64)
    middle = latitude.mean()
    root = np.sqrt(1 - _ECCENTRICITY_2 * np.sin(middle) ** 2)
    meridian = _EQUATOR_M * (1 - _ECCENTRICITY_2) / root**3
    parallel = _EQUATOR_M / root * np.cos(middle)
    return np.stack(
        [
            (longitude - longitude.mean()) * parallel,
            altitude.mean() - altitude,
            (latitude - middle) * meridian,
        ],
        axis=1,
    )


def align_to_gps(
    centres: NDArray[np.float64], positions: NDArray[np.float64]
) -> GpsAlignment | None:
    """The similarity that brings camera centres to their GPS positions.

    Args:
        centres: `(N, 3)` camera centres [world units].
        positions: `(N, 3)` from `local_metres`.

    Returns:
        None where the positions decide nothing: too few, too close together, along one line
        (the turn about it stays open), or contradicting the cameras.
    """
    if len(positions) < _MIN_POSITIONS:
        return None
    level = positions[:, [0, 2]] - positions[:, [0, 2]].mean(axis=0)
    spread = float(np.linalg.svd(level, compute_uv=False)[-1] / np.sqrt(len(level)))
    if spread < _MIN_SPREAD_M:
        return None
    try:
        metric_from_world = align_points(centres, positions)
    except ValueError:  # the cameras stand in one line
        return None
    left = metric_from_world.apply(centres) - positions
    error = float(np.sqrt((left**2).sum(axis=1).mean()))
    if error > _MAX_ERROR * spread:
        return None
    return GpsAlignment(metric_from_world, error, spread)
