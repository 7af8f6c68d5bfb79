"""3-D Gaussians: a scene as coloured, translucent blobs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen


@dataclass(frozen=True, eq=False)
class Gaussians:
    """`N` Gaussians whose colour depends on the direction they are seen in.

    Colour of a channel, seen along the unit direction d from the camera, in 0...1 of sRGB:
    `0.5 + sum(sh[channel] * basis(d))`, with the real spherical harmonics of degree 0 to 2 in the
    order and with the signs of Kerbl et al. 2023, "3D Gaussian Splatting".
    """

    means: NDArray[np.float32]  # (N, 3) [world units]
    scales: NDArray[np.float32]  # (N, 3) standard deviation along the Gaussian's own axes, > 0
    rotations: NDArray[np.float32]  # (N, 4) wxyz, world from the Gaussian's own axes
    sh: NDArray[np.float32]  # (N, 3, 9) red, green, blue
    opacities: NDArray[np.float32]  # (N,) 0...1

    def __post_init__(self) -> None:
        n = len(self.means)
        for name, shape in (
            ("means", (n, 3)),
            ("scales", (n, 3)),
            ("rotations", (n, 4)),
            ("sh", (n, 3, 9)),
            ("opacities", (n,)),
        ):
            object.__setattr__(self, name, frozen(getattr(self, name), shape, np.float32))

    def __len__(self) -> int:
        return len(self.means)
