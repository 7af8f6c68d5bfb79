from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.errors import BadInput, Missing
from da3studio.engine.known_cameras import read_known_cameras
from da3studio.exporters import export
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from da3studio.recipes.export import ExportRecipe
from tests.engine.cameras_on_disk import (
    VIEWS,
    assert_same,
    changed,
    colmap,
    frame,
    transforms,
    view,
)
from tests.exporters import scenes


def test_that_too_few_cameras_are_counted_and_the_first_photo_named(tmp_path):
    folder = colmap(tmp_path, n=2)
    with pytest.raises(BadInput, match="cameras of 2 of 4 photos") as caught:
        read_known_cameras(folder, VIEWS)
    assert "IMG_2.jpg" in caught.value.why
    found = read_known_cameras(folder, VIEWS, allow_missing=True)
    assert list(found) == [VIEWS[0].id, VIEWS[1].id]


@pytest.mark.parametrize("allow", [False, True])
def test_that_cameras_of_other_photos_are_refused_with_both_names(tmp_path, allow):
    with pytest.raises(BadInput, match="0 of 1 photos") as caught:
        read_known_cameras(colmap(tmp_path), [view("DSC_7.jpg")], allow_missing=allow)
    assert "DSC_7.jpg" in caught.value.why
    assert "IMG_0.jpg" in caught.value.why


def test_that_a_file_with_no_camera_at_all_is_refused(tmp_path):
    with pytest.raises(BadInput, match="0 of 4"):
        read_known_cameras(transforms(tmp_path / "t.json", []), VIEWS)


def with_rotation(change) -> list:
    def apply(matrix):
        matrix[:3, :3] = change(matrix[:3, :3])
        return matrix

    return [frame(0), frame(1, apply), frame(2), frame(3)]


def with_value(row: int, column: int, value: float) -> list:
    def apply(matrix):
        matrix[row, column] = value
        return matrix

    return [frame(0, apply), *(frame(k) for k in (1, 2, 3))]


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (with_rotation(lambda r: r * (1, 1, -1)), "mirrored (determinant -1)"),
        (with_rotation(lambda r: -r), "mirrored"),
        (with_rotation(lambda r: 2 * r), "100 % off"),
        (with_rotation(lambda r: r * (1, 1, 1.03)), "3 % off"),
        (with_rotation(lambda r: r + np.array([[0, 0.1, 0]] * 3)), "% off"),
        (with_rotation(lambda r: 0 * r), "100 % off"),
        (with_value(0, 3, float("nan")), "NaN"),
        (with_value(1, 1, float("inf")), "Infinity"),
        (with_value(0, 0, 1e300), "a number from"),
        (with_value(3, 0, 0.5), "no rigid motion"),
        ([{**frame(0), "transform_matrix": [[1, 0, 0, 0]]}], "no rigid motion"),
        ([{**frame(0), "transform_matrix": [[1, 0, 0]] * 4}], "4 numbers"),
        ([{**frame(0), "transform_matrix": [["1", 0, 0, 0]] * 4}], "not a number"),
        ([{**frame(0), "transform_matrix": 7}], "a list of"),
        ([{"file_path": "IMG_0.jpg"}], "has no 'transform_matrix'"),
        ([{"transform_matrix": []}], "has no 'file_path'"),
        ([3], "not an object"),
        ({"IMG_0.jpg": []}, "a list of"),
    ],
)
def test_that_an_impossible_pose_is_refused(tmp_path, frames, said):
    with pytest.raises(BadInput) as caught:
        read_known_cameras(transforms(tmp_path / "t.json", frames), VIEWS)
    assert said in caught.value.why
    assert caught.value.fix


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        ({"fl_x": 0}, "0 x 0 px"), ({"fl_x": -704, "fl_y": 704}, "-704 x 704 px"),
        ({"camera_angle_x": 0}, "0 x 0 px"), ({"camera_angle_x": -1}, "0 x 0 px"),
        ({"cx": 320}, "no focal length"), ({"fl_x": "704"}, "not a number"),
        ({"fl_x": 704, "w": 640, "h": 640}, "640 x 640 px, and yours has 640 x 480"),
        ({"fl_x": 704, "w": 0, "h": 0}, "0 x 0 px"), ({"fl_x": 7, "w": 0.5, "h": 480}, "0.5 x"),
        ({"fl_x": 704, "p2": 0.01}, "p2 = 0.01"), ({"fl_x": 704, "is_fisheye": True}, "FISHEYE"),
        ({"fl_x": 704, "camera_model": "OPENCV_FISHEYE"}, "OPENCV_FISHEYE"),
    ],
)  # fmt: skip
def test_that_an_impossible_lens_is_refused(tmp_path, shared, said):
    with pytest.raises(BadInput) as caught:
        read_known_cameras(transforms(tmp_path / "t.json", **shared), VIEWS)
    assert said in caught.value.why


