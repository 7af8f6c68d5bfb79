"""Reading the cameras of a `transforms.json`: nerfstudio, instant-ngp, Blender's NeRF scenes.

`transform_matrix` leads from the camera to the world, with OpenGL's camera axes: x right, y up, z
back. Principal points stand in the file as COLMAP gave them, and both programs sample a pixel at
its index plus one half: the same convention as ours, so nothing is shifted. The world stays the
file's own; `applied_transform`, `scale` and `offset` only tell how it came about or is shown.

Source: nerfstudio's "Data conventions"; instant-ngp's docs/nerf_dataset_tips.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.engine.camera_files.found import MOST_CAMERAS, FoundCamera, unreadable
from da3studio.geometry.conventions import GLTF_FROM_OURS
from da3studio.project.fields import Fields, MalformedError, parse_json

_LARGEST_BYTES = 128 * 2**20  # 100,000 photos with matrices of 16 long numbers
_TERMS = {
    "fl_x": "fx", "fl_y": "fy", "cx": "cx", "cy": "cy", "k1": "k1", "k2": "k2", "k3": "k3",
    "k4": "k4", "p1": "p1", "p2": "p2", "camera_angle_x": "angle_x", "camera_angle_y": "angle_y",
}  # fmt: skip
_LISTED = ("k1", "k2", "k3", "k4", "p1", "p2")  # order of nerfstudio's `distortion_params`
_OTHER_LENSES = {"is_fisheye": "FISHEYE", "latlong": "EQUIRECTANGULAR"}  # instant-ngp's flags
_INSTEAD = {"fx": "angle_x", "fy": "angle_y", "angle_x": "fx", "angle_y": "fy"}


def read_transforms(path: Path) -> list[FoundCamera]:
    """All cameras of the file, in its order.

    Raises:
        BadInput: it is damaged, too large, or something else.
        OSError: it cannot be opened.
    """
    if path.stat().st_size > _LARGEST_BYTES:
        raise unreadable(path, tr("it is too large for a list of cameras"))
    try:
        whole = Fields(parse_json(path.read_bytes()), tr("the file"))
        return list(_cameras(whole))
    except MalformedError as error:
        raise unreadable(path, str(error)) from error


def _cameras(whole: Fields) -> Iterator[FoundCamera]:
    shared = _terms(whole)
    for item in whole.items("frames", MOST_CAMERAS):
        frame = Fields(item, tr("a frame"))
        photo = frame.text("file_path", empty=False).replace("\\", "/")
        frame.where = repr(photo)
        own = _terms(frame)
        # a frame's own angle of view stands before a focal length for all
        common = {name: value for name, value in shared.items() if _INSTEAD.get(name) not in own}
        axes, centre = _pose(frame)
        yield FoundCamera(
            photo,
            _model(frame) or _model(whole) or "OPENCV",
            {**common, **own},
            _size(frame) or _size(whole),
            (axes @ GLTF_FROM_OURS).T,  # glTF's cameras have OpenGL's axes
            centre,
        )


def _terms(fields: Fields) -> Mapping[str, float]:
    listed: Mapping[str, float] = {}
    if "distortion_params" in fields:
        values = fields.numbers("distortion_params", len(_LISTED))
        listed = dict(zip(_LISTED, values, strict=True))
    named = {ours: fields.number(name) for name, ours in _TERMS.items() if name in fields}
    return {**listed, **named}


def _model(fields: Fields) -> str:
    for name, model in _OTHER_LENSES.items():
        if name in fields and fields.flag(name):
            return model
    return fields.text("camera_model", longest=64) if "camera_model" in fields else ""


def _size(fields: Fields) -> tuple[float, float] | None:
    if "w" not in fields or "h" not in fields:
        return None
    return fields.number("w"), fields.number("h")


def _pose(frame: Fields) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Camera axes in the world as columns, and the camera's place."""
    rows = frame.items("transform_matrix", 4)
    where = tr("'transform_matrix' of {photo}").format(photo=frame.where)
    matrix = np.array([Fields({"a row": row}, where).numbers("a row", 4) for row in rows])
    if len(rows) < 3 or (matrix[3:] != (0, 0, 0, 1)).any():
        raise MalformedError(tr("{matrix} is no rigid motion").format(matrix=where))
    return matrix[:3, :3], matrix[:3, 3]
