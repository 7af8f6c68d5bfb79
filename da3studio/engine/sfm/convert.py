"""COLMAP's reconstruction → our `Registration`, in a level world of sensible size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.engine.protocol import Photos
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.geodesy import GpsAlignment, align_to_gps, local_metres
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3
from da3studio.geometry.upright import level_rotation
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.view import View, ViewId

_COLOUR_PX = 800  # photo side from which the sparse points take their colours


def to_registration(
    reconstruction: Any,
    views: Sequence[View],
    photos: Photos,
    left_out: Mapping[ViewId, str],
    notices: tuple[str, ...],
) -> Registration:
    """Convert and level (y down).

    Where the photos' GPS positions fix the scale the world is in metres, else it is scaled so
    that most points lie within 1 of their middle.
    """
    found = sorted(image_id - 1 for image_id in reconstruction.reg_image_ids())
    cameras = [_camera(reconstruction, idx, views[idx]) for idx in found]
    ids = sorted(reconstruction.points3D)
    points = [reconstruction.point3D(point_id) for point_id in ids]
    xyz = np.array([point.xyz for point in points]).reshape(-1, 3)
    gps = _gps_alignment([views[idx] for idx in found], cameras)
    new_from_old = gps.metric_from_world if gps else _level_and_scale(cameras, xyz)
    observations = _observations(reconstruction, found, views, ids)
    return Registration(
        view_ids=tuple(views[idx].id for idx in found),
        cameras={
            views[idx].id: new_from_old.apply_to_camera(camera)
            for idx, camera in zip(found, cameras, strict=True)
        },
        points=SparsePoints(
            xyz=new_from_old.apply(xyz).astype(np.float32),
            rgb=_colours([views[idx] for idx in found], photos, len(ids), *observations),
            error_px=np.array([max(point.error, 0.0) for point in points], np.float32),
            point_idx=observations[0],
            view_idx=observations[1],
            xy=observations[2],
        ),
        left_out=dict(left_out),
        notices=(*notices, *([_about_scale(gps)] if gps else [])),
        unit="metre" if gps else "relative",
    )


def _camera(reconstruction: Any, view_idx: int, view: View) -> Camera:
    image = reconstruction.image(view_idx + 1)
    lens = reconstruction.camera(image.camera_id)
    focal, cx, cy, k1 = (float(value) for value in lens.params)
    intrinsics = Intrinsics(focal, focal, cx, cy, lens.width, lens.height, k1)
    pose = image.cam_from_world()
    rotation = pose.rotation.matrix()
    return Camera(intrinsics.resized(view.width, view.height), Rigid3(rotation, pose.translation))


def _gps_alignment(views: Sequence[View], cameras: Sequence[Camera]) -> GpsAlignment | None:
    located = [
        (view.gps, camera)
        for view, camera in zip(views, cameras, strict=True)
        if view.gps is not None and view.gps.altitude_m is not None
    ]
    if not located:
        return None
    positions = local_metres(
        [gps.latitude_deg for gps, _ in located],
        [gps.longitude_deg for gps, _ in located],
        [gps.altitude_m or 0.0 for gps, _ in located],
    )
    return align_to_gps(np.array([camera.centre for _, camera in located]), positions)


def _about_scale(gps: GpsAlignment) -> str:
    return tr(
        "Scale and direction come from the photos' GPS positions, which fit the cameras to"
        " {error:.1f} m; lengths are good to about {percent:.0f} %."
    ).format(error=gps.error_m, percent=max(1.0, 100 * gps.error_m / gps.spread_m))


def _level_and_scale(cameras: Sequence[Camera], xyz: NDArray[np.float64]) -> Sim3:
    middle = np.median(xyz, axis=0)
    radius = float(np.percentile(np.linalg.norm(xyz - middle, axis=1), 90))
    rotation = level_rotation(cameras)
    scale = 1 / max(radius, 1e-12)
    return Sim3(scale, rotation, -scale * rotation @ middle)


def _observations(
    reconstruction: Any, found: Sequence[int], views: Sequence[View], ids: Sequence[int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Point index, view index (into `found`), and x, y in pixels of the view's own size."""
    row = {point_id: n for n, point_id in enumerate(ids)}
    point_idx, view_idx, xy = [], [], []
    for n, idx in enumerate(found):
        image = reconstruction.image(idx + 1)
        lens = reconstruction.camera(image.camera_id)
        scale = np.array([views[idx].width / lens.width, views[idx].height / lens.height])
        for point in image.points2D:
            if point.has_point3D():
                point_idx.append(row[point.point3D_id])
                view_idx.append(n)
                xy.append(point.xy * scale)
    return (
        np.array(point_idx, np.int32),
        np.array(view_idx, np.int32),
        np.array(xy, np.float32).reshape(-1, 2),
    )


def _colours(
    views: Sequence[View],
    photos: Photos,
    n_points: int,
    point_idx: NDArray[np.int32],
    view_idx: NDArray[np.int32],
    xy: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Mean colour of each point over the photos that see it."""
    total, count = np.zeros((n_points, 3)), np.zeros(n_points)
    for n, view in enumerate(views):
        photo = photos.read(view, _COLOUR_PX)
        mine = view_idx == n
        size = np.array([photo.shape[1], photo.shape[0]])
        pixels = (xy[mine] * size / (view.width, view.height)).astype(int)
        column, line = np.clip(pixels, 0, size - 1).T
        np.add.at(total, point_idx[mine], photo[line, column])
        np.add.at(count, point_idx[mine], 1)
    return (total / np.maximum(count, 1)[:, None]).round().astype(np.uint8)
