"""Schema 1.2: edits, placement and measurements in the manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from da3studio.base.errors import BadInput, ProjectDamaged, ProjectTooNew
from da3studio.edits.base import ListedEdit
from da3studio.edits.selection import DeleteSelected, SelectStep
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.edits.thresholds import MaxIsolation, MinViews
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.project.document import Project
from da3studio.project.manifest import SCHEMA, decode, encode, same_content
from da3studio.scene.measurement import Measurement
from da3studio.scene.placement import KnownLength, Placement
from da3studio.scene.view import ViewId
from tests.project.test_manifest import PROJECT, document, read

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
LASSO = DeleteSelected(
    (
        SelectStep("add", ((1.5, 2.5), (30.0, 4.0), (7.0, 90.25)), (0.1,) * 12, True),
        SelectStep("invert"),
    )
)
EDITED = replace(
    PROJECT,
    edits=(
        ListedEdit("e1", CropBox((1 / 3, 2.0, -1e-7), (1.0, 2.0, 3.0), AXES)),
        ListedEdit("e2", LASSO, on=False),
        ListedEdit("e3", MaskPhoto(ViewId("a"), "0123456789abcdef0123456789abcdef")),
        ListedEdit("e4", HideView(ViewId("nobody"))),
    ),
    placement=Placement(
        up=(0.3, -0.8, 0.1),
        origin=(1 / 3, 2.0, 3.0),
        known_lengths=(KnownLength((0.0, 0.0, 0.0), (1.0, 0.1, 0.0), 2.05),),
    ),
    measurements=(
        Measurement("m1", "distance", ((0.0, 0.0, 1 / 3), (1.0, 0.0, 0.0)), "Door", (0.01, 0.02)),
        Measurement("m2", "area", ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))),
    ),
)


def test_that_edits_placement_and_measurements_come_back_equal():
    again = decode(encode(EDITED, {}))[0]
    assert again == EDITED
    assert [type(listed.edit) for listed in again.edits] == [
        type(listed.edit) for listed in EDITED.edits
    ]
    assert same_content(encode(again, {}), encode(EDITED, {}))
    assert not same_content(encode(PROJECT, {}), encode(EDITED, {}))


def test_that_a_project_of_schema_1_1_has_none_and_is_written_as_1_2():
    older = document() | {"schema": [1, 1]}
    for field in ("edits", "placement", "measurements"):
        del older[field]
    project, found = decode(json.dumps(older).encode())
    assert project == PROJECT
    assert json.loads(encode(project, found))["schema"] == list(SCHEMA) == [1, 2]


def test_that_another_edit_in_the_place_of_an_old_one_takes_nothing_of_it():
    before = document(EDITED)
    changed = EDITED.with_edits([ListedEdit("e1", MinViews(4)), ListedEdit("e2", MaxIsolation(3))])
    assert decode(encode(changed, before))[0] == changed


def test_that_unknown_fields_of_a_newer_minor_version_are_kept_with_their_entry():
    newer = document(EDITED) | {"schema": [1, 9]}
    newer["edits"][1]["note"] = "left of the door"
    newer["measurements"][0]["colour"] = "red"
    newer["placement"]["north"] = [1, 0, 0]
    project, found = decode(json.dumps(newer).encode())
    shuffled = replace(project, edits=project.edits[::-1], measurements=project.measurements[:1])
    written = json.loads(encode(shuffled, found))
    assert [row.get("note") for row in written["edits"]] == [None, None, "left of the door", None]
    assert written["measurements"][0]["colour"] == "red"
    assert written["placement"]["north"] == [1, 0, 0]


def test_that_a_newer_programs_edit_is_not_called_damage():
    newer = document(EDITED) | {"schema": [SCHEMA[0], SCHEMA[1] + 1]}
    newer["edits"][0]["edit"] = {"kind": "crop_sphere", "radius": 3}
    with pytest.raises(ProjectTooNew, match="crop_sphere"):
        read(newer)


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    whole = document(EDITED)
    inner: Any = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["edits"], {}), (["edits"], [3]), (["edits"], [{}]), (["edits", 0, "id"], ""),
        (["edits", 0, "id"], "e2"), (["edits", 0, "on"], 1), (["edits", 0, "edit"], None),
        (["edits", 0, "edit", "kind"], "os.system"), (["edits", 0, "edit", "half"], [1, 2]),
        (["edits", 0, "edit", "half", 0], -1), (["edits", 0, "edit", "centre", 0], 1e300),
        (["edits", 0, "edit", "more"], 1), (["edits", 2, "edit", "digest"], "../../x"),
        (["edits"], [{"id": str(n), "on": True, "edit": {"kind": "min_views", "n": 3}}
                     for n in range(10_001)]),
        (["placement"], []), (["placement", "up"], [0, 0, 0]), (["placement", "up"], "y"),
        (["placement", "origin", 0], None), (["placement", "origin"], [1, 2]),
        (["placement", "known_lengths", 0, "metres"], 0),
        (["placement", "known_lengths", 0, "metres"], "2,05"),
        (["placement", "known_lengths", 0, "b"], [0, 0, 0]),
        (["placement", "known_lengths"], [{}] * 1001),
        (["measurements"], None), (["measurements", 0, "kind"], "volume"),
        (["measurements", 0, "points"], []), (["measurements", 0, "points", 0], [1, 2]),
        (["measurements", 0, "points", 0, 0], True), (["measurements", 0, "sigma"], [1]),
        (["measurements", 0, "sigma", 0], -1), (["measurements", 0, "id"], "m2"),
        (["measurements", 0, "name"], 3), (["measurements", 0, "points"], [[0, 0, 0]] * 10_001),
    ],
)  # fmt: skip
def test_that_wrong_values_of_a_strangers_file_are_damage(path, value):
    with pytest.raises(ProjectDamaged):
        read(changed(path, value))


@pytest.mark.parametrize(
    "bad",
    [
        EDITED.with_measurements(
            [Measurement("m", "distance", ((0.0, 0.0, 1e300), (0.0, 0.0, 0.0)))]
        ),
        EDITED.with_placement(Placement(origin=(1e300, 0.0, 0.0))),
        EDITED.with_edits([ListedEdit("e" * 1000, MinViews(3))]),
    ],
)
def test_that_what_could_not_be_read_back_is_not_written(bad):
    with pytest.raises(BadInput, match="not allowed"):
        encode(bad, {})


def test_that_ids_are_unique_in_each_list():
    edit = DeleteInBox((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), AXES)
    with pytest.raises(ValueError, match="two edits"):
        Project("x").with_edits([ListedEdit("a", edit), ListedEdit("a", edit)])
    measured = Measurement("m", "height", ((0.0, 0.0, 0.0),))
    with pytest.raises(ValueError, match="two measurements"):
        Project("x").with_measurements([measured, measured])


def test_that_the_frame_comes_back_and_is_none_in_older_projects():
    framed = EDITED.with_frame("0123456789abcdef0123456789abcdef")
    assert decode(encode(framed, {}))[0] == framed
    assert framed != EDITED
    older = document(framed)
    del older["frame"]
    assert decode(json.dumps(older).encode())[0].frame == ""


@pytest.mark.parametrize("bad", ["../../etc/passwd", "a" * 129, "ABC", 7, None, ["a"]])
def test_that_a_frame_that_is_no_key_is_damage(bad):
    with pytest.raises(ProjectDamaged, match="frame"):
        decode(json.dumps(document(EDITED) | {"frame": bad}).encode())


def test_that_a_project_has_places_where_one_of_its_parts_does():
    assert not PROJECT.has_places
    assert not PROJECT.with_edits([ListedEdit("a", MinViews(3))]).has_places
    assert PROJECT.with_edits([ListedEdit("a", LASSO, on=False)]).has_places
    assert PROJECT.with_placement(Placement(up=(1.0, 0.0, 0.0))).has_places
    assert PROJECT.with_measurements(EDITED.measurements).has_places
