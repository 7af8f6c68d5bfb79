from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from da3studio.base.errors import BadInput, ProjectDamaged, ProjectTooNew
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from da3studio.project.document import Project
from da3studio.project.manifest import SCHEMA, decode, encode, same_content
from da3studio.recipes.mesh import TextureRecipe
from da3studio.recipes.recipe import PRESETS
from da3studio.scene.view import Gps, PhotoSource, View, ViewId

VIEW = View(
    ViewId("a"), "IMG_1.jpg", PhotoSource("../fotos/IMG_1 é.jpg", "12ab", "clip.mp4", 1.25),
    4000, 3000, 3210.5, "Maker Model", 0.7, Gps(47.1, 8.5, None), "2026-01-31T10:22:05",
)  # fmt: skip
PROJECT = Project(
    "Statue",
    (VIEW, replace(VIEW, id=ViewId("b"), name="IMG_2.jpg", focal_px=None, gps=None)),
    replace(PRESETS["fine"], texture=TextureRecipe(max_size=1024, level=False)),
)


CAMERA = Camera(
    Intrinsics(3200.125, 3201.0, 2001.5, 1499.1, 4000, 3000, 0.01, -1e-7),
    Rigid3(rotation_from_wxyz([0.8, 0.3, -0.4, 0.2]), [1 / 3, -2e-9, 1e6]),
)
KNOWING = PROJECT.with_known_cameras({ViewId("b"): CAMERA})


def document(project: Project = PROJECT) -> dict[str, Any]:
    return dict(json.loads(encode(project, {})))


def read(changed: dict[str, Any]) -> Project:
    return decode(json.dumps(changed).encode())[0]


def test_that_a_project_comes_back_equal():
    assert decode(encode(PROJECT, {}))[0] == PROJECT


def test_that_a_file_name_of_no_encoding_comes_back():
    odd = replace(VIEW, source=PhotoSource("caf\udce9.jpg", "12ab"))
    assert decode(encode(Project("x", (odd,)), {}))[0].views == (odd,)


def test_that_unknown_fields_of_a_newer_minor_version_are_written_back_at_every_level():
    newer = document() | {"schema": [1, 7], "tags": ["church"]}
    newer["views"][1]["mask"] = "m.png"
    newer["views"][1]["source"]["crop"] = [1, 2]
    newer["recipe"]["mesh"]["colour"] = "red"
    newer["recipe"]["splat"] = {"steps": 9}
    project, found = decode(json.dumps(newer).encode())

    only_second = project.with_views(project.views[1:])
    written = json.loads(encode(only_second, found))

    assert written["schema"] == [1, 7]
    assert written["tags"] == ["church"]
    assert [view["mask"] for view in written["views"]] == ["m.png"]
    assert written["views"][0]["source"]["crop"] == [1, 2]
    assert written["recipe"]["mesh"]["colour"] == "red"
    assert written["recipe"]["splat"] == {"steps": 9}


def test_that_settings_an_older_program_did_not_write_have_their_defaults():
    older = document()
    del older["recipe"]["mesh"]["truncation"], older["recipe"]["texture"]
    assert read(older).recipe == replace(PROJECT.recipe, texture=TextureRecipe())


def test_that_a_newer_major_version_is_refused():
    with pytest.raises(ProjectTooNew, match=r"2\.0"):
        read({"schema": [2, 0]})


def test_that_a_newer_programs_setting_is_not_called_damage():
    newer = document() | {"schema": [SCHEMA[0], SCHEMA[1] + 1]}
    newer["recipe"]["depth"]["engine"] = "da3-next"
    with pytest.raises(ProjectTooNew, match="da3-next"):
        read(newer)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": [1]},
        {"schema": "1.0"},
        {"schema": [True, 0]},
        {"name": 3},
        {"name": "x" * 1000},
        {"views": {}},
        {"views": [3]},
        {"views": [{}]},
        {"recipe": []},
        {"recipe": {"mesh": {"faces": 1e5}}},
        {"recipe": {"mesh": {"faces": -4}}},
        {"recipe": {"mesh": {"faces": True}}},
        {"recipe": {"texture": {"level": 1}}},
    ],
)
def test_that_wrong_values_are_damage(change):
    with pytest.raises(ProjectDamaged):
        read(document() | change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", 0), ("width", 10**9), ("height", 3.5), ("sharpness", "1"), ("focal_px", -1),
        ("focal_px", 1e300), ("gps", {"latitude_deg": 91}), ("id", ""), ("source", None),
        ("name", "a\0b"), ("name", "IMG_2.jpg"), ("id", "b"),
    ],
)  # fmt: skip
def test_that_wrong_values_of_a_view_are_damage(name, value):
    changed = document()
    changed["views"][0][name] = value
    with pytest.raises(ProjectDamaged):
        read(changed)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"null", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000,
        b"{\"schema\": [1, 0], \"name\": NaN}", b"[[[[" * 10 + b"]]]]" * 10,
    ],
)  # fmt: skip
def test_that_what_is_no_manifest_is_damage(content):
    with pytest.raises(ProjectDamaged):
        decode(content)


