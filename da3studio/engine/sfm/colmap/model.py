"""pycolmap's reconstruction → plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from da3studio.engine.sfm.messages import Model
from da3studio.scene.view import View


def to_model(reconstruction: Any, views: Sequence[View]) -> Model:
    """What was found, in the reconstruction's own world.

    Args:
        reconstruction: a `pycolmap.Reconstruction`; image id = index of the view + 1.
        views: all of the task.
    """
    found = sorted(image_id - 1 for image_id in reconstruction.reg_image_ids())
    images = [reconstruction.image(idx + 1) for idx in found]
    lenses = [reconstruction.camera(image.camera_id) for image in images]
    poses = [image.cam_from_world() for image in images]
    ids = sorted(reconstruction.points3D)
    points = [reconstruction.point3D(point_id) for point_id in ids]
    row = {point_id: n for n, point_id in enumerate(ids)}
    point_idx, seen_by, xy = [], [], []
    for n, (idx, image, lens) in enumerate(zip(found, images, lenses, strict=True)):
        scale = np.array([views[idx].width / lens.width, views[idx].height / lens.height])
        for point in image.points2D:
            if point.has_point3D():
                point_idx.append(row[point.point3D_id])
                seen_by.append(n)
                xy.append(point.xy * scale)
    return Model(
        view_idx=np.array(found, np.int32),
        lens=np.array([lens.params for lens in lenses], np.float64).reshape(-1, 4),
        lens_size=np.array([(lens.width, lens.height) for lens in lenses], np.int32),
        rotation=np.array([pose.rotation.matrix() for pose in poses], np.float64),
        translation=np.array([pose.translation for pose in poses], np.float64),
        xyz=np.array([point.xyz for point in points], np.float64).reshape(-1, 3),
        error_px=np.array([max(point.error, 0.0) for point in points], np.float32),
        point_idx=np.array(point_idx, np.int32),
        seen_by=np.array(seen_by, np.int32),
        xy=np.array(xy, np.float32).reshape(-1, 2),
    )
