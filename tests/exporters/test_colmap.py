from __future__ import annotations

import errno
import json
from dataclasses import replace

import numpy as np
import pycolmap
import pytest

from da3studio.base.atomic import write_folder_atomic
from da3studio.base.errors import BadInput, CannotWrite, DiskFull, Missing
from da3studio.exporters import export
from da3studio.geometry.camera import project
from da3studio.geometry.rigid import angle_between
from da3studio.recipes.export import ExportRecipe
from tests.exporters.scenes import LENSES, NAMES, registration, scene, without_cameras

RECIPE = ExportRecipe()


@pytest.fixture(params=["bin", "txt"])
def model(tmp_path, request):
    """The model as pycolmap reads it from one of the two formats."""
    export(scene(), tmp_path / "scan.colmap", RECIPE)
    read = pycolmap.Reconstruction()
    sparse = tmp_path / "scan.colmap" / "sparse" / "0"
    (read.read_binary if request.param == "bin" else read.read_text)(str(sparse))
    return read


def test_that_lenses_keep_their_model_and_share_cameras(model):
    names = {i: camera.model.name for i, camera in model.cameras.items()}
    assert names == {1: "PINHOLE", 2: "SIMPLE_RADIAL", 3: "RADIAL", 4: "OPENCV"}
    assert model.images[1].camera_id == model.images[5].camera_id == 1
    assert (model.cameras[4].width, model.cameras[4].height) == (640, 480)
    assert list(model.cameras[3].params) == [820, 318, 242, -0.05, 0.01]


def test_that_poses_survive(model):
    ours = registration()
    for i, view_id in enumerate(ours.view_ids):
        theirs = model.images[i + 1].cam_from_world()
        pose = ours.cameras[view_id].cam_from_world
        assert angle_between(theirs.rotation.matrix(), pose.rotation) < 1e-7
        np.testing.assert_allclose(theirs.translation, pose.translation, atol=1e-12)


def test_that_their_cameras_see_the_points_where_ours_do(model):
    ours = registration()
    for i, view_id in enumerate(ours.view_ids):
        image = model.images[i + 1]
        theirs = np.array([image.project_point(xyz) for xyz in ours.points.xyz.astype(float)])
        expected = project(ours.points.xyz, ours.cameras[view_id])
        np.testing.assert_allclose(theirs, expected, atol=1e-6)  # [px]


def test_that_tracks_lead_to_the_observations_they_came_from(model):
    points = registration().points
    assert model.num_points3D() == 60
    assert len(model.points3D[1].track.elements) == 0
    assert len(model.points3D[2].track.elements) == 1
    observed = set()
    for point_id, point in model.points3D.items():
        np.testing.assert_allclose(point.xyz, points.xyz[point_id - 1], rtol=1e-7)
        np.testing.assert_array_equal(point.color, points.rgb[point_id - 1])
        assert point.error == pytest.approx(points.error_px[point_id - 1], rel=1e-5)
        for element in point.track.elements:
            point2d = model.images[element.image_id].points2D[element.point2D_idx]
            assert point2d.point3D_id == point_id
            observed.add((point_id - 1, element.image_id - 1, *np.float32(point2d.xy)))
    expected = zip(points.point_idx, points.view_idx, *points.xy.T, strict=True)
    assert observed == set(expected)
    assert sum(len(image.points2D) for image in model.images.values()) == len(points.xy)


def test_that_the_observations_reproject_onto_themselves(model):
    """The tracks are exact in the scene, so pycolmap's own error is float32 rounding."""
    model.update_point_3d_errors()
    assert model.compute_mean_reprojection_error() < 1e-4  # [px]


def test_that_binary_keeps_names_with_spaces(tmp_path):
    export(scene(), tmp_path / "scan.colmap", RECIPE)
    read = pycolmap.Reconstruction()
    read.read_binary(str(tmp_path / "scan.colmap/sparse/0"))

    assert tuple(read.images[i + 1].name for i in range(5)) == NAMES
    text = (tmp_path / "scan.colmap/sparse/0/images.txt").read_text("utf-8")
    assert text.splitlines()[3].endswith(" 1 IMG 001.jpg")


