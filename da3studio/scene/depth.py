"""Depth maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen


@dataclass(frozen=True, eq=False)
class DepthMap:
    """Depth of one view, in the undistorted photo resized to this size.

    Its camera is `registration.cameras[id].pinhole().resized(width, height)`.
    """

    z: NDArray[np.float32]  # (H, W) along the optical axis [world units], 0 = not measured
    confidence: NDArray[np.float32]  # (H, W) >= 0, the engine's own scale, 0 where z is 0
    sky: NDArray[np.bool_]  # (H, W)

    def __post_init__(self) -> None:
        shape = np.shape(self.z)
        object.__setattr__(self, "z", frozen(self.z, (None, None), np.float32))
        object.__setattr__(self, "confidence", frozen(self.confidence, shape, np.float32))
        object.__setattr__(self, "sky", frozen(self.sky, shape, np.bool_))

    @property
    def height(self) -> int:
        return int(self.z.shape[0])

    @property
    def width(self) -> int:
        return int(self.z.shape[1])
