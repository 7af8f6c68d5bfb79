"""Every data set's folder: made here from exact photos, read back, and scored as the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from da3studio.base.errors import BadInput
from da3studio.bench.geometry.answers import SurfaceScore
from da3studio.bench.geometry.datasets import dataset_truth, sampled
from da3studio.bench.geometry.scores import score_depth, score_pairs
from da3studio.bench.geometry.truth import Photo, TrueSet, lifted
from da3studio.fusion.bridge import open3d
from da3studio.geometry.camera import project
from da3studio.geometry.rigid import wxyz_from_rotation
from tests.bench.geometry.made import HEIGHT, WIDTH, depth_map, perfect, table

PHOTOS = table(4)
MILLIMETRES = table(4, far=600.0)


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)


def write_cloud(path: Path, photos: Sequence[Photo]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    o3d = open3d()
    points = np.concatenate([lifted(photo) for photo in photos])
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))
    assert o3d.io.write_point_cloud(str(path), cloud)


def write_mesh(path: Path, photos: Sequence[Photo]) -> None:
    """Two triangles between the pixels of each photo, but for edges in depth."""
    path.parent.mkdir(parents=True, exist_ok=True)
    corners, faces = [], []
    for photo in photos:
        z = depth_map(photo)
        number = np.full(z.shape, -1)
        number[z > 0] = np.arange((z > 0).sum()) + sum(map(len, corners))
        corners.append(lifted(photo))
        a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
        deep = np.stack([z[:-1, :-1], z[:-1, 1:], z[1:, :-1], z[1:, 1:]])
        flat = (deep.min(0) > 0) & (deep.max(0) < 1.05 * deep.min(0))
        faces += [np.stack(t, -1)[flat] for t in ((a, c, b), (b, c, d))]
    o3d = open3d()
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(np.concatenate(corners)),
        o3d.utility.Vector3iVector(np.concatenate(faces)),
    )
    assert o3d.io.write_triangle_mesh(str(path), mesh)


def write_model(folder: Path, names: Sequence[str], lens: str, more: str) -> None:
    """A COLMAP model as text, of a lens model and its terms after the principal point."""
    folder.mkdir(parents=True)
    cameras, images = [], ["# Image list"]
    for i, (name, photo) in enumerate(zip(names, PHOTOS, strict=True)):
        cameras.append(f"{i} {lens} {WIDTH} {HEIGHT} {_terms(photo)} {more}")
        pose = photo.camera.cam_from_world
        numbers = words([*wxyz_from_rotation(pose.rotation), *pose.translation])
        images += [f"{i} {numbers} {i} {name}", ""]
    (folder / "cameras.txt").write_text("\n".join(cameras) + "\n")
    (folder / "images.txt").write_text("\n".join(images) + "\n")


def words(numbers: Sequence[float]) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def _terms(photo: Photo) -> str:
    lens = photo.camera.intrinsics
    return words([lens.fx, lens.fy, lens.cx, lens.cy])


def eth3d(root: Path) -> None:
    scene = root / "eth3d" / "office"
    names = [f"DSC_{200 + i:04}.JPG" for i in range(4)]
    listed = [f"dslr_images/{name}" for name in names]
    write_model(scene / "dslr_calibration_jpg", listed, "THIN_PRISM_FISHEYE", "0 0 0 0 0 0 0 0")
    for name, photo in zip(names, PHOTOS, strict=True):
        write(scene / "images" / "dslr_images" / name, photo.read())
        depth = scene / "ground_truth_depth" / "dslr_images" / name
        depth.parent.mkdir(parents=True, exist_ok=True)
        z = depth_map(photo)
        z[:10] = np.inf  # not scanned
        z.tofile(depth)
        hidden = np.zeros(z.shape, np.uint8)
        hidden[-10:] = 1
        write(scene / "masks_for_images" / "dslr_images" / f"{name[:-4]}.png", hidden)
    write_mesh(scene / "combined_mesh.ply", PHOTOS)


def seven_scenes(root: Path) -> None:
    frames = root / "7scenes" / "7Scenes" / "stairs" / "seq-02"
    for i, photo in enumerate(PHOTOS):
        write(frames / f"frame-{i:06}.color.png", photo.read())
        z = np.where(depth_map(photo) > 0, np.rint(1000 * depth_map(photo)), 65535)
        write(frames / f"frame-{i:06}.depth.png", z.astype(np.uint16))
        world_from_cam = photo.camera.cam_from_world.inverse().matrix()
        np.savetxt(frames / f"frame-{i:06}.pose.txt", world_from_cam)
    write_mesh(root / "7scenes" / "7Scenes" / "meshes" / "stairs.ply", PHOTOS)


def scannetpp(root: Path) -> None:
    both = root / "scannetpp" / "09c1414f1b" / "merge_dslr_iphone"
    names = [f"iphone/frame_{i:06}.jpg" for i in range(3)] + ["dslr/DSC00001.jpg"]
    write_model(both / "colmap" / "sparse_render_rgb", names, "OPENCV", "0 0 0 0")
    for name, photo in zip(names, PHOTOS, strict=True):
        write(both / "images" / name, photo.read())
        z = np.rint(1000 * depth_map(photo)).astype(np.uint16)
        write(both / "render_depth" / f"{Path(name).stem}.png", z)
    write_mesh(both.parent / "scans" / "mesh_aligned_0.05.ply", PHOTOS)


def hiroom(root: Path) -> None:
    scene = root / "hiroom" / "data" / "20241230" / "828805" / "cam_sampled_06"
    for i, photo in enumerate(PHOTOS):
        write(scene / "image" / f"{i:04}.jpg", photo.read())
        z = np.rint(depth_map(photo) / 100 * 65535).astype(np.uint16)
        write(scene / "depth" / f"{i:04}.png", z)
        jagged = np.zeros(z.shape, np.uint8)
        jagged[:, :10] = 255
        write(scene / "aliasing_mask" / f"{i:04}.png", jagged)
        (scene / "pose").mkdir(exist_ok=True)
        np.save(scene / "pose" / f"{i:04}.npy", photo.camera.cam_from_world.matrix())
    np.save(scene / "cam_K.npy", PHOTOS[0].camera.intrinsics.matrix())
    name = "20241230-828805-cam_sampled_06"
    write_cloud(root / "hiroom" / "fused_pcd" / f"{name}.ply", PHOTOS)
    listed = root / "hiroom" / "selected_scene_list_val.txt"
    listed.write_text("20241230/828805/cam_sampled_06\n20241230/not/there\n")


def write_dtu_camera(path: Path, photo: Photo) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pose, lens = photo.camera.cam_from_world.matrix(), photo.camera.intrinsics.matrix()
    rows = [words(row) for row in (*pose, *lens)]
    path.write_text("\n".join(["extrinsic", *rows[:4], "", "intrinsic", *rows[4:], "", "425 2.5"]))


def dtu(root: Path) -> None:
    folder = root / "dtu"
    for i, photo in enumerate(MILLIMETRES):
        write(folder / "Rectified" / "scan9" / f"rect_{i + 1:03}_3_r5000.png", photo.read())
        write_dtu_camera(folder / "Cameras" / f"{i:08}_cam.txt", photo)
        mask = np.where(depth_map(photo) > 0, 255, 0).astype(np.uint8)
        write(folder / "depth_raw" / "Depths" / "scan9" / f"depth_visual_{i:04}.png", mask)
    write_cloud(folder / "Points" / "stl" / "stl009_total.ply", MILLIMETRES)
    points = np.concatenate([lifted(photo) for photo in MILLIMETRES])
    low, high = points.min(axis=0) - 1, points.max(axis=0) + 1
    cells = np.ceil((high - low) / 10).astype(int) + 1
    boxes = folder / "SampleSet" / "mvs_data" / "ObsMask"
    boxes.mkdir(parents=True)
    observed = {"ObsMask": np.ones(cells, np.uint8), "BB": np.stack([low, high]), "Res": 10.0}
    savemat(boxes / "ObsMask9_10.mat", observed)
    savemat(boxes / "Plane9.mat", {"P": np.array([[0], [0], [0], [1.0]])})


def dtu64(root: Path) -> None:
    photo = MILLIMETRES[0]
    for i in range(35):
        write(root / "dtu64" / "scan24" / "image" / f"{i:08}.png", photo.read()[:14, :14])
        write_dtu_camera(root / "dtu64" / "Cameras" / f"{i:08}_cam.txt", photo)


def scene_of(root: Path, make: Callable[[Path], None]) -> tuple[TrueSet, Sequence[Photo]]:
    make(root)
    (found,) = dataset_truth(root)
    (photos,) = found.bases((2, 4))
    assert found.is_whole
    return found, photos


@pytest.mark.parametrize(
    ("make", "group", "name"),
    [
        (eth3d, "ETH3D", "office"),
        (seven_scenes, "7Scenes", "stairs"),
        (scannetpp, "ScanNet++", "09c1414f1b"),
        (hiroom, "HiRoom", "20241230/828805/cam_sampled_06"),
        (dtu, "DTU", "scan9"),
    ],
)
def test_that_a_data_set_is_read_and_its_truth_scores_everything(tmp_path, make, group, name):
    found, photos = scene_of(tmp_path, make)
    made = (MILLIMETRES if make is dtu else PHOTOS)[: len(photos)]

    assert (found.group, found.name, len(photos)) == (group, name, 3 if make is scannetpp else 4)
    for photo, true in zip(photos, made, strict=True):
        pixels = photo.read()
        assert pixels.shape == (photo.view.height, photo.view.width, 3)
        small = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        assert np.abs(small.astype(int) - true.read()).mean() < 12  # JPEG at the worst
        points = lifted(true)
        if make is not seven_scenes:  # whose lens is always the Kinect's
            scale = photo.view.width / WIDTH
            at = project(points, photo.camera) / scale
            np.testing.assert_allclose(at, project(points, true.camera), atol=0.01)
    truth = named_as(photos, made)
    assert score_pairs(truth, photos).errors.max() < 0.01
    scores = [score for photo in photos if (score := score_depth(truth, photo))]
    if make is not dtu:  # has no depth of its own
        assert len(scores) == len(photos)
        assert max(one.abs_rel for one in scores) < 0.002  # millimetres, and HiRoom's 1.5 mm
        assert min(one.cover for one in scores) > 0.99


def named_as(photos: Sequence[Photo], made: Sequence[Photo]):
    """The truth about the made photos, said of the photos that were read."""
    truth = perfect(made)
    names = {true.name: photo for photo, true in zip(photos, made, strict=True)}
    cameras = {
        names[key].name: camera.resized(names[key].view.width, names[key].view.height)
        for key, camera in truth.cameras.items()
    }
    depths = {names[key].name: depth for key, depth in truth.depths.items()}
    return type(truth)(cameras, depths, truth.seconds)


@pytest.mark.parametrize("make", [scannetpp, hiroom, dtu])
def test_that_the_true_surface_scores_everything_and_depth_a_tenth_too_far_does_not(tmp_path, make):
    found, photos = scene_of(tmp_path, make)
    made = (MILLIMETRES if make is dtu else PHOTOS)[: len(photos)]
    surface, truth = found.surface(), named_as(photos, made)
    if make is not dtu:
        surface = replace(surface, rule=replace(surface.rule, n_samples=50_000))
    far = {
        key: type(one)(1.1 * one.z, one.confidence, one.sky) for key, one in truth.depths.items()
    }

    right = surface.score(truth, photos)
    wrong = surface.score(type(truth)(truth.cameras, far, 1.0), photos)

    if make is dtu:
        assert right.f_score is None
        assert right.overall < 0.3 < 3 < wrong.overall  # mm
    else:
        assert right.f_score > 0.85  # without the edges, which no triangle crosses
        assert right.overall < 0.03 < wrong.overall
        assert wrong.f_score < 0.8 * right.f_score


def test_that_points_of_dtu_count_where_four_photos_agree(tmp_path):
    found, photos = scene_of(tmp_path, dtu)
    truth = named_as(photos, MILLIMETRES)
    cameras = {photo.name: photo.camera for photo in photos}
    depths = {
        photo.name: type(one)(depth_map(true), one.confidence, one.sky)
        for (photo, true), one in zip(
            zip(photos, MILLIMETRES, strict=True), truth.depths.values(), strict=True
        )
    }
    given = type(truth)(cameras, depths, 1.0, finds_cameras=False)

    right = found.surface().score(given, photos)
    three = found.surface().score(given, photos[:3])

    assert right.overall < 5  # agreeing points are few, those far away are missed
    assert three == SurfaceScore(None, None)


def test_that_the_34th_photo_of_dtu_comes_first(tmp_path):
    found, photos = scene_of(tmp_path, dtu64)

    assert found.surface is None
    assert [photo.name for photo in photos[:3]] == ["00000033", "00000000", "00000001"]
    assert photos[-1].name == "00000034"


def test_that_a_hundred_photos_of_many_are_always_the_same():
    numbers = list(range(1000))

    chosen = sampled(numbers)

    assert len(chosen) == 100
    assert chosen == sorted(chosen) == sampled(numbers)
    assert sampled(numbers[:100]) == numbers[:100]


def test_that_a_turned_photo_of_eth3d_and_a_missing_one_are_left_out(tmp_path):
    eth3d(tmp_path)
    scene = tmp_path / "eth3d" / "office"
    images = scene / "images" / "dslr_images"
    (images / "DSC_0201.JPG").unlink()
    listed = scene / "dslr_calibration_jpg" / "images.txt"
    listed.write_text(listed.read_text().replace("DSC_0202", "DSC_0458"))
    (images / "DSC_0202.JPG").rename(images / "DSC_0458.JPG")
    scene.rename(tmp_path / "eth3d" / "relief_2")

    (found,) = dataset_truth(tmp_path / "eth3d")
    (photos,) = found.bases(())

    assert [photo.name for photo in photos] == [f"dslr_images/DSC_{n:04}.JPG" for n in (200, 203)]


def test_that_a_surface_that_was_not_unpacked_is_left_out_and_an_empty_one_is_told(tmp_path):
    hiroom(tmp_path)
    (cloud,) = (tmp_path / "hiroom" / "fused_pcd").iterdir()
    cloud.write_bytes(cloud.read_bytes()[:40])
    (empty,) = dataset_truth(tmp_path)
    cloud.unlink()
    (absent,) = dataset_truth(tmp_path)

    assert absent.surface is None
    with pytest.raises(BadInput, match=r"cam_sampled_06\.ply cannot be read"):
        empty.surface()


def test_that_damaged_depth_is_told_by_its_file(tmp_path):
    _, photos = scene_of(tmp_path, hiroom)
    depth = next((tmp_path / "hiroom" / "data").rglob("depth/0001.png"))
    depth.write_bytes(b"no picture")

    with pytest.raises(BadInput, match=r"0001\.png cannot be read"):
        photos[1].depth()
    assert photos[0].depth() is not None
