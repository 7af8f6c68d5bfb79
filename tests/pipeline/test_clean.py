from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from da3studio.base.cancel import NEVER
from da3studio.base.errors import CannotReconstruct, Missing
from da3studio.edits.base import Edit, ListedEdit
from da3studio.edits.selection import DeleteSelected, SelectStep
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.edits.thresholds import MinConfidence
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.exporters import export
from da3studio.geometry.camera import project as pixels_of
from da3studio.pipeline.clean import bare_cloud, keep_by_place
from da3studio.pipeline.events import Event, StageDone
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.plan import plan, wanted_keys
from da3studio.pipeline.run import run
from da3studio.pipeline.stages import Goal, stages_until
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.placement import KnownLength, Placement
from da3studio.scene.scene import Scene
from da3studio.scene.view import ViewId
from tests.pipeline.exact_engine import capture, exact_engine
from tests.synthetic.shapes import Plane

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# The ball of the still life hovers over the table; this box holds all of it and nothing else.
BALL = DeleteInBox((0.65, -0.15, 0.53), (0.55, 0.55, 0.51), AXES)
CENTRE, RADIUS = np.array([0.65, -0.15, 0.5]), 0.5
# Focal 1.1 x 128 px, 4.2 units away, two pixels a voxel (SMALL's voxel_footprint).
VOXEL = 2 * 4.2 / (1.1 * 128)
NOTHING = MinConfidence(-1.0)
FIRST = ViewId("view_000")


def with_edits(folder: ProjectFolder, *edits: Edit) -> None:
    listed = [ListedEdit(f"e{i}", edit) for i, edit in enumerate(edits)]
    folder.save(folder.project.with_edits(listed))


def run_to(folder: ProjectFolder, goal: Goal) -> list[Goal]:
    events: list[Event] = []
    run(folder, goal, emit=events.append, token=NEVER, reconstructor_for=exact_engine)
    return [event.stage for event in events if isinstance(event, StageDone)]


def cleaned(path: Path, *edits: Edit, goal: Goal = "mesh") -> Scene:
    with ProjectFolder.open(path) as folder:
        with_edits(folder, *edits)
        run_to(folder, goal)
        return load_scene(folder)


def test_that_without_edits_there_is_no_stage_and_nothing_is_made_again(project):
    with ProjectFolder.open(project) as folder:
        assert run_to(folder, "texture") == []
        assert [step.stage.name for step in plan(folder.project, "clean", folder.chunks).steps] == [
            "cameras", "depth", "cloud",
        ]  # fmt: skip
        folder.save(folder.project.with_edits([ListedEdit("a", BALL, on=False)]))
        assert run_to(folder, "texture") == []


def test_that_an_edit_that_cuts_nothing_leaves_mesh_and_texture_as_they_are(project):
    with ProjectFolder.open(project) as folder:
        with_edits(folder, NOTHING)
        assert run_to(folder, "texture") == ["clean"]


def test_that_a_cut_redoes_the_mesh_and_undoing_it_finds_the_old_one(project):
    with ProjectFolder.open(project) as folder:
        before = folder.project
        with_edits(folder, BALL)
        assert run_to(folder, "texture") == ["clean", "mesh", "texture"]
        assert [s.name for s in stages_until("texture", cuts=True)] == [
            "cameras", "depth", "cloud", "clean", "mesh", "texture",
        ]  # fmt: skip
        with_edits(folder, NOTHING, BALL, BALL)
        assert run_to(folder, "texture") == ["clean"]  # the same points are left
        folder.save(before)
        assert run_to(folder, "texture") == []


def test_that_what_was_cut_is_gone_from_the_cloud_and_the_rest_is_the_same(project):
    with ProjectFolder.open(project) as folder:
        with_edits(folder, BALL)
        assert load_scene(folder, mesh=False).cloud is None  # not cleaned yet
        run_to(folder, "clean")
        whole, left = load_scene(folder, cleaned=False).cloud, load_scene(folder).cloud

    removed = BALL.contains(whole.xyz)
    assert 0 < removed.sum() < len(whole)
    np.testing.assert_array_equal(left.xyz, whole.xyz[~removed])
    np.testing.assert_array_equal(left.normal, whole.normal[~removed])


