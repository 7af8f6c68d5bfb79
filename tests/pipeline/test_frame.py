"""Cameras that are found anew, in another world: what a person said of places follows."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from da3studio.base.cancel import NEVER
from da3studio.edits.base import ListedEdit
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.edits.thresholds import MinViews
from da3studio.exporters import export
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3, angle_between, rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from da3studio.pipeline.events import Noticed, StageDone
from da3studio.pipeline.frame import IDENTITY, follow, new_from_old
from da3studio.pipeline.keys import cameras_key
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.pack import pack_registration
from da3studio.pipeline.plan import plan, wanted_keys
from da3studio.pipeline.run import run
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.measurement import Measurement
from da3studio.scene.placement import KnownLength, Placement
from da3studio.scene.view import ViewId
from tests.pipeline.exact_engine import exact_registration
from tests.pipeline.two_worlds import (
    NEW_FROM_OLD,
    project_of_five,
    registration_in,
    wandering_engine,
)
from tests.synthetic.rigs import orbit

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
BALL = DeleteInBox((0.65, -0.15, 0.53), (0.55, 0.55, 0.51), AXES)
MIDDLE, RADIUS = np.array([0.65, -0.15, 0.5]), 0.5
VOXEL = 2 * 4.2 / (1.1 * 128)  # of `SMALL`, in the first world
PLACEMENT = Placement(
    up=(0.0, 0.0, 1.0),
    origin=(0.0, 0.0, 0.0),
    facing=(0.0, 1.0, 0.0),
    known_lengths=(KnownLength((-2.0, 0.0, 0.0), (2.0, 0.0, 0.0), 1.0),),
)
MEASURED = Measurement("m", "distance", ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), "", (0.01, 0.01))


def run_to(folder, goal="texture"):
    events = []
    run(folder, goal, emit=events.append, token=NEVER, reconstructor_for=wandering_engine)
    return events


def made(events):
    return [event.stage for event in events if isinstance(event, StageDone)]


def with_places(folder, *edits):
    """Save edits, a placement and a measurement, all in the world of the present cameras."""
    listed = [ListedEdit(f"e{i}", edit) for i, edit in enumerate(edits)]
    project = folder.project.with_edits(listed).with_placement(PLACEMENT)
    folder.save(project.with_measurements([MEASURED]).with_frame(cameras_key(project)))


@pytest.fixture(scope="module")
def five(photos, tmp_path_factory):
    """A project of five photos with its mesh; not to be changed."""
    folder, last = project_of_five(tmp_path_factory.mktemp("five") / "still.da3", photos)
    with folder:
        run_to(folder)
    return folder.path, last


@pytest.fixture
def project(five, tmp_path):
    """An open copy, and the photo that it lacks."""
    path, last = five
    copy = path.parent.parent / tmp_path.name / "still.da3"
    shutil.copytree(path, copy)
    with ProjectFolder.open(copy) as folder:
        yield folder, last


# How one world lies in another


def seen(cameras):
    """A registration of some cameras."""
    ids = tuple(cameras)
    return replace(exact_registration((ViewId("view_000"),)), view_ids=ids, cameras=cameras)


def elsewhere(cameras, move=NEW_FROM_OLD):
    return {view_id: move.apply_to_camera(camera) for view_id, camera in cameras.items()}


def turned(camera, degrees):
    half = np.radians(degrees) / 2
    rotation = rotation_from_wxyz([np.cos(half), 0, np.sin(half), 0])
    rotation = rotation @ camera.cam_from_world.rotation
    return Camera(camera.intrinsics, Rigid3(rotation, -rotation @ camera.centre))


def assert_is_move(found, atol=1e-9):
    assert found.scale == pytest.approx(NEW_FROM_OLD.scale, rel=atol)
    np.testing.assert_allclose(found.rotation, NEW_FROM_OLD.rotation, atol=atol)
    np.testing.assert_allclose(found.translation, NEW_FROM_OLD.translation, atol=20 * atol)


@pytest.mark.parametrize("n", [2, 3, 12, 150])
def test_that_shared_cameras_tell_exactly_how_the_world_moved(n):
    cameras = orbit(n)
    others = {ViewId(f"new {i}"): camera for i, camera in enumerate(orbit(5).values())}
    assert_is_move(new_from_old(seen(cameras), seen(elsewhere(cameras | others))))


def test_that_cameras_on_a_line_are_enough_as_they_are_oriented():
    first = next(iter(orbit(3).values()))
    pose = first.cam_from_world
    row = {
        ViewId(str(i)): Camera(
            first.intrinsics, Rigid3(pose.rotation, pose.translation + np.array([i, 0.0, 0.0]))
        )
        for i in range(4)
    }
    assert_is_move(new_from_old(seen(row), seen(elsewhere(row))))


def test_that_a_third_of_the_cameras_may_have_gone_elsewhere():
    cameras = orbit(12)
    after = elsewhere(cameras)
    for view_id in list(after)[::3]:
        after[view_id] = turned(after[view_id], 40)
    assert_is_move(new_from_old(seen(cameras), seen(after)))


def test_that_noise_of_the_cameras_averages_out():
    rng, cameras = np.random.default_rng(4), orbit(24)
    after = {
        view_id: Camera(
            camera.intrinsics,
            Rigid3(
                camera.cam_from_world.rotation,
                camera.cam_from_world.translation + rng.normal(0, 0.03, 3),
            ),
        )
        for view_id, camera in elsewhere(cameras).items()
    }
    found = new_from_old(seen(cameras), seen(after))
    assert found.scale == pytest.approx(NEW_FROM_OLD.scale, rel=0.003)
    assert angle_between(found.rotation, NEW_FROM_OLD.rotation) < 0.003


def test_that_worlds_that_do_not_agree_have_no_way_between_them():
    cameras, rng = orbit(8), np.random.default_rng(0)
    one = dict(list(cameras.items())[:1])
    assert new_from_old(seen(cameras), seen(elsewhere(one))) is None
    shuffled = dict(zip(cameras, rng.permutation(list(orbit(8).values())), strict=True))
    assert new_from_old(seen(cameras), seen(shuffled)) is None
    half = {
        view_id: turned(camera, 9.0 * i)
        for i, (view_id, camera) in enumerate(elsewhere(cameras).items())
    }
    assert new_from_old(seen(cameras), seen(half)) is None


def test_that_turning_on_the_spot_tells_no_size():
    camera = next(iter(orbit(3).values()))
    spot = {ViewId(str(i)): turned(camera, 20.0 * i) for i in range(4)}
    assert new_from_old(seen(spot), seen(elsewhere(spot))) is None


def test_that_a_difference_of_rounding_is_none():
    cameras = orbit(6)
    nearly = Sim3(1 + 1e-13, np.eye(3), np.full(3, 1e-13))
    assert new_from_old(seen(cameras), seen(elsewhere(cameras, nearly))) is IDENTITY


# Projects


def test_that_without_places_or_in_the_same_world_nothing_is_new(project):
    folder, _ = project
    plain = folder.project.with_edits([ListedEdit("a", MinViews(2))])
    cameras = plan(plain, "cameras", folder.chunks).step("cameras").header
    assert follow(plain, folder.chunks, cameras).project is plain
    with_places(folder, BALL)
    there = follow(folder.project, folder.chunks, cameras)
    assert there.project is folder.project
    assert not there.notice
    unframed = folder.project.with_frame("")
    assert follow(unframed, folder.chunks, cameras).project == folder.project
    assert made(run_to(folder)) == ["clean", "mesh", "texture"]
    keys = [step.key for step in plan(folder.project, "texture", folder.chunks).steps]
    assert keys == [step.key for step in plan(unframed, "texture", folder.chunks).steps]


def test_that_a_cut_and_sizes_are_the_same_after_a_photo_was_added(project, tmp_path):
    folder, last = project
    with_places(folder, BALL, CropBox((0.0, 0.0, 0.5), (1.6, 1.2, 0.7), AXES))
    run_to(folder)
    before = load_scene(folder, gaussians=False)
    folder.save(folder.project.with_views((*folder.project.views, last)))
    events = run_to(folder)
    assert made(events) == ["cameras", "depth", "cloud", "clean", "mesh", "texture"]
    assert not [event for event in events if isinstance(event, Noticed) and "anew" in event.text]
    after = load_scene(folder, gaussians=False)

    old_from_placed = PLACEMENT.placed_from_world().inverse()
    for scene in (before, after):  # placed scenes: the worlds of both engines are behind us
        vertices = old_from_placed.apply(scene.mesh.vertices)
        assert np.linalg.norm(vertices - MIDDLE, axis=1).min() > RADIUS - VOXEL
        for reach in (-vertices[:, :2].min(axis=0), vertices[:, :2].max(axis=0)):
            assert (reach < np.array([1.6, 1.2]) + VOXEL / 2).all()
            assert (reach > np.array([1.6, 1.2]) - 2 * VOXEL).all()
        points = old_from_placed.apply(scene.cloud.xyz)
        assert not BALL.contains(points.astype(np.float32)).any()
        assert scene.registration.unit == "metre"
    np.testing.assert_allclose(
        after.mesh.vertices.max(axis=0), before.mesh.vertices.max(axis=0), atol=VOXEL / 4
    )
    for view_id, camera in before.registration.cameras.items():
        there = after.registration.cameras[view_id]
        np.testing.assert_allclose(there.centre, camera.centre, atol=1e-9)
    export(after, tmp_path / "after.glb", ExportRecipe())
    extents = trimesh.load(tmp_path / "after.glb").extents  # in metres: four units are one
    assert max(extents) == pytest.approx(3.2 / 4, abs=VOXEL)


def test_that_places_move_exactly_and_a_saved_move_asks_for_the_same_results(project):
    folder, last = project
    with_places(folder, BALL)
    old = folder.project.frame
    folder.save(folder.project.with_views((*folder.project.views, last)))
    run_to(folder)
    found = plan(folder.project, "texture", folder.chunks)
    assert found.finished
    moved = found.project
    assert moved.frame == cameras_key(folder.project) != old
    np.testing.assert_allclose(moved.cuts[0].centre, NEW_FROM_OLD.apply(BALL.centre), atol=1e-9)
    assert moved.measurements[0].sigma == pytest.approx((0.025, 0.025))
    scale = moved.placement.metres_per_unit()
    assert math.dist(*moved.measurements[0].points) * scale == pytest.approx(0.25)

    folder.save(moved)  # as the window does
    assert made(run_to(folder)) == []
    assert plan(folder.project, "texture", folder.chunks).project == folder.project


def test_that_going_back_to_the_photos_of_before_finds_everything(project):
    folder, last = project
    with_places(folder, BALL)
    run_to(folder)
    before = folder.project
    folder.save(before.with_views((*before.views, last)))
    run_to(folder)
    folder.save(plan(folder.project, "cameras", folder.chunks).project)
    folder.save(folder.project.with_views(before.views))  # the photo is taken out again
    assert made(run_to(folder)) in ([], ["clean"])  # the same points are left: the same mesh
    folder.save(before)
    assert made(run_to(folder)) == []


def test_that_old_cameras_stay_as_long_as_places_are_in_their_world(project):
    folder, last = project
    with_places(folder, BALL)
    frame = folder.project.frame
    folder.save(folder.project.with_views((*folder.project.views, last)))
    run_to(folder)
    assert frame in wanted_keys(folder.project, folder.chunks)
    folder.chunks.collect(wanted_keys(folder.project, folder.chunks))
    assert folder.chunks.has(frame)
    assert made(run_to(folder)) == []
    assert not plan(folder.project, "texture", folder.chunks).notice


@pytest.mark.parametrize("harm", ["gone", "damaged", "another result"])
def test_that_it_is_said_once_where_places_cannot_follow(project, harm):
    folder, last = project
    with_places(folder, BALL)
    frame = folder.project.frame
    if harm == "another result":
        frame = plan(folder.project, "cloud", folder.chunks).step("cloud").key
        folder.save(folder.project.with_frame(frame))
    folder.save(folder.project.with_views((*folder.project.views, last)))
    file = next(folder.chunks.folder.glob(f"??/{frame}.safetensors"))
    if harm == "gone":
        file.unlink()
    elif harm == "damaged":
        content = bytearray(file.read_bytes())
        content[-100] ^= 1
        file.write_bytes(content)
    texts = [event.text for event in run_to(folder) if isinstance(event, Noticed)]
    assert sum("could not be carried over" in text for text in texts) == 1
    found = plan(folder.project, "texture", folder.chunks)
    assert found.project.edits == folder.project.edits
    assert found.project.frame == cameras_key(folder.project)
    assert not plan(found.project, "texture", folder.chunks).notice


def test_that_a_box_says_its_size_in_the_unit_of_the_new_world(project):
    folder, _ = project
    with_places(folder, BALL)
    ids = tuple(view.id for view in folder.project.views)
    metric = replace(registration_in(NEW_FROM_OLD, ids), unit="metre")
    packed = pack_registration(metric)
    header = folder.chunks.put("0" * 32, "cameras", packed.arrays, packed.meta)
    assert follow(folder.project, folder.chunks, header).project.cuts[0].unit == "metre"
