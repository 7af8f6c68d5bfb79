"""Fused points with the measures that cleaning tools threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen
from da3studio.scene.view import ViewId


@dataclass(frozen=True, eq=False)
class PointCloud:
    """`N` points on surfaces, each seen consistently by several views."""

    xyz: NDArray[np.float32]  # (N, 3) [world units]
    rgb: NDArray[np.uint8]  # (N, 3) sRGB
    normal: NDArray[np.float32]  # (N, 3) unit, towards the cameras
    confidence: NDArray[np.float32]  # (N,) the engine's own scale
    isolation: NDArray[np.float32]  # (N,) mean distance to the nearest neighbours / typical one
    n_views: NDArray[np.uint8]  # (N,) views that agree on the point, its own included
    view_idx: NDArray[np.int32]  # (N,) whose pixel it was; index into view_ids
    view_ids: tuple[ViewId, ...]

    def __post_init__(self) -> None:
        n = len(self.xyz)
        for name, shape, dtype in (
            ("xyz", (n, 3), np.float32),
            ("rgb", (n, 3), np.uint8),
            ("normal", (n, 3), np.float32),
            ("confidence", (n,), np.float32),
            ("isolation", (n,), np.float32),
            ("n_views", (n,), np.uint8),
            ("view_idx", (n,), np.int32),
        ):
            object.__setattr__(self, name, frozen(getattr(self, name), shape, dtype))

    def __len__(self) -> int:
        return len(self.xyz)
