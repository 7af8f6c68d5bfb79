"""COLMAP's database of features and matches, which survives an interruption."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pycolmap

from da3studio.engine.sfm.colmap.asking import Eyes
from da3studio.engine.sfm.lenses import Lens
from da3studio.scene.view import View


def open_database(path: Path, views: Sequence[View], lenses: Sequence[Lens]) -> Any:
    """The database of these views; image id = index of the view + 1, name = the view's id.

    Features and matches that an interrupted run has written are kept.
    """
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


def fill_with_features(database: Any, n_views: int, eyes: Eyes) -> None:
    """Have every view looked at that has no features in the database yet, and keep them."""
    todo = [idx for idx in range(n_views) if not database.exists_keypoints(idx + 1)]
    kind = pycolmap.FeatureExtractorType.SIFT
    for idx, found in zip(todo, eyes.features(todo), strict=True):
        with pycolmap.DatabaseTransaction(database):
            database.write_descriptors(
                idx + 1, pycolmap.FeatureDescriptors(kind, found.descriptors)
            )
            database.write_keypoints(idx + 1, found.keypoints)
