"""COLMAP model folder: cameras, tracks and sparse points for splatting and photogrammetry.

`NAME.colmap/sparse/0` holds the model twice. Programs (COLMAP, Nerfstudio, Postshot, Brush) take
the .bin files, in which names with spaces survive; the .txt files are for people, scripts and
whatever splits lines. Photos stay where they are: the model names them, upright, as the project
does. `da3studio.json` beside `sparse` says what the format cannot, above all the unit.

Source: COLMAP's doc/format.rst and doc/cameras.rst; its pixels and cameras are ours.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from da3studio.base.atomic import write_folder_atomic
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.exporters.base import GENERATOR, Carries, Exporter
from da3studio.exporters.colmap_files import (
    FILE_NAMES,
    ColmapCamera,
    ColmapImage,
    ColmapModel,
    ColmapPoints,
)
from da3studio.exporters.naming import one_line
from da3studio.exporters.replacing import refuse_foreign
from da3studio.exporters.surface import finite_rows
from da3studio.geometry.camera import Intrinsics
from da3studio.geometry.rigid import wxyz_from_rotation
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.registration import SparsePoints
from da3studio.scene.scene import Scene

_MARKER = "da3studio.json"
_OURS = {_MARKER, *(f"sparse/0/{name}" for name in FILE_NAMES)}


def write_colmap(scene: Scene, path: Path, recipe: ExportRecipe) -> tuple[Path, ...]:  # noqa: ARG001  every exporter gets the recipe
    """Write the folder whole or not at all; one written before is replaced.

    Raises:
        Missing: no view has a camera.
        BadInput: `path` exists and holds something that this exporter did not write.
    """
    refuse_foreign(path, _MARKER, lambda: _OURS)
    model = _model(scene)
    about = {
        "generator": GENERATOR,
        "scene": scene.name,
        "unit": scene.registration.unit,
        "networks": list(scene.networks),
    }

    def fill(folder: Path) -> None:
        sparse = folder / "sparse" / "0"
        sparse.mkdir(parents=True)
        for name, content in model.files().items():
            (sparse / name).write_bytes(content)
        (folder / _MARKER).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    write_folder_atomic(path, fill)
    return (path,)


def _model(scene: Scene) -> ColmapModel:
    registration = scene.registration
    if not registration.view_ids:
        raise Missing(
            tr("There are no cameras to export."),
            why=tr("No photo of {name} has a known camera.").format(name=scene.name),
            fix=tr("Reconstruct the photos first, then export again."),
        )
    camera_ids: dict[Intrinsics, int] = {}  # photos through one lens share a camera
    for view_id in registration.view_ids:
        lens = registration.cameras[view_id].intrinsics
        camera_ids.setdefault(lens, len(camera_ids) + 1)
    names = {view.id: one_line(view.name) for view in scene.views}
    points = registration.points
    finite = finite_rows(points.xyz)
    # stable: the observations of one view, in their order, are that image's POINTS2D
    by_view = np.argsort(points.view_idx, kind="stable")
    ends = np.searchsorted(points.view_idx[by_view], np.arange(len(registration.view_ids) + 1))
    images = []
    for i, view_id in enumerate(registration.view_ids):
        camera = registration.cameras[view_id]
        mine = by_view[ends[i] : ends[i + 1]]
        point = points.point_idx[mine].astype(np.int64)
        images.append(
            ColmapImage(
                id=i + 1,
                camera_id=camera_ids[camera.intrinsics],
                name=names[view_id],
                wxyz=wxyz_from_rotation(camera.cam_from_world.rotation) + 0.0,  # no -0
                translation=camera.cam_from_world.translation,
                xy=points.xy[mine].astype(np.float64),
                point_id=np.where(finite[point], point + 1, -1),
            )
        )
    cameras = tuple(_camera(number, lens) for lens, number in camera_ids.items())
    return ColmapModel(cameras, tuple(images), _points(points, tuple(images)))


def _camera(number: int, lens: Intrinsics) -> ColmapCamera:
    """The plainest COLMAP model that is exactly this lens; splatting tools ask for PINHOLE."""
    params: tuple[float, ...]
    if lens.k1 == lens.k2 == 0:
        model, params = "PINHOLE", (lens.fx, lens.fy, lens.cx, lens.cy)
    elif lens.fx != lens.fy:
        model = "OPENCV"
        params = (lens.fx, lens.fy, lens.cx, lens.cy, lens.k1, lens.k2, 0.0, 0.0)
    elif lens.k2 == 0:
        model, params = "SIMPLE_RADIAL", (lens.fx, lens.cx, lens.cy, lens.k1)
    else:
        model, params = "RADIAL", (lens.fx, lens.cx, lens.cy, lens.k1, lens.k2)
    return ColmapCamera(number, model, lens.width, lens.height, params)


def _points(points: SparsePoints, images: tuple[ColmapImage, ...]) -> ColmapPoints:
    """Points with finite positions, and tracks gathered from the images' observations."""
    kept = np.flatnonzero(finite_rows(points.xyz)).astype(np.int64)
    point_id = np.concatenate([image.point_id for image in images])
    image_id = np.concatenate([np.full(len(i.point_id), i.id, np.int64) for i in images])
    point2d = np.concatenate([np.arange(len(i.point_id), dtype=np.int64) for i in images])
    order = np.argsort(point_id, kind="stable")
    order = order[np.searchsorted(point_id[order], 1) :]  # without those of no point
    ids = kept + 1
    first = np.searchsorted(point_id[order], np.append(ids, len(points.xyz) + 1))
    error = points.error_px[kept].astype(np.float64)
    return ColmapPoints(
        id=ids,
        xyz=points.xyz[kept].astype(np.float64),
        rgb=points.rgb[kept],
        error_px=np.where(np.isfinite(error), error, -1.0),
        first=first.astype(np.int64),
        image_id=image_id[order],
        point2d_idx=point2d[order],
    )


COLMAP = Exporter(
    ".colmap", "Cameras and sparse points (COLMAP folder)", Carries.CAMERAS, write_colmap
)
