"""The whole program on the sample: does what comes out agree with what is known?

The exact mesh and the exact cameras are measured first, so that a failure further down is not
the measure's fault.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.base.progress import silent
from da3studio.bench.sample_truth import SampleScores, compare, compare_cameras, likeness_to_truth
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3
from da3studio.media.probe import probe
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.run import run
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe
from da3studio.recipes.recipe import PRESETS, Recipe
from da3studio.sample.photos import cameras_of_photos, write_photos
from da3studio.sample.scene import SampleScene, sample_scene
from da3studio.scene.mesh import Mesh
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.scene import Scene
from da3studio.scene.view import PhotoSource, View, ViewId

QUICK = Recipe(
    DepthRecipe(feature_px=640, features=2048, resolution=480, device="cpu"),
    mesh=MeshRecipe(voxel_footprint=3, faces=30_000),
    texture=TextureRecipe(max_size=1024),
)


@pytest.fixture(scope="session")
def truth() -> SampleScene:
    return sample_scene()


def reconstructed(
    truth: SampleScene, folder: Path, n_views: int, width: int, recipe: Recipe
) -> SampleScores:
    """The sample photos through the real pipeline, and measured."""
    paths = write_photos(folder / "photos", n_views=n_views, width=width, scene=truth)
    found = probe(paths, frames_folder=folder, n_frames=1, known=(), report=silent, token=NEVER)
    with ProjectFolder.create(folder / "sample.da3", "sample") as project:
        project.save(project.project.with_views(found.views).with_recipe(recipe))
        run(project, "texture", emit=lambda _: None, token=NEVER)
        scene = load_scene(project, cloud=False)
    true = cameras_of_photos(n_views, width)
    by_name = {path.name: camera for path, camera in zip(paths, true, strict=True)}
    return compare(scene, truth, by_name, width=width)


def exact_scene(truth: SampleScene, ours_from_truth: Sim3) -> tuple[Scene, dict]:
    """What a perfect program would make of 4 photos, but in another world and without colours."""
    cameras = {f"{i}.jpg": camera for i, camera in enumerate(cameras_of_photos(4, 320))}
    ids = tuple(ViewId(name) for name in cameras)
    views = tuple(
        View(view_id, view_id, PhotoSource(view_id, "d"), 320, 240, None, "", 1.0)
        for view_id in ids
    )
    nothing = SparsePoints(
        np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), np.zeros(0, np.float32),
        np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, 2), np.float32),
    )  # fmt: skip
    moved = {ViewId(n): ours_from_truth.apply_to_camera(c) for n, c in cameras.items()}
    vertices = ours_from_truth.apply(truth.mesh.vertices).astype(np.float32)
    normals = (truth.mesh.normals @ ours_from_truth.rotation.T).astype(np.float32)
    mesh = Mesh(vertices, truth.mesh.faces, normals)
    registration = Registration(ids, moved, nothing, {}, (), "relative")
    return Scene("exact", views, registration, None, mesh), cameras


def test_that_the_exact_scene_in_another_world_has_no_error(truth: SampleScene):
    tilt = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    scene, cameras = exact_scene(truth, Sim3(3.0, tilt, np.array([5.0, -2, 1])))

    scores = compare(scene, truth, cameras, width=160)

    assert max(scores.position_errors) < 1e-6
    assert max(scores.rotation_errors_deg) < 1e-4
    for part in (scores.room, scores.room_thrice, scores.table):
        assert [round(one.precision, 3) for one in part.scores] == [1, 1]
        assert min(one.recall for one in part.scores) > 0.98  # by samples of the mesh
    assert scores.table.diameter_m < 1.5 < 3.5 < scores.room.diameter_m
    assert scores.picture.coverage > 0.98  # pixels with half an edge of the room do not count


def test_that_a_displaced_camera_is_measured():
    true = cameras_of_photos(16, 320)
    shift = Rigid3(np.eye(3), np.array([0.02, 0, 0]))
    found = [Camera(true[0].intrinsics, shift @ true[0].cam_from_world), *true[1:]]

    errors = compare_cameras(found, true)

    # the fit spreads the 20 mm over 16 cameras; the displaced one keeps most of it
    assert 0.7 * 0.02 < errors.positions_m[0] < 0.02
    assert max(errors.positions_m[1:]) < 0.3 * 0.02


def test_that_a_mesh_without_colours_makes_a_poor_picture(truth: SampleScene):
    camera = truth.held_out[0].pinhole().resized(160, 120)

    assert (likeness_to_truth(truth.mesh, truth, camera).psnr_db or 0) < 15


def test_that_8_small_photos_agree_with_the_truth(truth: SampleScene, tmp_path: Path):
    found = reconstructed(truth, tmp_path, 8, 640, QUICK)  # one test: the run takes half a minute

    assert found.n_registered == 8
    assert found.position_error < 0.0005
    near, wide = found.table.scores
    assert near.precision > 0.87
    assert near.f_score > 0.75
    assert wide.f_score > 0.80
    assert (found.picture.psnr_db or 0) > 19


@pytest.fixture(scope="session")
def full(truth: SampleScene, tmp_path_factory: pytest.TempPathFactory) -> SampleScores:
    """All 16 photos at their own size, 1280 x 960, with the settings that people get."""
    return reconstructed(truth, tmp_path_factory.mktemp("full"), 16, 1280, PRESETS["normal"])


@pytest.mark.slow
def test_that_cameras_of_the_sample_are_within_a_thousandth_of_its_diameter(full: SampleScores):
    assert full.n_registered == 16
    assert full.position_error < 0.001


@pytest.mark.slow
def test_that_the_mesh_of_the_sample_lies_on_the_surface(full: SampleScores):
    """Where three photos show it, as we advise people."""
    assert min(one.f_score for one in full.table.scores) >= 0.90
    assert min(one.f_score for one in full.room_thrice.scores) >= 0.90


@pytest.mark.slow
def test_that_unseen_viewpoints_of_the_sample_look_as_they_should(full: SampleScores):
    assert (full.picture.psnr_db or 0) >= 22
