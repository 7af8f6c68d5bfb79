from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pycolmap
import pytest

from da3studio.base.errors import BadInput, Missing
from da3studio.engine.known_cameras import read_known_cameras
from da3studio.exporters import export
from da3studio.geometry.camera import Camera, project
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.view import PhotoSource, View, ViewId
from tests.exporters import scenes
from tests.synthetic.rigs import orbit

RIG = orbit(4, size=(640, 480))
OPENGL = np.diag([1.0, -1.0, -1.0])  # written out here: the test must not share the program's


def view(name: str, width: int = 640, height: int = 480, path: str | None = None) -> View:
    return View(
        ViewId(f"id of {name}"), name, PhotoSource(path or f"/photos/{name}", name), width, height,
        None, "", 1.0,
    )  # fmt: skip


VIEWS = tuple(view(f"IMG_{k}.jpg") for k in range(4))


def assert_same(found: Camera, true: Camera) -> None:
    assert found.intrinsics == true.intrinsics
    np.testing.assert_allclose(
        found.cam_from_world.matrix(), true.cam_from_world.matrix(), atol=1e-12
    )


# ---------------------------------------------------------------- COLMAP


def colmap(folder: Path, camera: str = "1 PINHOLE 640 480 704 704 320 240", n: int = 4) -> Path:
    """A text model of the rig without points; one lens for all."""
    folder.mkdir(exist_ok=True)
    (folder / "cameras.txt").write_text(f"# lenses\n{camera}\n")
    lines = []
    for k, one in enumerate(list(RIG.values())[:n]):
        pose = pycolmap.Rigid3d(
            pycolmap.Rotation3d(one.cam_from_world.rotation), one.cam_from_world.translation
        )
        x, y, z, w = pose.rotation.quat.tolist()
        numbers = " ".join(repr(float(v)) for v in (w, x, y, z, *pose.translation))
        lines.append(f"{k + 1} {numbers} 1 IMG_{k}.jpg\n\n")
    (folder / "images.txt").write_text("# photos\n" + "".join(lines))
    return folder


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return folder


def test_that_a_text_model_without_points_gives_the_cameras(tmp_path):
    found = read_known_cameras(colmap(tmp_path), VIEWS)
    assert list(found) == [one.id for one in VIEWS]
    for camera, true in zip(found.values(), RIG.values(), strict=True):
        assert_same(camera, true)


@pytest.mark.parametrize("kind", [".bin", ".txt"])
def test_that_our_own_colmap_export_comes_back_exactly(tmp_path, kind):
    made = scenes.scene()
    (folder,) = export(made, tmp_path / "scan.colmap", ExportRecipe())
    for file in (folder / "sparse" / "0").iterdir():
        if file.suffix != kind or file.name.startswith("points3D"):
            file.unlink()

    found = read_known_cameras(folder, made.views, allow_missing=True)

    assert set(found) == set(made.registration.cameras)
    for view_id, true in made.registration.cameras.items():
        assert_same(found[view_id], true)


def test_that_what_pycolmap_writes_is_read_alike_for_every_lens_that_can_be_held(tmp_path):
    """Rigs, frames and points as today's COLMAP writes them; seen pixels decide."""
    lenses = {
        "SIMPLE_PINHOLE": [700, 321, 239], "PINHOLE": [700, 710, 321, 239],
        "SIMPLE_RADIAL": [700, 321, 239, -0.05], "RADIAL": [700, 321, 239, -0.05, 0.02],
        "OPENCV": [700, 710, 321, 239, -0.05, 0.02, 0, 0],
        "FULL_OPENCV": [700, 710, 321, 239, -0.05, 0.02, 0, 0, 0, 0, 0, 0],
        "SIMPLE_DIVISION": [700, 321, 239, 0], "DIVISION": [700, 710, 321, 239, 0],
    }  # fmt: skip
    model = pycolmap.Reconstruction()
    views, points = [], np.random.default_rng(0).normal(0, 0.5, (50, 3))
    pose = list(RIG.values())[1].cam_from_world
    for number, (name, params) in enumerate(lenses.items(), 1):
        lens = pycolmap.Camera(
            camera_id=number, model=name, width=640, height=480, params=params
        )  # fmt: skip
        model.add_camera_with_trivial_rig(lens)
        image = pycolmap.Image(name=f"{name}.jpg", camera_id=number, image_id=number)
        image.points2D = pycolmap.Point2DList([pycolmap.Point2D((5.0, k)) for k in range(number)])
        rigid = pycolmap.Rigid3d(pycolmap.Rotation3d(pose.rotation), pose.translation)
        model.add_image_with_trivial_frame(image, rigid)
        views.append(view(f"{name}.jpg"))
    for kind in ("binary", "text"):
        folder = tmp_path / kind
        folder.mkdir()
        getattr(model, f"write_{kind}")(str(folder))

        found = read_known_cameras(folder, views)

        for number, one in enumerate(views, 1):
            in_camera = pose.apply(points)
            expected = model.camera(number).img_from_cam(in_camera)
            pixels = project(points, found[one.id])
            np.testing.assert_allclose(pixels, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("lens", "said"),
    [
        ("OPENCV 640 480 704 704 320 240 0.1 0.01 0.001 0", "OPENCV, p1 = 0.001"),
        ("FULL_OPENCV 640 480 704 704 320 240 0 0 0 0 0.5 0 0 0", "k3 = 0.5"),
        ("OPENCV_FISHEYE 640 480 704 704 320 240 0 0 0 0", "OPENCV_FISHEYE"),
        ("FISHEYE 640 480 704 704 320 240", "FISHEYE"),
        ("SIMPLE_RADIAL_FISHEYE 640 480 704 320 240 0", "SIMPLE_RADIAL_FISHEYE"),
        ("DIVISION 640 480 704 704 320 240 -0.1", "DIVISION, k = -0.1"),
        ("FOV 640 480 704 704 320 240 0.9", "FOV"),
        ("EQUIRECTANGULAR 640 480 640 480", "EQUIRECTANGULAR"),
    ],
)
def test_that_a_lens_that_cannot_be_held_is_named(tmp_path, lens, said):
    with pytest.raises(BadInput, match=r"IMG_0\.jpg") as caught:
        read_known_cameras(colmap(tmp_path, f"1 {lens}"), VIEWS)
    assert said in caught.value.why
    assert "ndistort" in caught.value.fix


