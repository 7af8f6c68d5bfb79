from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import BadInput, Missing
from da3studio.base.progress import Progress, silent
from da3studio.exporters.depth_maps import DepthSource, write_depth_maps
from da3studio.geometry.camera import Camera, Intrinsics, project
from da3studio.geometry.rigid import Rigid3
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.scene import Scene
from da3studio.scene.view import PhotoSource, View
from tests.synthetic.captures import still_life

N_VIEWS, SIZE = 3, (96, 64)
CAPTURE = still_life(N_VIEWS, SIZE, degrees=40)


def scene(names: tuple[str, ...] = ("IMG_1.jpg", "IMG_1.png", "room/IMG_2.jpg")) -> Scene:
    ids = tuple(CAPTURE.cameras)
    nothing = np.zeros((0, 3))
    no_points = SparsePoints(
        nothing, nothing, np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 2))
    )
    views = tuple(
        View(view_id, name, PhotoSource(name, view_id), *SIZE, None, "", 1.0)
        for view_id, name in zip(ids, names, strict=True)
    )
    registration = Registration(ids, CAPTURE.cameras, no_points, {}, (), "relative")
    return Scene("Still life", views, registration, None, None, networks=("net (MIT)",))


def depth_of(view: View) -> DepthMap:
    return CAPTURE.depth_of(view.id)


def written(folder: Path, kind, scale: float = 1.0) -> dict:
    source = DepthSource(depth_of, scale)
    made = write_depth_maps(scene(), source, folder, kind, report=silent, token=NEVER)
    assert made == (folder,)
    return json.loads((folder / "cameras.json").read_text("utf-8"))


def values(folder: Path, about: dict, row: dict) -> np.ndarray:
    """Depth as another program reads it."""
    path = folder / row["file"]
    if path.suffix == ".npz":
        return np.load(path)["z"]
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if path.suffix == ".png":
        assert read.dtype == np.uint16
        return read * about["depth_per_step"]
    assert read.dtype == np.float32
    return read


@pytest.mark.parametrize(("kind", "within"), [("npz", 0.0), ("tiff", 0.0), ("png", 0.51)])
def test_that_depth_is_read_back_by_other_programs(tmp_path, kind, within):
    about = written(tmp_path / "depth", kind)

    assert len(about["views"]) == N_VIEWS
    for view, row in zip(scene().views, about["views"], strict=True):
        true = depth_of(view).z
        read = values(tmp_path / "depth", about, row)
        assert read.shape == true.shape == (row["height"], row["width"])
        assert np.abs(read - true).max() <= within * about.get("depth_per_step", 0) + 1e-9
        np.testing.assert_array_equal(read > 0, true > 0)


def test_that_npz_also_holds_confidence_and_sky(tmp_path):
    about = written(tmp_path / "depth", "npz")
    held = np.load(tmp_path / "depth" / about["views"][0]["file"])
    true = depth_of(scene().views[0])
    np.testing.assert_array_equal(held["confidence"], true.confidence)
    np.testing.assert_array_equal(held["sky"], true.sky)


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_that_the_cameras_of_the_file_lift_depth_onto_the_scene(tmp_path, scale):
    """With the formulas of the file's own text; `scale` makes other units of the depth."""
    about = written(tmp_path / "depth", "tiff", scale)
    for view, row in zip(scene().views, about["views"], strict=True):
        z = values(tmp_path / "depth", about, row) / scale
        v, u = np.indices(z.shape) + 0.5
        in_camera = np.stack(
            [(u - row["cx"]) / row["fx"] * z, (v - row["cy"]) / row["fy"] * z, z], axis=-1
        )[z > 0]
        pose = np.array(row["cam_from_world"])
        world = (in_camera - pose[:, 3]) @ pose[:, :3]
        seen = project(world, CAPTURE.cameras[view.id])
        np.testing.assert_allclose(seen, np.stack([u, v], -1)[z > 0], atol=1e-3)


def test_that_a_depth_map_smaller_than_its_photo_has_a_camera_of_its_own_size(tmp_path):
    one = scene()
    lens = Intrinsics(1000, 1000, 480, 320, 960, 640, k1=-0.1)
    camera = Camera(lens, Rigid3(np.eye(3), np.zeros(3)))
    cameras = dict.fromkeys(one.registration.cameras, camera)
    registration = Registration(
        one.registration.view_ids, cameras, one.registration.points, {}, (), "metre"
    )
    big = Scene("Big", one.views, registration, None, None)
    source = DepthSource(depth_of)
    write_depth_maps(big, source, tmp_path / "d", "npz", report=silent, token=NEVER)
    about = json.loads((tmp_path / "d" / "cameras.json").read_text())

    assert about["unit"] == "metre"
    row = about["views"][0]
    assert (row["width"], row["height"], row["fx"], row["cx"]) == (*SIZE, 100.0, 48.0)


def test_that_files_are_named_as_the_photos_and_none_twice(tmp_path):
    about = written(tmp_path / "depth", "png")
    assert [row["file"] for row in about["views"]] == [
        "IMG_1.jpg.png",
        "IMG_1.png.png",
        "room_IMG_2.png",
    ]
    assert [row["photo"] for row in about["views"]] == ["IMG_1.jpg", "IMG_1.png", "room/IMG_2.jpg"]


def test_that_an_export_replaces_its_own_folder_and_no_other(tmp_path):
    written(tmp_path / "depth", "png")
    written(tmp_path / "depth", "npz")
    assert not list((tmp_path / "depth").glob("*.png"))
    (tmp_path / "depth" / "mine.txt").write_text("mine")

    with pytest.raises(BadInput, match=r"mine\.txt"):
        written(tmp_path / "depth", "npz")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cameras.json").write_text('{"generator": "other", "views": []}')
    (tmp_path / "other" / "a.png").touch()
    with pytest.raises(BadInput, match="did not write"):
        written(tmp_path / "other", "npz")


def test_that_a_cancelled_export_leaves_the_folder_as_it_was(tmp_path):
    written(tmp_path / "depth", "png")
    before = {path.name: path.read_bytes() for path in (tmp_path / "depth").iterdir()}
    seen: list[Progress] = []
    token = CancelToken(lambda: len(seen) >= 2)

    with pytest.raises(JobCancelled):
        write_depth_maps(
            scene(), DepthSource(depth_of), tmp_path / "depth", "npz",
            report=seen.append, token=token,
        )  # fmt: skip

    assert {path.name: path.read_bytes() for path in (tmp_path / "depth").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["depth"]


def test_that_without_a_camera_there_is_nothing_to_export(tmp_path):
    one = scene()
    empty = Registration((), {}, one.registration.points, {}, (), "relative")
    with pytest.raises(Missing):
        write_depth_maps(
            Scene("Empty", one.views, empty, None, None),
            DepthSource(depth_of), tmp_path / "d", "png", report=silent, token=NEVER,
        )  # fmt: skip


def test_that_unmeasured_maps_can_be_exported(tmp_path):
    def nothing(view: View) -> DepthMap:
        empty = np.zeros(SIZE[::-1], np.float32)
        return DepthMap(empty, empty, empty > 0)

    source = DepthSource(nothing)
    write_depth_maps(scene(), source, tmp_path / "d", "png", report=silent, token=NEVER)
    assert cv2.imread(str(tmp_path / "d" / "room_IMG_2.png"), cv2.IMREAD_UNCHANGED).max() == 0
