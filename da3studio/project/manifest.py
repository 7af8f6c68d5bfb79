"""`Project` ↔ `project.json`.

The format, schema [1, 2]: `schema`, `program` (the version that wrote it), `name`, `views` (a list
of `View`, each with its `source`), `recipe` (one object per part) and `known_cameras` (a list of
objects with the `id` of a view, its lens, `rotation` row by row and `translation`; since 1.1);
`edits`, `placement`, `measurements` and `frame` (since 1.2, see `manifest_parts.py`). A file of a
newer minor version opens: fields unknown here are kept and written back. A newer major version is
refused.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import da3studio
from da3studio.base.errors import BadInput, ProjectDamaged, ProjectTooNew
from da3studio.base.i18n import tr
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.project.document import Project
from da3studio.project.fields import Fields, MalformedError, parse_json
from da3studio.project.manifest_parts import (
    edit_row,
    measurement_row,
    placement_row,
    read_edits,
    read_frame,
    read_measurements,
    read_placement,
)
from da3studio.recipes.recipe import Recipe
from da3studio.scene.placement import Placement
from da3studio.scene.view import Gps, PhotoSource, View, ViewId

SCHEMA = (1, 2)

_MOST_VIEWS = 100_000
_LONGEST_NAME = 512
_LARGEST_SIDE_PX = 1_000_000
_LARGEST_INTEGER = 2**53  # exact in every JSON reader
_RIGID = 1e-6  # how far a rotation may be from one, by rounding


def decode(content: bytes) -> tuple[Project, dict[str, Any]]:
    """Read a manifest.

    Returns:
        The project, and the whole document for `encode` to keep what is unknown here.

    Raises:
        ProjectTooNew: of a newer major version, or with settings only a newer program has.
        ProjectDamaged: not a manifest.
    """
    newer = False
    try:
        document = parse_json(content)
        fields = Fields(document, "the manifest")
        major, minor = _schema(fields)
        if major > SCHEMA[0]:
            raise _too_new(tr("Its format is version {n}.").format(n=f"{major}.{minor}"))
        newer = minor > SCHEMA[1]
        return _project(fields), document
    except ValueError as error:  # MalformedError, or a value that Project or a recipe refuses
        if newer:
            raise _too_new(tr("It says: {reason}.").format(reason=error)) from error
        raise ProjectDamaged(
            tr("The project cannot be read."),
            why=tr("Its file project.json is damaged: {reason}.").format(reason=error),
            fix=tr("Restore project.json from a backup; finished results are found again."),
        ) from error


def encode(project: Project, document: dict[str, Any]) -> bytes:
    """Write a manifest.

    Args:
        project: what to write.
        document: of the last `decode` or empty; its unknown fields and newer version are kept.

    Raises:
        BadInput: a value that could not be read back, such as a name of thousands of letters.
    """
    major, minor = SCHEMA
    if document:
        minor = max(minor, document["schema"][1])
    ours: dict[str, Any] = {
        "schema": [major, minor],
        "program": da3studio.__version__,
        "name": project.name,
        "views": [dataclasses.asdict(view) for view in project.views],
        "recipe": dataclasses.asdict(project.recipe),
        "known_cameras": [_camera_row(*item) for item in project.known_cameras.items()],
        "edits": [edit_row(listed) for listed in project.edits],
        "placement": placement_row(project.placement),
        "measurements": [measurement_row(measured) for measured in project.measurements],
        "frame": project.frame,
    }
    whole = _with_unknown(ours, document)
    for row, own in zip(whole["edits"], ours["edits"], strict=True):
        row["edit"] = own["edit"]  # another edit may have the place of an old one in the list
    content = (json.dumps(whole, indent=1) + "\n").encode("ascii")
    try:
        _project(Fields(parse_json(content), "the project"))
    except ValueError as error:
        raise BadInput(
            tr("The project cannot be saved like this."),
            why=tr("A value in it is not allowed: {reason}.").format(reason=error),
            fix=tr("Change that value, or leave out the photo that has it; nothing was changed."),
        ) from error
    return content


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two manifests say the same, whichever program version wrote them."""
    documents = [parse_json(content) for content in (one, other)]
    return bool({**documents[0], "program": ""} == {**documents[1], "program": ""})


def _project(fields: Fields) -> Project:
    views = tuple(_view(item) for item in fields.items("views", _MOST_VIEWS))
    return Project(
        fields.text("name", longest=_LONGEST_NAME),
        views,
        _recipe(fields.fields("recipe")),
        _known_cameras(fields, views) if "known_cameras" in fields else {},
        read_edits(fields) if "edits" in fields else (),
        read_placement(fields) if "placement" in fields else Placement(),
        read_measurements(fields) if "measurements" in fields else (),
        read_frame(fields) if "frame" in fields else "",
    )


