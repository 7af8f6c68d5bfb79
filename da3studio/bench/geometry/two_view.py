"""Two photos related by points alone: what a network has to be better than."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.bench.geometry.truth import Array, Pixels, without_distortion
from da3studio.geometry.camera import Camera
from da3studio.geometry.conventions import our_pixels
from da3studio.geometry.rigid import Rigid3

_FEATURES = 4000
_CONTRAST = 0.02  # half of OpenCV's default: small pictures have few points
_RATIO = 0.8  # of the best match's distance to the second best's
_NEAR_PX = 1.0
_CONFIDENCE = 0.999
_FEWEST = 8  # matches
_FEWEST_RIGHT = 6  # that agree


def relate(pictures: tuple[Pixels, Pixels], cameras: tuple[Camera, Camera]) -> Rigid3 | None:
    """`b_from_a` of two photos with known lenses, at an unknown distance; `None` if none is found.

    SIFT, Lowe's ratio, the essential matrix by MAGSAC, and the one of its four poses that has most
    points in front of both cameras.

    Args:
        pictures: a and b, `(H, W, 3)`.
        cameras: their lenses, of any size with the photo's aspect; poses are not looked at.
    """
    cv2.setRNGSeed(0)
    (points_a, marks_a), (points_b, marks_b) = (_features(picture) for picture in pictures)
    if min(len(points_a), len(points_b)) < _FEWEST:
        return None
    pairs = cv2.BFMatcher().knnMatch(marks_a, marks_b, 2)
    good = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(good) < _FEWEST:
        return None
    rays_a = _rays(points_a[[one.queryIdx for one in good]], cameras[0], pictures[0])
    rays_b = _rays(points_b[[one.trainIdx for one in good]], cameras[1], pictures[1])
    lens = cameras[0].intrinsics
    near = _NEAR_PX / (lens.fx * pictures[0].shape[1] / lens.width)
    essential, right = cv2.findEssentialMat(
        rays_a, rays_b, np.eye(3), method=cv2.USAC_MAGSAC, prob=_CONFIDENCE, threshold=near
    )
    if essential is None or essential.shape != (3, 3):
        return None
    n_right, rotation, direction, _ = cv2.recoverPose(
        essential, rays_a, rays_b, np.eye(3), mask=right
    )
    return Rigid3(rotation, direction[:, 0]) if n_right >= _FEWEST_RIGHT else None


def _features(picture: Pixels) -> tuple[Array, NDArray[np.float32]]:
    """`(N, 2)` places [px] and their descriptors."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    sift = cv2.SIFT.create(_FEATURES, contrastThreshold=_CONTRAST)
    points, marks = sift.detectAndCompute(grey, None)
    if marks is None:
        return np.zeros((0, 2)), np.zeros((0, 128), np.float32)
    xy = our_pixels(np.array([point.pt for point in points], np.float32))
    return xy.astype(np.float64), marks


def _rays(xy: Array, camera: Camera, picture: Pixels) -> Array:
    """`(N, 2)` directions with z = 1 of places in the picture."""
    sized = camera.resized(picture.shape[1], picture.shape[0])
    lens = sized.intrinsics
    straight = without_distortion(xy, sized)
    rays: Array = (straight - (lens.cx, lens.cy)) / (lens.fx, lens.fy)
    return rays
