"""Stored pose matrices ↔ our cameras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3

_NO_LENS = Intrinsics(1.0, 1.0, 0.5, 0.5, 1, 1)


def cameras_of(
    poses: NDArray[Any], lenses: Sequence[Intrinsics] | None = None
) -> tuple[Camera, ...]:
    """`(S, 3 or 4, 4)` world-to-camera matrices → cameras, with a lens of no meaning if none."""
    if poses.ndim != 3 or poses.shape[2] != 4:
        raise ValueError(f"poses have the shape {poses.shape}")
    lenses = lenses or [_NO_LENS] * len(poses)
    return tuple(
        Camera(lens, Rigid3(pose[:3, :3], pose[:3, 3]))
        for pose, lens in zip(poses, lenses, strict=True)
    )


def matrices_of(cameras: Sequence[Camera]) -> NDArray[np.float64]:
    """`(S, 4, 4)` world-to-camera."""
    return np.stack([camera.cam_from_world.matrix() for camera in cameras])
