"""A second look at views the mappers left out: find each in the model that the others made.

Pairwise matching needs enough matches with one other photo. Against the whole model a view can
gather them from all photos, and simulated tilts let a grazing view match (affine SIFT). It is
slow, so only views that were left out get it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.engine.protocol import Photos
from da3studio.engine.sfm.features import Features, affine_sift, in_common_size
from da3studio.engine.sfm.lenses import Lens
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.view import View

_MOST_VIEWS = 24  # half a minute each; a long capture does not hang on a few photos
_AFFINE_FEATURES = 2000  # for each of some twenty simulated tilts
_AFFINE_PX = 1000  # grazing views have no finer detail to match
_RATIO = 0.85  # nearest to second nearest model point
_MAX_DISTANCE = 0.8  # of unit descriptors
_MAX_ERROR = 0.004  # of the longer side
_MIN_INLIERS = 12  # distinct points, and so many more ...
_CHANCE_SHARE = 0.02  # ... of all matches: the best of many chance poses explains about as many
_RIVALS = 8  # nearest observations looked at to find one of another point
_BLOCK_ROWS = 4096  # descriptors compared at a time, against all model points: bounds memory


def localise_left_out(
    reconstruction: Any,
    database: Any,
    left_out: Collection[int],
    views: Sequence[View],
    lenses: Sequence[Lens],
    photos: Photos,
    recipe: DepthRecipe,
    *,
    report: Report,
    token: CancelToken,
) -> int:
    """Add left-out views to the reconstruction where they can be found in it.

    Args:
        reconstruction: a `pycolmap.Reconstruction`; changed in place.
        database: with the descriptors of the registered views.
        left_out: indices of views without a camera.
        views: all views.
        lenses: their lens groups; only views of a lens that is solved already can be found.
        photos: reads pixels.
        recipe: number and resolution of features.
        report: told about progress.
        token: checked between views.

    Returns:
        How many views were added.
    """
    model = _ModelPoints(reconstruction, database)
    lens_of = {idx: n for n, lens in enumerate(lenses) for idx in lens.view_idx}
    added = 0
    todo = [idx for idx in sorted(left_out) if reconstruction.exists_camera(lens_of[idx] + 1)]
    for n, idx in enumerate(todo[:_MOST_VIEWS]):
        token.check()
        report(Progress(tr("Looking again for photos left out"), n, min(len(todo), _MOST_VIEWS)))
        photo = photos.read(views[idx], min(_AFFINE_PX, recipe.feature_px))
        features = in_common_size(affine_sift(photo, _AFFINE_FEATURES), photo, lenses[lens_of[idx]])
        matches = model.match(features)
        added += _place(reconstruction, idx + 1, views[idx], lens_of[idx] + 1, features, matches)
    return added


class _ModelPoints:
    """The descriptors of all observations of the model's points."""

    def __init__(self, reconstruction: Any, database: Any) -> None:
        units, ids = [], []
        for image_id in reconstruction.reg_image_ids():
            rows = database.read_descriptors(image_id).data
            for keypoint, point in enumerate(reconstruction.image(image_id).points2D):
                if point.has_point3D() and keypoint < len(rows):
                    units.append(rows[keypoint])
                    ids.append(point.point3D_id)
        self._ids = np.array(ids, np.int64)
        self._unit = _unit(np.array(units, np.float32).reshape(-1, 128))

    def match(self, features: Features) -> NDArray[np.int64]:
        """`(M, 2)` feature index, point id; each point at most once, by its closest feature."""
        import torch

        if len(self._ids) <= _RIVALS or not len(features.descriptors):
            return np.zeros((0, 2), np.int64)
        found: list[NDArray[np.float64]] = []
        model = torch.from_numpy(self._unit)
        for start in range(0, len(features.descriptors), _BLOCK_ROWS):
            rows = _unit(features.descriptors[start : start + _BLOCK_ROWS].astype(np.float32))
            likeness, nearest = (torch.from_numpy(rows) @ model.T).topk(_RIVALS, dim=1)
            distance = np.sqrt(np.maximum(0, 2 - 2 * likeness.numpy()))
            points = self._ids[nearest.numpy()]
            rival = np.where(points != points[:, :1], distance, np.inf).min(axis=1)
            clear = (distance[:, 0] < _RATIO * rival) & (distance[:, 0] < _MAX_DISTANCE)
            k = np.flatnonzero(clear)
            found.append(np.stack([distance[k, 0], start + k, points[k, 0]], axis=1))
        rows = np.concatenate(found)
        rows = rows[np.argsort(rows[:, 0])]
        _, first = np.unique(rows[:, 2], return_index=True)
        return rows[first, 1:].astype(np.int64)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def _place(
    reconstruction: Any,
    image_id: int,
    view: View,
    camera_id: int,
    features: Features,
    matches: NDArray[np.int64],
) -> bool:
    """Solve one view's pose from its matches; on success add it with its observations."""
    import pycolmap

    needed = _MIN_INLIERS + round(_CHANCE_SHARE * len(matches))
    if len(matches) < needed:
        return False
    xy = features.keypoints[matches[:, 0], :2].astype(np.float64)
    xyz = np.array([reconstruction.point3D(point).xyz for point in matches[:, 1]])
    camera = reconstruction.camera(camera_id)
    options = pycolmap.AbsolutePoseEstimationOptions()
    options.ransac.max_error = _MAX_ERROR * max(camera.width, camera.height)
    options.ransac.max_num_trials = 50_000
    options.ransac.random_seed = 0
    answer = pycolmap.estimate_and_refine_absolute_pose(xy, xyz, camera, options)
    if answer is None or answer["num_inliers"] < needed:
        return False
    inliers = np.flatnonzero(answer["inlier_mask"])
    image = pycolmap.Image(name=view.id, keypoints=xy[inliers], camera_id=camera_id,
                           image_id=image_id)  # fmt: skip
    first = 0
    if reconstruction.exists_image(image_id):  # placed once and taken back: it has points already
        known = reconstruction.image(image_id)
        first = len(known.points2D)
        known.points2D.extend(image.points2D)
        reconstruction.frame(known.frame_id).rig_from_world = answer["cam_from_world"]
        reconstruction.register_frame(known.frame_id)
    else:
        reconstruction.add_image_with_trivial_frame(image, answer["cam_from_world"])
    for n, point_id in enumerate(matches[inliers, 1], first):
        reconstruction.add_observation(int(point_id), pycolmap.TrackElement(image_id, n))
    return True
