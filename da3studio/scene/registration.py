"""Cameras found for the views, with the sparse points that fix them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen
from da3studio.geometry.camera import Camera
from da3studio.scene.view import ViewId

Unit = Literal["metre", "relative"]


@dataclass(frozen=True, eq=False)
class SparsePoints:
    """Points triangulated from matched features, with their observations (tracks)."""

    xyz: NDArray[np.float32]  # (P, 3) [world units]
    rgb: NDArray[np.uint8]  # (P, 3) sRGB
    error_px: NDArray[np.float32]  # (P,) mean reprojection error
    point_idx: NDArray[np.int32]  # (M,) which point an observation is of
    view_idx: NDArray[np.int32]  # (M,) which of `Registration.view_ids` made it
    xy: NDArray[np.float32]  # (M, 2) where, in pixels of the upright photo at its own size

    def __post_init__(self) -> None:
        n, m = len(self.xyz), len(self.point_idx)
        for name, shape, dtype in (
            ("xyz", (n, 3), np.float32),
            ("rgb", (n, 3), np.uint8),
            ("error_px", (n,), np.float32),
            ("point_idx", (m,), np.int32),
            ("view_idx", (m,), np.int32),
            ("xy", (m, 2), np.float32),
        ):
            object.__setattr__(self, name, frozen(getattr(self, name), shape, dtype))


@dataclass(frozen=True, eq=False)
class Registration:
    """What is known of all cameras; a view without a camera has a reason instead."""

    view_ids: tuple[ViewId, ...]  # the registered ones, in the order of `SparsePoints.view_idx`
    cameras: Mapping[ViewId, Camera]  # at the photo's own upright size, with lens distortion
    points: SparsePoints
    left_out: Mapping[ViewId, str]  # not registered → the likely reason, one sentence
    notices: tuple[str, ...]  # what the person should know about the whole
    unit: Unit