def test_that_cameras_of_larger_photos_are_brought_to_the_photos_size(tmp_path):
    folder = colmap(tmp_path, "1 RADIAL 1281 960 1408 640.5 480 0.1 -0.02")
    lens = read_known_cameras(folder, VIEWS)[VIEWS[0].id].intrinsics
    assert (lens.width, lens.height) == (640, 480)
    assert lens.cx == pytest.approx(320)
    assert lens.fx == pytest.approx(1408 * 640 / 1281)
    assert (lens.cy, lens.fy, lens.k1, lens.k2) == (240, 704, 0.1, -0.02)


@pytest.mark.parametrize("name", ["object_banana", "room_hololens", "pair_soh", "mixed_exif"])
def test_that_real_models_are_read_as_their_reference_says(shared_photos, name):
    folder = shared_photos / "ref" / "dev" / name
    reference = json.loads((folder / "reference.json").read_text())["images"]
    # the model was found with upright copies, whose names it has
    views = [view(r.get("upright_name", r["name"]), r["width"], r["height"]) for r in reference]

    found = read_known_cameras(folder, views)

    for one, true in zip(views, reference, strict=True):
        camera = found[one.id]
        np.testing.assert_allclose(camera.cam_from_world.rotation, true["R"], atol=1e-8)
        np.testing.assert_allclose(camera.cam_from_world.translation, true["t"], atol=1e-8)
        # a resized photo's two focal lengths differ by 0.1 %, and the model's lens has one
        np.testing.assert_allclose(camera.intrinsics.matrix(), true["K"], rtol=1e-3)


# ---------------------------------------------------------------- transforms.json


def transforms(path: Path, frames: list | None = None, **shared) -> Path:
    """The rig as nerfstudio writes it."""
    if frames is None:
        frames = [frame(k) for k in range(4)]
    if not shared:
        shared = {"fl_x": 704.0, "fl_y": 704.0, "cx": 320.0, "cy": 240.0, "w": 640, "h": 480}
    path.write_text(json.dumps({"camera_model": "OPENCV", **shared, "frames": frames}))
    return path


def frame(k: int, change=lambda matrix: matrix, **own) -> dict:
    matrix = list(RIG.values())[k].cam_from_world.inverse().matrix()
    matrix[:3, :3] = matrix[:3, :3] @ OPENGL
    return {
        "file_path": f"images/IMG_{k}.jpg", "transform_matrix": change(matrix).tolist(), **own,
    }  # fmt: skip


@pytest.mark.parametrize("as_folder", [False, True])
def test_that_transforms_json_gives_the_cameras(tmp_path, as_folder):
    file = transforms(tmp_path / "transforms.json")
    found = read_known_cameras(tmp_path if as_folder else file, VIEWS)
    for one, true in zip(VIEWS, RIG.values(), strict=True):
        assert_same(found[one.id], true)


def test_that_an_opengl_camera_looks_along_minus_z(tmp_path):
    """At (1, 2, 3), unturned: a point ahead and up is seen in the upper half of the middle."""
    pose = [[1, 0, 0, 1], [0, 1, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]]
    file = transforms(tmp_path / "t.json", [{"file_path": "IMG_0.jpg", "transform_matrix": pose}])
    camera = read_known_cameras(file, VIEWS[:1])[VIEWS[0].id]
    np.testing.assert_allclose(camera.centre, [1, 2, 3])
    x, y = project((1, 2.5, 3 - 5), camera)
    assert (x, y) == (pytest.approx(320), pytest.approx(240 - 704 * 0.1))