def test_that_a_manifest_damaged_anywhere_is_read_or_refused_but_never_a_crash():
    content = encode(PROJECT, {})
    random = np.random.default_rng(1)
    for place in random.integers(0, len(content), 200):
        flipped = bytearray(content)
        flipped[place] ^= 1 << int(random.integers(8))
        for damaged in (content[:place], bytes(flipped)):
            try:
                decode(damaged)
            except (ProjectDamaged, ProjectTooNew) as error:
                assert error.fix  # noqa: PT017  most, but not all places are noticed


@pytest.mark.parametrize(
    "view",
    [
        replace(VIEW, camera_name="Maker\0Model"),
        replace(VIEW, camera_name="M" * 10_000),
        replace(VIEW, sharpness=float("nan")),
        replace(VIEW, focal_px=float("inf")),
    ],
)
def test_that_what_could_not_be_read_back_is_not_written(view):
    with pytest.raises(BadInput, match="not allowed"):
        encode(Project("x", (view,)), {})


def test_that_the_version_that_wrote_it_is_no_change_of_content():
    other = document() | {"program": "99.0"}
    assert same_content(encode(PROJECT, {}), json.dumps(other).encode())
    assert not same_content(encode(PROJECT, {}), encode(replace(PROJECT, name="y"), {}))


def test_that_known_cameras_come_back_to_the_last_bit():
    (found,) = decode(encode(KNOWING, {}))[0].known_cameras.values()
    assert found.intrinsics == CAMERA.intrinsics
    for name in ("rotation", "translation"):
        both = (getattr(camera.cam_from_world, name) for camera in (found, CAMERA))
        np.testing.assert_array_equal(*both)
    assert same_content(encode(KNOWING, {}), encode(decode(encode(KNOWING, {}))[0], {}))
    assert not same_content(encode(KNOWING, {}), encode(PROJECT, {}))


def test_that_a_project_of_schema_1_0_has_no_known_cameras_and_is_written_as_1_2():
    older = document() | {"schema": [1, 0]}
    del older["known_cameras"]
    project, found = decode(json.dumps(older).encode())
    assert project == PROJECT
    assert json.loads(encode(project, found))["schema"] == [1, 2]


def test_that_known_cameras_go_with_their_views_and_can_be_taken_back():
    assert KNOWING.with_views(PROJECT.views[:1]).known_cameras == {}
    assert KNOWING.with_views(PROJECT.views[1:]).known_cameras == {ViewId("b"): CAMERA}
    written = encode(KNOWING.with_known_cameras({}), document(KNOWING))
    assert json.loads(written)["known_cameras"] == []


def test_that_the_camera_of_a_view_an_older_program_removed_is_passed_over():
    older = document(KNOWING)
    older["views"].pop()
    project, found = decode(json.dumps(older).encode())
    assert project.known_cameras == {}
    assert json.loads(encode(project, found))["known_cameras"] == []


@pytest.mark.parametrize(
    "cameras",
    [{ViewId("nobody"): CAMERA}, {ViewId("b"): CAMERA.resized(400, 300)}],
    ids=["of no view", "of another size"],
)
def test_that_a_known_camera_has_to_fit_a_view(cameras):
    with pytest.raises(ValueError, match="not of its photo's size"):
        PROJECT.with_known_cameras(cameras)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fx", 0), ("fy", -3), ("fx", "1"), ("cx", None), ("k1", [0]), ("width", 4001),
        ("width", 4e3), ("id", 7), ("rotation", [1, 0, 0]), ("rotation", [[1, 0, 0]] * 3),
        ("rotation", [1, 0, 0, 0, 1, 0, 0, 0, -1]), ("rotation", [2, 0, 0, 0, 2, 0, 0, 0, 2]),
        ("rotation", [0] * 9), ("translation", [1, 2, "3"]), ("translation", [1, 2, 1e300]),
    ],
)  # fmt: skip
def test_that_wrong_values_of_a_known_camera_are_damage(name, value):
    changed = document(KNOWING)
    changed["known_cameras"][0][name] = value
    with pytest.raises(ProjectDamaged):
        read(changed)


def test_that_two_known_cameras_of_one_view_are_damage():
    changed = document(KNOWING)
    changed["known_cameras"] *= 2
    with pytest.raises(ProjectDamaged, match="two known cameras"):
        read(changed)


def test_that_a_camera_that_could_not_be_read_back_is_not_written():
    nowhere = replace(CAMERA, cam_from_world=Rigid3(np.eye(3), [np.nan, 0, 0]))
    with pytest.raises(BadInput, match="not allowed"):
        encode(PROJECT.with_known_cameras({ViewId("b"): nowhere}), {})
