"""Other libraries' pixel centres and axes; the only ±0.5 and axis flips of the program.

Ours: pixel centres at half-integers (COLMAP's), camera x right, y down, z forward (OpenCV's).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Intrinsics

# World of a glTF file: y up, and the front of an object looks along +z. Ours has y down, z away.
GLTF_FROM_OURS: NDArray[np.float64] = np.diag([1.0, -1.0, -1.0])
GLTF_FROM_OURS.setflags(write=False)


def opencv_matrix(lens: Intrinsics) -> NDArray[np.float64]:
    """`(3, 3)` calibration matrix where pixel centres are integers: OpenCV and Open3D."""
    matrix = lens.matrix()
    matrix[:2, 2] -= 0.5
    return matrix


def opencv_pixels(pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    """Our `(..., 2)` pixels → coordinates for `cv2.remap`, whose pixel centres are integers."""
    return (pixels - 0.5).astype(np.float32)


def our_pixels(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(..., 2)` coordinates found by OpenCV, whose pixel centres are integers → ours."""
    return pixels + np.float32(0.5)
