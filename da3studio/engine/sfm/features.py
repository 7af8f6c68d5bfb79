"""SIFT features of every photo, kept in a COLMAP database that survives an interruption."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.engine.protocol import Photos
from da3studio.engine.sfm.lenses import Lens
from da3studio.geometry.conventions import our_pixels
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.view import View

_CONTRAST = 0.0133  # a third of OpenCV's default: plain objects have only faint features
_MAX_TILT = 3  # affine SIFT simulates tilts up to sqrt(2)**3
_UNIT = 512  # COLMAP keeps unit descriptors as bytes of 1/512


@dataclass(frozen=True, eq=False)
class Features:
    """Distinct spots of one photo."""

    keypoints: NDArray[np.float32]  # (N, 4) x, y (our pixel centres), scale [px], angle [rad]
    descriptors: NDArray[np.uint8]  # (N, 128) as COLMAP stores them


def open_database(path: Path, views: Sequence[View], lenses: Sequence[Lens]) -> Any:
    """The database of these views; image id = index of the view + 1, name = the view's id.

    Features and matches that an interrupted run has written are kept.
    """
    import pycolmap

    database = pycolmap.Database.open(path)
    if database.num_images() == len(views):
        return database
    database.clear_all_tables()
    ids = {}
    for lens_idx, lens in enumerate(lenses):
        camera = pycolmap.Camera(
            model="SIMPLE_RADIAL",
            width=lens.width,
            height=lens.height,
            params=[lens.focal_px, lens.width / 2, lens.height / 2, 0.0],
            camera_id=lens_idx + 1,
        )
        camera.has_prior_focal_length = lens.focal_known
        database.write_camera(camera, use_camera_id=True)
        ids.update(dict.fromkeys(lens.view_idx, camera.camera_id))
    with pycolmap.DatabaseTransaction(database):
        for camera_id in sorted(set(ids.values())):
            rig = pycolmap.Rig(rig_id=camera_id)
            rig.add_ref_sensor(pycolmap.sensor_t(pycolmap.SensorType.CAMERA, camera_id))
            database.write_rig(rig, use_rig_id=True)
        for idx, view in enumerate(views):
            image = pycolmap.Image(name=view.id, camera_id=ids[idx], image_id=idx + 1)
            database.write_image(image, use_image_id=True)
            frame = pycolmap.Frame(frame_id=idx + 1, rig_id=ids[idx])
            frame.add_data_id(image.data_id)
            database.write_frame(frame, use_frame_id=True)
    return database


def extract_features(
    database: Any,
    views: Sequence[View],
    lenses: Sequence[Lens],
    photos: Photos,
    recipe: DepthRecipe,
    *,
    report: Report,
    token: CancelToken,
) -> None:
    """Find SIFT features in every photo that has none in the database yet.

    Positions are stored in pixels of the lens group's common size.
    """
    import pycolmap

    lens_of = {idx: lens for lens in lenses for idx in lens.view_idx}
    todo = [idx for idx in range(len(views)) if not database.exists_keypoints(idx + 1)]

    def extract(idx: int) -> tuple[int, Features]:
        token.check()
        photo = photos.read(views[idx], recipe.feature_px)
        return idx, in_common_size(sift(photo, recipe.features), photo, lens_of[idx])

    done = len(views) - len(todo)
    report(Progress(tr("Finding points"), done, len(views)))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for idx, found in pool.map(extract, todo):
            kind = pycolmap.FeatureExtractorType.SIFT
            descriptors = pycolmap.FeatureDescriptors(kind, found.descriptors)
            with pycolmap.DatabaseTransaction(database):
                database.write_descriptors(idx + 1, descriptors)
                database.write_keypoints(idx + 1, found.keypoints)
            done += 1
            report(Progress(tr("Finding points"), done, len(views)))


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