@pytest.mark.parametrize(
    ("shared", "expected"),
    [
        ({"camera_angle_x": 2 * np.arctan(320 / 500)}, (500, 500, 320, 240, 0, 0)),
        ({"camera_angle_x": 2 * np.arctan(320 / 500), "camera_angle_y": 2 * np.arctan(240 / 510)},
         (500, 510, 320, 240, 0, 0)),
        ({"fl_x": 1000.0, "w": 1280.0, "h": 960.0, "cx": 650, "k1": 0.1, "k2": 0.2, "p1": 0.0},
         (500, 500, 325, 240, 0.1, 0.2)),
        ({"fl_y": 500, "fl_x": 510, "distortion_params": [0.1, 0.2, 0, 0, 0, 0]},
         (510, 500, 320, 240, 0.1, 0.2)),
        ({"fl_x": 500, "camera_angle_x": 3.0, "aabb_scale": 16, "offset": [0, 0, 1]},
         (500, 500, 320, 240, 0, 0)),
    ],
)  # fmt: skip
def test_that_the_lens_is_read_in_every_spelling(tmp_path, shared, expected):
    camera = read_known_cameras(transforms(tmp_path / "t.json", **shared), VIEWS)[VIEWS[0].id]
    lens = camera.intrinsics
    assert (lens.fx, lens.fy, lens.cx, lens.cy, lens.k1, lens.k2) == pytest.approx(expected)


def test_that_a_frames_own_lens_stands_before_that_of_all(tmp_path):
    own = {"camera_angle_x": 2 * np.arctan(320 / 500), "cx": 300, "k1": 0.3}
    frames = [frame(0, **own), frame(1)]
    shared = {"fl_x": 704.0, "w": 640, "h": 480, "k1": 0.1}
    found = read_known_cameras(transforms(tmp_path / "t.json", frames, **shared), VIEWS[:2])
    first, second = (found[one.id].intrinsics for one in VIEWS[:2])
    assert (first.fx, first.cx, first.k1) == (pytest.approx(500), 300, 0.3)
    assert (second.fx, second.cx, second.k1) == (704, 320, 0.1)


def test_that_a_rotation_rounded_to_four_digits_is_mended_where_it_stands(tmp_path):
    file = transforms(tmp_path / "t.json", [frame(k, lambda m: m.round(4)) for k in range(4)])
    found = read_known_cameras(file, VIEWS)
    for one, true in zip(VIEWS, RIG.values(), strict=True):
        rotation = found[one.id].cam_from_world.rotation
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-14)
        np.testing.assert_allclose(rotation, true.cam_from_world.rotation, atol=2e-4)
        np.testing.assert_allclose(found[one.id].centre, true.centre, atol=1e-4)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        ("IMG_0.jpg", "IMG_0.jpg"), ("cam/left/IMG_0.jpg", "IMG_0.jpg"), ("IMG_0.png", "IMG_0.jpg"),
        ("./train/IMG_0", "IMG_0.jpg"), ("C:\\photos\\img_0.JPG", "IMG_0.jpg"),
        ("frame.0001", "frame.0001.png"), ("my photo 1.jpg", "my photo 1.jpg"),
    ],
)  # fmt: skip
def test_that_photos_are_found_by_file_name_or_stem(tmp_path, photo, name):
    frames = [{**frame(0), "file_path": photo}, {**frame(1), "file_path": "other.jpg"}]
    (only,) = read_known_cameras(transforms(tmp_path / "t.json", frames), [view(name)])
    assert only == f"id of {name}"


def test_that_folders_tell_equal_names_apart(tmp_path):
    frames = [{**frame(k), "file_path": f"images/{folder}/1.jpg"} for k, folder in enumerate("abc")]
    views = [view("b/1.jpg", path="/x/b/1.jpg"), view("1.jpg", path="/x/a/1.jpg")]
    found = read_known_cameras(transforms(tmp_path / "t.json", frames), views)
    for one, k in zip(views, (1, 0), strict=True):
        assert_same(found[one.id], list(RIG.values())[k])


def test_that_the_full_name_is_preferred_to_the_stem(tmp_path):
    frames = [{**frame(0), "file_path": "1.png"}, {**frame(1), "file_path": "1.jpg"}]
    found = read_known_cameras(transforms(tmp_path / "t.json", frames), [view("1.jpg")])
    assert_same(found[ViewId("id of 1.jpg")], list(RIG.values())[1])


@pytest.mark.parametrize(
    ("photos", "views", "said"),
    [
        (["a/1.jpg", "b/1.jpg"], [view("1.jpg")], "two cameras for the photo 1.jpg"),
        (["1.jpg", "1.jpg"], [view("1.jpg")], "two cameras for the photo 1.jpg"),
        (["1.png", "1.tif"], [view("1.jpg")], "1.png and 1.tif"),
        (["1.jpg"], [view("a/1.jpg"), view("b/1.jpg")], "1.jpg may be a/1.jpg or b/1.jpg"),
    ],
)
def test_that_names_that_fit_twice_are_refused(tmp_path, photos, views, said):
    frames = [{**frame(k), "file_path": photo} for k, photo in enumerate(photos)]
    with pytest.raises(BadInput) as caught:
        read_known_cameras(transforms(tmp_path / "t.json", frames), views)
    assert said in str(caught.value)


# ---------------------------------------------------------------- bad input


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
