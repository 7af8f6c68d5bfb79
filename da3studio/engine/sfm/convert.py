"""COLMAP's model → our `Registration`, in a level world of sensible size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.engine.protocol import Photos
from da3studio.engine.sfm.messages import Model, Solved
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.geodesy import GpsAlignment, align_to_gps, local_metres
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3
from da3studio.geometry.upright import level_rotation
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.view import View

_COLOUR_PX = 800  # photo side from which the sparse points take their colours


def to_registration(solved: Solved, views: Sequence[View], photos: Photos) -> Registration:
    """Convert and level (y down).

    Where the photos' GPS positions fix the scale the world is in metres, else it is scaled so
    that most points lie within 1 of their middle.
    """
    model = solved.model
    found = [views[idx] for idx in model.view_idx]
    cameras = [_camera(model, n, view) for n, view in enumerate(found)]
    gps = _gps_alignment(found, cameras)
    new_from_old = gps.metric_from_world if gps else _level_and_scale(cameras, model.xyz)
    return Registration(
        view_ids=tuple(view.id for view in found),
        cameras={
            view.id: new_from_old.apply_to_camera(camera)
            for view, camera in zip(found, cameras, strict=True)
        },
        points=SparsePoints(
            xyz=new_from_old.apply(model.xyz).astype(np.float32),
            rgb=_colours(found, photos, model),
            error_px=model.error_px,
            point_idx=model.point_idx,
            view_idx=model.seen_by,
            xy=model.xy,
        ),
        left_out=solved.left_out,
        notices=(*solved.notices, *([_about_scale(gps)] if gps else [])),
        unit="metre" if gps else "relative",
    )


def _camera(model: Model, n: int, view: View) -> Camera:
    focal, cx, cy, k1 = (float(value) for value in model.lens[n])
    width, height = (int(value) for value in model.lens_size[n])
    intrinsics = Intrinsics(focal, focal, cx, cy, width, height, k1)
    pose = Rigid3(model.rotation[n], model.translation[n])
    return Camera(intrinsics.resized(view.width, view.height), pose)


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


def _colours(views: Sequence[View], photos: Photos, model: Model) -> NDArray[np.uint8]:
    """Mean colour of each point over the photos that see it."""
    total, count = np.zeros((len(model.xyz), 3)), np.zeros(len(model.xyz))
    for n, view in enumerate(views):
        photo = photos.read(view, _COLOUR_PX)
        mine = model.seen_by == n
        point_idx = model.point_idx[mine]
        size = np.array([photo.shape[1], photo.shape[0]])
        pixels = (model.xy[mine] * size / (view.width, view.height)).astype(int)
        column, line = np.clip(pixels, 0, size - 1).T
        np.add.at(total, point_idx, photo[line, column])
        np.add.at(count, point_idx, 1)
    return (total / np.maximum(count, 1)[:, None]).round().astype(np.uint8)