def test_that_points_without_a_position_are_left_out(tmp_path):
    whole = registration()
    xyz = whole.points.xyz.copy()
    xyz[5] = np.nan
    broken = replace(whole, points=replace(whole.points, xyz=xyz))

    export(replace(scene(), registration=broken), tmp_path / "scan.colmap", RECIPE)

    read = pycolmap.Reconstruction(str(tmp_path / "scan.colmap/sparse/0"))
    assert 6 not in read.points3D
    assert read.num_points3D() == 59
    free = sum(not p.has_point3D() for image in read.images.values() for p in image.points2D)
    assert free == (whole.points.point_idx == 5).sum()


def test_that_the_unit_stands_beside_the_model(tmp_path):
    export(scene(unit="metre"), tmp_path / "scan.colmap", RECIPE)

    about = json.loads((tmp_path / "scan.colmap/da3studio.json").read_text("utf-8"))
    assert about["unit"] == "metre"
    assert about["scene"] == "Büste 3\n"


def test_that_an_earlier_export_is_replaced(tmp_path):
    path = tmp_path / "scan.colmap"
    export(scene(), path, RECIPE)
    (path / "sparse" / ".DS_Store").write_bytes(b"")  # a file browser was here
    (path / "sparse/0/cameras.bin").write_bytes(b"old")

    assert export(scene(), path, RECIPE) == (path,)

    assert pycolmap.Reconstruction(str(path / "sparse/0")).num_cameras() == len(set(LENSES))
    assert [p.name for p in tmp_path.iterdir()] == ["scan.colmap"]


@pytest.mark.parametrize("foreign", ["images/a.jpg", "sparse/0/rigs.bin", "notes.txt"])
def test_that_files_of_the_person_are_never_replaced(tmp_path, foreign):
    path = tmp_path / "scan.colmap"
    export(scene(), path, RECIPE)
    (path / foreign).parent.mkdir(exist_ok=True)
    (path / foreign).write_bytes(b"precious")

    with pytest.raises(BadInput, match=foreign):
        export(scene(), path, RECIPE)
    assert (path / foreign).read_bytes() == b"precious"


def test_that_a_link_to_photos_is_never_lost(tmp_path):
    path = tmp_path / "scan.colmap"
    (tmp_path / "photos").mkdir()
    export(scene(), path, RECIPE)
    (path / "images").symlink_to(tmp_path / "photos", target_is_directory=True)

    with pytest.raises(BadInput, match="images"):
        export(scene(), path, RECIPE)
    assert (path / "images").is_symlink()


def test_that_a_folder_of_another_program_is_refused(tmp_path):
    path = tmp_path / "scan.colmap"
    (path / "sparse" / "0").mkdir(parents=True)
    (path / "sparse/0/cameras.txt").write_text("# theirs")

    with pytest.raises(BadInput, match="did not write"):
        export(scene(), path, RECIPE)
    assert (path / "sparse/0/cameras.txt").read_text() == "# theirs"


def test_that_a_file_of_that_name_is_refused(tmp_path):
    (tmp_path / "scan.colmap").write_text("mine")

    with pytest.raises(BadInput, match="is a folder"):
        export(scene(), tmp_path / "scan.colmap", RECIPE)
    assert (tmp_path / "scan.colmap").read_text() == "mine"


def test_that_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "scan.colmap").mkdir()

    export(scene(), tmp_path / "scan.colmap", RECIPE)

    assert (tmp_path / "scan.colmap/da3studio.json").exists()


def test_that_a_scene_without_cameras_is_refused(tmp_path):
    with pytest.raises(Missing, match="no cameras"):
        export(without_cameras(scene()), tmp_path / "scan.colmap", RECIPE)
    assert list(tmp_path.iterdir()) == []


def test_that_a_place_that_cannot_be_a_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CannotWrite, match="cannot be written"):
        export(scene(), tmp_path / "file" / "scan.colmap", RECIPE)


def test_that_a_full_disk_keeps_the_earlier_folder(tmp_path):
    path = tmp_path / "scan.colmap"
    export(scene(), path, RECIPE)

    def half(folder):
        (folder / "cameras.bin").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DiskFull):
        write_folder_atomic(path, half)
    assert pycolmap.Reconstruction(str(path / "sparse/0")).num_images() == 5
    assert [p.name for p in tmp_path.iterdir()] == ["scan.colmap"]