def test_that_a_deleted_ball_is_gone_from_the_mesh_and_the_rest_is_still_exact(project):
    with ProjectFolder.open(project, write=False) as folder:
        whole = load_scene(folder, cloud=False).mesh
    left = cleaned(project, BALL).mesh

    def off_ball(vertices: np.ndarray) -> np.ndarray:
        return np.abs(np.linalg.norm(vertices - CENTRE, axis=1) - RADIUS)

    on_table = np.abs(whole.vertices[:, 2]) < 2 * VOXEL
    assert (off_ball(whole.vertices[~on_table]) < VOXEL).sum() > 50  # it was there
    high = left.vertices[left.vertices[:, 2] > 2 * VOXEL]
    assert not (off_ball(high) < 2 * VOXEL).any()
    assert np.quantile(capture().distance(left.vertices), 0.9) < 0.028
    box = np.abs(left.vertices - (-0.5, 0.2, 0.4)).max(axis=1) < 0.5
    assert box.sum() > 50


def test_that_a_photo_of_what_was_cut_away_is_not_painted_on_what_is_behind_it(project):
    scene = cleaned(project, BALL, goal="texture")
    mesh, image = scene.mesh, scene.mesh.texture.image
    height, width = image.shape[:2]
    column, row = (mesh.texture.corner_uv.mean(axis=1) * (width, height)).astype(int).T
    painted = image[row.clip(0, height - 1), column.clip(0, width - 1)].astype(float)
    centres = mesh.vertices[mesh.faces].mean(axis=1).astype(float)
    table = (np.abs(centres[:, 2]) < 0.05) & (np.abs(centres[:, :2]).max(axis=1) < 1.9)
    true = 255 * Plane(half=(2.0, 2.0), cell=0.35, seed=2).colour(centres[table])
    off = np.abs(painted[table] - true).mean(axis=1) > 30
    assert off.mean() < 0.045  # and 0.07 where the ball is painted on the table


def test_that_a_crop_leaves_only_what_is_inside_within_two_voxels(project):
    crop = CropBox((0.65, -0.15, 0.6), (0.6, 0.6, 0.45), AXES)
    mesh = cleaned(project, crop).mesh
    outside = np.abs(mesh.vertices - crop.centre) - crop.half
    assert outside.max() < 2 * VOXEL
    assert np.quantile(np.abs(np.linalg.norm(mesh.vertices - CENTRE, axis=1) - RADIUS), 0.9) < 0.028


def test_that_a_lassoed_part_is_gone_from_the_mesh(project):
    camera = capture().cameras[FIRST].pinhole()
    matrix = camera.intrinsics.matrix() @ np.hstack(
        [camera.cam_from_world.rotation, camera.cam_from_world.translation[:, None]]
    )
    around = pixels_of(CENTRE, camera)
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    outline = around + 6 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    step = SelectStep("add", tuple(map(tuple, outline.tolist())), tuple(matrix.ravel()), True)
    mesh = cleaned(project, DeleteSelected((step,))).mesh

    pixels = np.linalg.norm(pixels_of(mesh.vertices, camera) - around, axis=1)
    hole = pixels < 6 - 2 * VOXEL * camera.intrinsics.fx / 3.5
    assert not hole.any()
    assert (pixels < 12).any()


def test_that_cutting_everything_is_said_and_nothing_stored(project):
    with ProjectFolder.open(project) as folder:
        with_edits(folder, MinConfidence(1e9))
        keys = set(folder.chunks.keys())
        with pytest.raises(CannotReconstruct, match="Nothing is left"):
            run_to(folder, "mesh")
        assert set(folder.chunks.keys()) == keys


def test_that_too_little_for_a_surface_is_said(project):
    with ProjectFolder.open(project) as folder:
        point = load_scene(folder, mesh=False).cloud.xyz[0].tolist()
        with_edits(folder, CropBox(tuple(point), (1e-3, 1e-3, 1e-3), AXES))
        with pytest.raises(CannotReconstruct, match="points that are left"):
            run_to(folder, "mesh")


def test_that_a_hidden_photo_gives_no_points_but_leaves_no_hole(project):
    with ProjectFolder.open(project) as folder:
        whole = load_scene(folder).mesh
        with_edits(folder, HideView(FIRST))
        assert run_to(folder, "texture") == ["clean", "mesh", "texture"]
        scene = load_scene(folder)

    assert not (scene.cloud.view_idx == scene.cloud.view_ids.index(FIRST)).any()
    assert len(scene.mesh.faces) > 0.8 * len(whole.faces)
    assert scene.mesh.texture is not None


