"""A second look at views the mappers left out: find each in the model that the others made.

Pairwise matching needs enough matches with one other photo. Against the whole model a view can
gather them from all photos, and simulated tilts let a grazing view match (affine SIFT). It is
slow, so only views that were left out get it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pycolmap
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.engine.sfm.colmap.asking import Eyes
from da3studio.engine.sfm.messages import Features, Task
from da3studio.scene.view import View

_MOST_VIEWS = 24  # half a minute each; a long capture does not hang on a few photos
_RATIO = 0.85  # nearest to second nearest model point
_MAX_DISTANCE = 0.8  # of unit descriptors
_MAX_ERROR = 0.004  # of the longer side
_MIN_INLIERS = 12  # distinct points, and so many more ...
_CHANCE_SHARE = 0.02  # ... of all matches: the best of many chance poses explains about as many
_RIVALS = 8  # nearest observations looked at to find one of another point
_BLOCK = (256, 2**16)  # features and observations compared at a time: bounds memory
_GROUPS = 1024  # of the observations in a block: the nearest lie in the groups with the best one


def localise_left_out(
    reconstruction: Any,
    database: Any,
    left_out: Collection[int],
    task: Task,
    eyes: Eyes,
    report: Report,
) -> int:
    """Add left-out views to the reconstruction where they can be found in it.

    Args:
        reconstruction: a `pycolmap.Reconstruction`; changed in place.
        database: with the descriptors of the registered views.
        left_out: indices of views without a camera.
        task: its views and lenses; only views of a lens that is solved already can be found.
        eyes: looks at the photos.
        report: told about progress.

    Returns:
        How many views were added.
    """
    model = ModelPoints.of(reconstruction, database)
    lens_of = {idx: n for n, lens in enumerate(task.lenses) for idx in lens.view_idx}
    added = 0
    todo = [idx for idx in sorted(left_out) if reconstruction.exists_camera(lens_of[idx] + 1)]
    for n, idx in enumerate(todo[:_MOST_VIEWS]):
        report(Progress(tr("Looking again for photos left out"), n, min(len(todo), _MOST_VIEWS)))
        (features,) = eyes.features((idx,), affine=True)
        matches = model.match(features)
        view = task.views[idx]
        added += _place(reconstruction, idx + 1, view, lens_of[idx] + 1, features, matches)
    return added


class ModelPoints:
    """The descriptors of all observations of the model's points.

    Args:
        descriptors: `(N, 128)` as COLMAP stores them.
        ids: `(N,)` the point that each is of.
    """

    def __init__(self, descriptors: NDArray[np.uint8], ids: NDArray[np.int64]) -> None:
        self._descriptors, self._ids = descriptors, ids

    @staticmethod
    def of(reconstruction: Any, database: Any) -> ModelPoints:
        """Of a `pycolmap.Reconstruction` and the database that it was made from."""
        found, ids = [np.zeros((0, 128), np.uint8)], []
        for image_id in reconstruction.reg_image_ids():
            rows = database.read_descriptors(image_id).data
            seen = [
                (keypoint, point.point3D_id)
                for keypoint, point in enumerate(reconstruction.image(image_id).points2D)
                if point.has_point3D() and keypoint < len(rows)
            ]
            found.append(rows[[keypoint for keypoint, _ in seen]])
            ids += [point_id for _, point_id in seen]
        return ModelPoints(np.concatenate(found), np.array(ids, np.int64))

    def match(self, features: Features) -> NDArray[np.int64]:
        """`(M, 2)` feature index, point id; each point at most once, by its closest feature."""
        if len(self._ids) <= _RIVALS or not len(features.descriptors):
            return np.zeros((0, 2), np.int64)
        likeness, nearest = self._nearest(_unit(features.descriptors.astype(np.float32)))
        distance = np.sqrt(np.maximum(0, 2 - 2 * likeness))
        points = self._ids[nearest]
        rival = np.where(points != points[:, :1], distance, np.inf).min(axis=1)
        clear = (distance[:, 0] < _RATIO * rival) & (distance[:, 0] < _MAX_DISTANCE)
        k = np.flatnonzero(clear)
        rows = np.stack([distance[k, 0], k, points[k, 0]], axis=1)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        _, first = np.unique(rows[:, 2], return_index=True)
        return rows[first, 1:].astype(np.int64)

    def _nearest(self, rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """`(N, _RIVALS)` each: cosines, the best first, and which observation they are with."""
        best = np.full((len(rows), _RIVALS), -np.inf, np.float32)
        which = np.zeros((len(rows), _RIVALS), np.int64)
        for first, model in self._blocks():
            for start in range(0, len(rows), _BLOCK[0]):
                block = slice(start, start + _BLOCK[0])
                cosines, found = _largest_of_groups(rows[block] @ model.T)
                cosines = np.concatenate([best[block], cosines], axis=1)
                found = np.concatenate([which[block], found + first], axis=1)
                best[block], which[block] = _largest(cosines, found)
        return best, which

    def _blocks(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        for start in range(0, len(self._ids), _BLOCK[1]):
            yield start, _unit(self._descriptors[start : start + _BLOCK[1]].astype(np.float32))


def _largest_of_groups(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Candidates among which the largest `_RIVALS` of each row are, with their columns.

    Columns that are `_GROUPS` apart form a group. Finding each group's largest is one pass in
    memory's order, ten times faster than partitioning the whole row.
    """
    n = values.shape[1]
    n_whole = n - n % _GROUPS
    columns = np.broadcast_to(np.arange(n), values.shape)
    if n_whole < 2 * _GROUPS:
        return values, columns
    grouped = values[:, :n_whole].reshape(len(values), -1, _GROUPS)
    groups = np.argpartition(-grouped.max(axis=1), _RIVALS - 1, axis=1)[:, :_RIVALS]
    inside = np.arange(0, n_whole, _GROUPS)[None, :, None] + groups[:, None, :]
    chosen = np.concatenate([inside.reshape(len(values), -1), columns[:, n_whole:]], axis=1)
    return np.take_along_axis(values, chosen, axis=1), chosen


def _largest(
    values: NDArray[np.float32], names: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The largest `_RIVALS` of each row, the largest first, and their names."""
    few = np.argpartition(-values, _RIVALS - 1, axis=1)[:, :_RIVALS]
    order = np.argsort(-np.take_along_axis(values, few, axis=1), axis=1, kind="stable")
    few = np.take_along_axis(few, order, axis=1)
    return np.take_along_axis(values, few, axis=1), np.take_along_axis(names, few, axis=1)


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
