"""SIFT features of photos, and a codebook of them, by OpenCV."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.engine.sfm.lenses import Lens
from da3studio.engine.sfm.messages import Features
from da3studio.geometry.conventions import our_pixels

_CONTRAST = 0.0133  # a third of OpenCV's default: plain objects have only faint features
_MAX_TILT = 3  # affine SIFT simulates tilts up to sqrt(2)**3
_UNIT = 512  # COLMAP keeps unit descriptors as bytes of 1/512
_CODEBOOK = 64


def in_common_size(features: Features, photo: NDArray[np.uint8], lens: Lens) -> Features:
    """The same features in pixels of the lens group's common size."""
    keypoints = features.keypoints.copy()
    keypoints[:, 0] *= lens.width / photo.shape[1]
    keypoints[:, 1:3] *= lens.height / photo.shape[0]
    return Features(keypoints, features.descriptors)


def sift(photo: NDArray[np.uint8], n_features: int) -> Features:
    """RootSIFT features of a photo, by OpenCV: four times faster than COLMAP's on a CPU.

    Args:
        photo: `(H, W, 3)` sRGB.
        n_features: at most about this many.

    Source: Lowe 2004; Hellinger normalisation of Arandjelovic and Zisserman 2012.
    """
    return _detect(_detector(n_features), photo)


def affine_sift(photo: NDArray[np.uint8], n_features: int) -> Features:
    """`sift` of the photo as seen under many tilts: finds grazing surfaces, 15 times slower.

    Source: Morel and Yu 2009 (ASIFT).
    """
    import cv2

    return _detect(cv2.AffineFeature.create(_detector(n_features), _MAX_TILT, 0), photo)


def codebook(sample: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """`(K, 128)` typical ones among `(N, 128)` unit descriptors, by k-means; K <= 64."""
    import cv2

    cv2.setRNGSeed(seed)
    _, _, centres = cv2.kmeans(
        sample,
        min(_CODEBOOK, len(sample)),
        None,
        (cv2.TERM_CRITERIA_MAX_ITER, 20, 0),
        1,
        cv2.KMEANS_PP_CENTERS,
    )
    return np.asarray(centres, np.float32)


def _detector(n_features: int) -> Any:
    import cv2

    return cv2.SIFT.create(n_features, contrastThreshold=_CONTRAST, enable_precise_upscale=True)


def _detect(detector: Any, photo: NDArray[np.uint8]) -> Features:
    import cv2

    found, raw = detector.detectAndCompute(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), None)
    if raw is None:
        return Features(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8))
    keypoints = np.array([(*k.pt, k.size / 2, np.radians(k.angle)) for k in found], np.float32)
    keypoints[:, :2] = our_pixels(keypoints[:, :2])
    root = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    return Features(keypoints, np.clip(np.round(_UNIT * root), 0, 255).astype(np.uint8))