def test_that_a_masked_photo_is_used_for_neither_points_nor_texture_where_it_is_painted(project):
    mask = np.zeros((48, 64), np.bool_)  # half the photo's size
    mask[:, :32] = True
    with ProjectFolder.open(project) as folder:
        digest = folder.put_mask(mask)
        with_edits(folder, *(MaskPhoto(view.id, digest) for view in folder.project.views))
        run_to(folder, "texture")
        scene = load_scene(folder)

    left_half = np.zeros(len(scene.cloud), np.bool_)
    for i, view_id in enumerate(scene.cloud.view_ids):
        rows = scene.cloud.view_idx == i
        left_half[rows] = pixels_of(scene.cloud.xyz[rows], capture().cameras[view_id])[:, 0] < 64
    assert not left_half.any()


def test_that_a_lost_mask_is_missing_with_a_way_out(project):
    with ProjectFolder.open(project) as folder:
        with_edits(folder, MaskPhoto(FIRST, "0" * 32))
        with pytest.raises(Missing, match="switch off"):
            run_to(folder, "mesh")


def test_that_a_damaged_or_crafted_cleaning_is_made_again(project):
    with ProjectFolder.open(project) as folder:
        with_edits(folder, BALL)
        run_to(folder, "texture")
        header = plan(folder.project, "clean", folder.chunks).step("clean").header
        arrays = dict(folder.chunks.read(header.key))
        for meta in ({**header.meta, "cut": 1}, {**header.meta, "n_points": 7}):
            folder.chunks.put(header.key, "clean", arrays, meta)
            made = run_to(folder, "texture")
            assert made[:1] == ["clean"] if meta["cut"] == 1 else "mesh" in made
        assert json.dumps(plan(folder.project, "mesh", folder.chunks).finished)
        assert plan(folder.project, "clean", folder.chunks).step("clean").key in wanted_keys(
            folder.project, folder.chunks
        )


def test_that_loading_places_the_scene_unless_asked_not_to(project):
    with ProjectFolder.open(project) as folder:
        placement = replace(folder.project.placement, origin=(1.0, 2.0, 3.0))
        folder.save(folder.project.with_placement(placement))
        placed, raw = load_scene(folder), load_scene(folder, placed=False)
        assert run_to(folder, "texture") == []
    np.testing.assert_allclose(placed.mesh.vertices, raw.mesh.vertices - (1, 2, 3), atol=1e-6)


def test_that_an_exported_model_stands_upright_in_metres_on_its_own_origin(project, tmp_path):
    """The still life's table is the plane z = 0, its box 0.8 units high."""
    corner = (-0.95, -0.15, 0.0)
    placement = Placement(
        up=(0.0, 0.0, 1.0),
        origin=corner,
        facing=(0.0, 1.0, 0.0),
        known_lengths=(KnownLength((0.0, 0.0, 0.0), (0.0, 0.0, 0.8), 2.0),),
    )
    with ProjectFolder.open(project) as folder:
        folder.save(folder.project.with_placement(placement))
        scene = load_scene(folder)
    assert scene.registration.unit == "metre"
    export(scene, tmp_path / "own.glb", ExportRecipe(origin="scene"))
    export(scene, tmp_path / "centred.glb", ExportRecipe())
    own, centred = (
        trimesh.load(tmp_path / f"{name}.glb", force="mesh", process=False)
        for name in ("own", "centred")
    )
    low, high = own.bounds
    # glTF: x right, y up, z towards whoever looks at the front; 2.5 m per unit
    np.testing.assert_allclose(
        low, 2.5 * np.array([-1.05, 0, -2.15]), atol=0.25
    )  # the table is not seen to its very edge
    np.testing.assert_allclose(
        high, 2.5 * np.array([2.95, 1.0, 1.85]), atol=0.25
    )  # the table is not seen to its very edge
    np.testing.assert_allclose(centred.extents, own.extents, atol=1e-3)
    np.testing.assert_allclose(centred.bounds[0], -centred.bounds[1] * (1, 0, 1), atol=1e-3)


def test_that_gaussians_are_cut_by_place_and_by_photo_only():
    xyz = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]], np.float32)
    cloud = bare_cloud(xyz, np.array([0, 0, 1, 1], np.int32), (FIRST, ViewId("view_001")))
    cuts = (
        DeleteInBox((0.0, 0.0, 0.0), (0.5, 0.5, 0.5), AXES),
        HideView(ViewId("view_001")),
        MinConfidence(5.0),
    )
    keep = keep_by_place(cloud, capture().cameras, cuts, lambda _: np.zeros((1, 1), np.bool_))
    assert keep.tolist() == [False, True, False, False]
