"""Taking the lens distortion out of a photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Intrinsics
from da3studio.geometry.conventions import opencv_matrix


def undistort(image: NDArray[np.uint8], intrinsics: Intrinsics) -> NDArray[np.uint8]:
    """The photo as `intrinsics.pinhole()` would have taken it: same size, focal and centre.

    Pixels that the lens did not see repeat the nearest edge: a black border would look like an
    edge of the scene to a matcher and to a depth network.

    Args:
        image: `(H, W, 3)`, as photographed.
        intrinsics: of this size, with k1 and k2.

    Returns:
        `(H, W, 3)`; `image` itself where k1 and k2 are 0.

    Raises:
        ValueError: image and intrinsics differ in size.
    """
    if image.shape[:2] != (intrinsics.height, intrinsics.width):
        raise ValueError(f"image {image.shape}, camera {intrinsics.height, intrinsics.width}")
    if intrinsics.k1 == 0 and intrinsics.k2 == 0:
        return image
    matrix = opencv_matrix(intrinsics)
    radial = np.array([intrinsics.k1, intrinsics.k2, 0.0, 0.0])
    size = (intrinsics.width, intrinsics.height)
    map_x, map_y = cv2.initUndistortRectifyMap(matrix, radial, None, matrix, size, cv2.CV_32FC1)
    result: NDArray[np.uint8] = cv2.remap(
        image, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return result
