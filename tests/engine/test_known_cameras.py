from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pycolmap
import pytest

from da3studio.base.errors import BadInput
from da3studio.engine.camera_files.colmap_lenses import MODEL_NAMES, TERMS
from da3studio.engine.known_cameras import read_known_cameras
from da3studio.exporters import export
from da3studio.geometry.camera import project
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.view import ViewId
from tests.engine.cameras_on_disk import RIG, VIEWS, assert_same, colmap, frame, transforms, view
from tests.exporters import scenes


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


def test_that_our_table_of_lens_models_is_colmaps():
    code = (
        "import pycolmap\n"
        "for model in pycolmap.CameraModelId.__members__.values():\n"
        "    if int(model.value) >= 0:\n"
        "        lens = pycolmap.Camera.create_from_model_id(1, model, 1.0, 1, 1)\n"
        "        print(int(model.value), lens.model_name, lens.params_info.replace(',', ' '))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rows = [line.split() for line in ran.stdout.splitlines()]

    assert {int(number): name for number, name, *_ in rows} == MODEL_NAMES
    assert {name: tuple(terms) for _, name, *terms in rows} == TERMS


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