def test_that_cameras_of_photos_on_their_side_are_told_so(tmp_path):
    folder = colmap(tmp_path, "1 PINHOLE 480 640 704 704 240 320")
    with pytest.raises(BadInput, match="480 x 640 px") as caught:
        read_known_cameras(folder, VIEWS)
    assert "upright" in caught.value.fix


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("cameras.txt", "704 704", "nan 704", "NaN"),
        ("cameras.txt", "704 704", "0 704", "0 x 704"),
        ("cameras.txt", "704 704", "704", "3 numbers instead of 4"),
        ("cameras.txt", "PINHOLE", "CAMERA", "CAMERA is no camera model"),
        ("cameras.txt", "1 PINHOLE", "2 PINHOLE", "not listed"),
        ("cameras.txt", "640 480 704 704 320 240", "", "2 words"),
        ("images.txt", "1 IMG_0.jpg", "one IMG_0.jpg", "'one' is no number"),
        ("images.txt", " 1 IMG_0.jpg", "", "8 words instead of 10"),
        ("images.txt", "1 IMG_0.jpg", "nan IMG_0.jpg", "NaN"),
    ],
)
def test_that_a_damaged_text_model_is_refused(tmp_path, file, old, new, said):
    with pytest.raises(BadInput) as caught:
        read_known_cameras(changed(colmap(tmp_path), file, old, new), VIEWS)
    assert said.lower() in caught.value.why.lower()


def test_that_a_quaternion_of_no_length_is_refused(tmp_path):
    folder = colmap(tmp_path)
    (folder / "images.txt").write_text("1 0 0 0 0 1 2 3 1 IMG_0.jpg\n\n")
    with pytest.raises(BadInput, match="NaN"):
        read_known_cameras(folder, VIEWS[:1])


def binary(folder: Path) -> Path:
    made = scenes.scene()
    (model,) = export(made, folder / "scan.colmap", ExportRecipe())
    for file in (model / "sparse" / "0").glob("*.txt"):
        file.unlink()
    return model


def test_that_a_binary_model_damaged_anywhere_is_read_or_refused_but_never_a_crash(tmp_path):
    model, views = binary(tmp_path), scenes.scene().views
    refused = 0
    for name in ("cameras.bin", "images.bin"):
        file = model / "sparse" / "0" / name
        whole, rng = file.read_bytes(), np.random.default_rng(2)
        for place in rng.integers(0, len(whole), 80):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << int(rng.integers(8))
            for damaged in (whole[:place], bytes(flipped)):
                file.write_bytes(damaged)
                try:
                    read_known_cameras(model, views, allow_missing=True)
                except BadInput as error:
                    refused += 1
                    assert error.fix  # noqa: PT017  most, but not all places are noticed
        file.write_bytes(whole)
    assert refused > 160


@pytest.mark.parametrize("name", ["cameras.bin", "images.bin"])
def test_that_a_count_of_2_to_the_62_allocates_nothing(tmp_path, name):
    model = binary(tmp_path)
    file = model / "sparse" / "0" / name
    file.write_bytes(struct.pack("<Q", 2**62) + file.read_bytes()[8:])
    with pytest.raises(BadInput, match="ends too early"):
        read_known_cameras(model, scenes.scene().views)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"null", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000,
        b'{"frames": 3}', b'{"no": []}', b"# COLMAP", b"\0" * 1000, b"\x80\x04\x95.",
    ],
)  # fmt: skip
def test_that_what_is_no_transforms_file_is_refused(tmp_path, content):
    file = tmp_path / "transforms.json"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=r"transforms\.json cannot be read"):
        read_known_cameras(file, VIEWS)


@pytest.mark.parametrize("name", ["transforms.json", "cameras.txt"])
def test_that_a_file_of_gigabytes_is_refused_unread(tmp_path, name):
    folder = colmap(tmp_path)
    if name.endswith("json"):
        (folder / "cameras.txt").unlink()
    with (folder / name).open("wb") as file:
        file.truncate(2**33)  # sparse: takes no room on the disk
    with pytest.raises(BadInput, match="too large"):
        read_known_cameras(folder, VIEWS)


def test_that_a_list_of_more_frames_than_any_capture_is_refused(tmp_path):
    file = tmp_path / "transforms.json"
    file.write_text('{"frames": [' + "0," * 100_001 + "0]}")
    with pytest.raises(BadInput, match="100000"):
        read_known_cameras(file, VIEWS)


def test_that_a_place_without_cameras_is_told_apart_from_no_place(tmp_path):
    with pytest.raises(Missing, match="nowhere"):
        read_known_cameras(tmp_path / "nowhere", VIEWS)
    with pytest.raises(BadInput, match="neither"):
        read_known_cameras(tmp_path, VIEWS)
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(BadInput, match="neither"):
        read_known_cameras(tmp_path / "photo.jpg", VIEWS)


def test_that_a_turned_camera_keeps_its_place_when_its_quaternion_is_not_of_length_1(tmp_path):
    folder = colmap(tmp_path)
    (folder / "images.txt").write_text("1 2 0.2 -0.4 0.6 1 2 3 1 IMG_0.jpg\n\n")
    camera = read_known_cameras(folder, VIEWS[:1])[VIEWS[0].id]
    true = Rigid3(rotation_from_wxyz([2, 0.2, -0.4, 0.6]), [1, 2, 3])
    assert_same(camera, replace(camera, cam_from_world=true))