def _schema(fields: Fields) -> tuple[int, int]:
    version = fields.items("schema", 2)
    if len(version) != 2 or not all(type(n) is int and 0 <= n < 10_000 for n in version):
        raise MalformedError("'schema' is not a pair of version numbers")
    if version[0] == 0:
        raise MalformedError("'schema' is older than the first version")
    return version[0], version[1]


def _too_new(why: str) -> ProjectTooNew:
    return ProjectTooNew(
        tr("The project was written by a newer version of DA3 Studio."),
        why=why,
        fix=tr("Update DA3 Studio, then open it again; nothing in the project was changed."),
    )


def _view(item: Any) -> View:
    fields = Fields(item, "a view")
    name = fields.text("name", longest=_LONGEST_NAME, empty=False)
    fields.where = f"the view {name!r}"
    source = fields.fields("source")
    return View(
        ViewId(fields.text("id", longest=_LONGEST_NAME, empty=False)),
        name,
        PhotoSource(
            source.text("path", longest=32_768, empty=False),
            source.text("digest", longest=128, empty=False),
            source.text("video"),
            source.number("time_s", 0, 1e9),
        ),
        fields.integer("width", 1, _LARGEST_SIDE_PX),
        fields.integer("height", 1, _LARGEST_SIDE_PX),
        fields.or_none("focal_px", lambda field: fields.number(field, 1e-3, 1e9)),
        fields.text("camera_name"),
        fields.number("sharpness"),
        fields.or_none("gps", lambda field: _gps(fields.fields(field))),
        fields.text("taken_at", longest=64),
    )


def _gps(fields: Fields) -> Gps:
    return Gps(
        fields.number("latitude_deg", -90, 90),
        fields.number("longitude_deg", -360, 360),
        fields.or_none("altitude_m", fields.number),
    )


def _camera_row(view_id: ViewId, camera: Camera) -> dict[str, Any]:
    pose = camera.cam_from_world
    return {
        "id": view_id,
        **dataclasses.asdict(camera.intrinsics),
        "rotation": pose.rotation.ravel().tolist(),
        "translation": pose.translation.tolist(),
    }


def _known_cameras(fields: Fields, views: Sequence[View]) -> Mapping[ViewId, Camera]:
    """Those of the views there are: an older program removes views and keeps their cameras."""
    ids = {view.id for view in views}
    items = [Fields(item, "a known camera") for item in fields.items("known_cameras", _MOST_VIEWS)]
    cameras = {ViewId(item.text("id")): _camera(item) for item in items}
    if len(cameras) != len(items):
        raise MalformedError("a view has two known cameras")
    return {view_id: camera for view_id, camera in cameras.items() if view_id in ids}


def _camera(fields: Fields) -> Camera:
    lens = Intrinsics(
        fields.number("fx", 1e-3, 1e9),
        fields.number("fy", 1e-3, 1e9),
        fields.number("cx"),
        fields.number("cy"),
        fields.integer("width", 1, _LARGEST_SIDE_PX),
        fields.integer("height", 1, _LARGEST_SIDE_PX),
        fields.number("k1"),
        fields.number("k2"),
    )
    rotation = np.array(fields.numbers("rotation", 9)).reshape(3, 3)
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > _RIGID or np.linalg.det(rotation) < 0:
        raise MalformedError("the 'rotation' of a known camera is no rotation")
    return Camera(lens, Rigid3(rotation, np.array(fields.numbers("translation", 3))))


def _recipe(fields: Fields) -> Recipe:
    parts = {}
    for part in dataclasses.fields(Recipe):
        default = getattr(Recipe(), part.name)
        parts[part.name] = (
            _part(default, fields.fields(part.name)) if part.name in fields else default
        )
    return Recipe(**parts)


def _part(default: Any, fields: Fields) -> Any:
    """One part of the recipe; a field that an older program did not write has its default."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(default):
        if field.name not in fields:
            continue
        value = getattr(default, field.name)
        if isinstance(value, bool):
            values[field.name] = fields.flag(field.name)
        elif isinstance(value, int):
            values[field.name] = fields.integer(field.name, -_LARGEST_INTEGER, _LARGEST_INTEGER)
        elif isinstance(value, float):
            values[field.name] = fields.number(field.name)
        else:
            values[field.name] = fields.text(field.name, longest=_LONGEST_NAME)
    return type(default)(**values)


def _with_unknown(ours: Any, found: Any) -> Any:
    """`ours`, with what `found` has besides; entries of lists belong together by their id."""
    if isinstance(ours, dict) and isinstance(found, dict):
        unknown = {name: value for name, value in found.items() if name not in ours}
        return {name: _with_unknown(v, found.get(name)) for name, v in ours.items()} | unknown
    if isinstance(ours, (list, tuple)) and isinstance(found, list):
        by_id = {item["id"]: item for item in found if isinstance(item, dict) and "id" in item}
        return [
            _with_unknown(item, by_id.get(item.get("id")) if isinstance(item, dict) else None)
            for item in ours
        ]
    return ours
