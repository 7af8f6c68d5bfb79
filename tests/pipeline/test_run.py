from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import (
    BadInput,
    CannotReconstruct,
    CannotWrite,
    Missing,
    OutOfMemory,
)
from da3studio.pipeline.events import (
    Event,
    Noticed,
    Registered,
    StageDone,
    StageKept,
    StageProgress,
    StageStarted,
    UnitStored,
    to_json,
)
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.plan import plan
from da3studio.pipeline.run import run
from da3studio.pipeline.stages import STAGES, Goal
from da3studio.project.document import Project
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.recipe import Recipe
from da3studio.scene.view import ViewId
from tests.pipeline.exact_engine import (
    VIEWS,
    ExactEngine,
    blind_engine,
    capture,
    exact_engine,
    exact_project,
)

GOALS = [stage.name for stage in STAGES]


def run_all(folder: ProjectFolder, goal: Goal = "texture", **options: Any) -> list[Event]:
    events: list[Event] = []
    options = {"token": NEVER, "reconstructor_for": exact_engine} | options
    run(folder, goal, emit=events.append, **options)
    return events


def made(events: list[Event]) -> list[Goal]:
    return [event.stage for event in events if isinstance(event, StageDone)]


def kept(events: list[Event]) -> list[Goal]:
    return [event.stage for event in events if isinstance(event, StageKept)]


def changed(folder: ProjectFolder, change: Callable[[Recipe], Recipe]) -> None:
    folder.save(folder.project.with_recipe(change(folder.project.recipe)))


def chunk_of(folder: ProjectFolder, stage: Goal, unit: str = "") -> Path:
    key = plan(folder.project, stage, folder.chunks).step(stage).stored[unit].key
    return next((folder.path / "chunks").glob(f"*/{key}.safetensors"))


def test_that_a_run_ends_with_a_textured_mesh_on_the_true_surface(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        events = run_all(folder)
        scene = load_scene(folder)

    assert made(events) == list(GOALS)
    assert next(e for e in events if isinstance(e, Registered)) == Registered(VIEWS, VIEWS, ())
    assert Noticed("cameras", "The scale is not known.") in events
    assert scene.cloud is not None
    assert scene.mesh is not None
    assert scene.mesh.texture is not None
    assert scene.registration.view_ids == tuple(view.id for view in scene.views)
    # 4 units away a pixel of 128 px and focal 1.1 covers 0.028 units
    assert np.quantile(capture().distance(scene.cloud.xyz), 0.9) < 0.028
    assert np.quantile(capture().distance(scene.mesh.vertices), 0.9) < 0.028
    assert not (tmp_path / "a.da3" / "scratch").exists()


def test_that_costs_are_measured_per_stage(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        done = [e for e in run_all(folder, "cloud") if isinstance(e, StageDone)]
    assert [e.stage for e in done] == ["cameras", "depth", "cloud"]
    assert all(e.seconds > 0 and e.cpu_seconds >= 0 for e in done)
    assert all(10e6 < e.peak_memory_bytes < 100e9 for e in done)


def test_that_a_second_run_does_nothing(project):
    with ProjectFolder.open(project) as folder:
        events = run_all(folder)
    assert made(events) == []
    assert kept(events) == list(GOALS)
    assert not [event for event in events if isinstance(event, StageStarted)]


def test_that_a_goal_is_not_overshot(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        for goal in ("cameras", "depth", "cloud"):
            assert made(run_all(folder, goal)) == [goal]


def test_that_a_texture_size_redoes_only_the_texture(project):
    with ProjectFolder.open(project) as folder:
        changed(folder, lambda r: replace(r, texture=replace(r.texture, max_size=512)))
        assert made(run_all(folder)) == ["texture"]


def test_that_a_face_budget_redoes_only_mesh_and_texture(project):
    with ProjectFolder.open(project) as folder:
        changed(folder, lambda r: replace(r, mesh=replace(r.mesh, faces=1000)))
        assert made(run_all(folder)) == ["mesh", "texture"]


def test_that_a_depth_resolution_leaves_the_cameras(project):
    with ProjectFolder.open(project) as folder:
        changed(folder, lambda r: replace(r, depth=replace(r.depth, resolution=200)))
        events = run_all(folder)
    # the exact engine ignores it: equal depth maps, so nothing after them is made again
    assert made(events) == ["depth"]


def test_that_a_feature_resolution_redoes_what_changes(project):
    with ProjectFolder.open(project) as folder:
        changed(folder, lambda r: replace(r, depth=replace(r.depth, feature_px=400)))
        assert made(run_all(folder)) == ["cameras"]


def test_that_a_device_redoes_nothing(project):
    with ProjectFolder.open(project) as folder:
        changed(folder, lambda r: replace(r, depth=replace(r.depth, device="cpu")))
        assert made(run_all(folder)) == []


def test_that_going_back_to_an_earlier_recipe_finds_its_results(project):
    with ProjectFolder.open(project) as folder:
        before = folder.project
        changed(folder, lambda r: replace(r, texture=replace(r.texture, max_size=512)))
        run_all(folder)
        folder.save(before)
        assert made(run_all(folder)) == []


def test_that_fewer_views_are_another_reconstruction(project):
    with ProjectFolder.open(project) as folder:
        folder.save(folder.project.with_views(folder.project.views[1:]))
        assert made(run_all(folder, "cloud")) == ["cameras", "depth", "cloud"]


def test_that_other_names_and_paths_are_the_same_reconstruction(project):
    with ProjectFolder.open(project) as folder:
        views = [
            replace(v, name="x" + v.name, source=replace(v.source, path="elsewhere/" + v.name))
            for v in folder.project.views
        ]
        folder.save(Project("Other", tuple(views), folder.project.recipe))
        assert made(run_all(folder)) == []


@pytest.mark.parametrize("way", ["gone", "flipped", "cut", "empty", "strange"])
def test_that_a_lost_depth_map_redoes_this_view_and_nothing_after_it(project, way):
    engine = ExactEngine()
    with ProjectFolder.open(project) as folder:
        path = chunk_of(folder, "depth", "view_002")
        content = bytearray(path.read_bytes())
        if way == "gone":
            path.unlink()
        elif way == "flipped":
            content[-1] ^= 255
            path.write_bytes(content)
            chunk_of(folder, "cloud").unlink()  # so that somebody reads the depth maps
        else:
            path.write_bytes({"cut": content[:99], "empty": b"", "strange": b"\xff" * 999}[way])

        events = run_all(folder, reconstructor_for=lambda _: engine)
        again = run_all(folder)

    assert engine.measured == ["view_002"]
    assert made(events) == (["depth", "cloud"] if way == "flipped" else ["depth"])
    said = [e.text for e in events if isinstance(e, Noticed) and "damaged" in e.text]
    assert len(said) == (0 if way == "gone" else 1)
    assert made(again) == []


@pytest.mark.parametrize("stage", ["cameras", "cloud", "mesh", "texture"])
def test_that_a_damaged_result_is_made_again(project, stage):
    with ProjectFolder.open(project) as folder:
        path = chunk_of(folder, stage)
        path.write_bytes(path.read_bytes()[:-1])
        again = made(run_all(folder))
        assert list(folder.chunks.verify()) == []
    # the mesh library rounds differently each time, and then what is after it is made again too
    assert again == [stage] or (stage == "mesh" and again == ["mesh", "texture"])


@pytest.mark.parametrize(
    "change",
    [{"view_ids": ["../../x"]}, {"left_out": {"x": "y"}}, {"notices": 5}, {"unit": "foot"}],
)
def test_that_a_crafted_registration_is_made_again(project, change):
    with ProjectFolder.open(project) as folder:
        header = plan(folder.project, "cameras", folder.chunks).step("cameras").header
        arrays = folder.chunks.read(header.key)
        folder.chunks.put(header.key, "cameras", arrays, header.meta | change)
        assert made(run_all(folder)) == ["cameras"]


def test_that_a_disk_that_damages_everything_is_an_error_and_not_an_endless_loop(project):
    class Breaking(ExactEngine):
        def reconstruct(self, *args: Any, **options: Any) -> Any:
            for piece in super().reconstruct(*args, **options):
                yield piece
                for path in (project / "chunks").rglob("*.safetensors"):
                    path.write_bytes(b"")

    with ProjectFolder.open(project) as folder:
        shutil.rmtree(project / "chunks")
        with pytest.raises(CannotWrite, match="again"):
            run_all(folder, reconstructor_for=lambda _: Breaking())


def test_that_a_cancelled_run_goes_on_where_it_stopped(photos, tmp_path):
    stored = 0

    def emit(event: Event) -> None:
        nonlocal stored
        stored += isinstance(event, StageProgress) and event.stage == "depth"

    engine = ExactEngine()
    with exact_project(tmp_path / "a.da3", photos) as folder:
        token = CancelToken(lambda: len(engine.measured) == 3)
        with pytest.raises(JobCancelled):
            run(folder, "depth", emit=emit, token=token, reconstructor_for=lambda _: engine)
        assert (tmp_path / "a.da3" / "scratch").exists()
        first = list(engine.measured)
        events = run_all(folder, "depth", reconstructor_for=lambda _: engine)

    assert kept(events) == ["cameras"]
    assert len(first) == 3
    assert len(engine.measured) <= VIEWS + 1  # the view in hand when it stopped
    assert sorted(set(engine.measured)) == sorted(view.id for view in photos)


def test_that_a_failed_reconstruction_leaves_no_scratch(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        with pytest.raises(CannotReconstruct, match="dark"):
            run_all(folder, reconstructor_for=blind_engine)
        assert not (tmp_path / "a.da3" / "scratch").exists()
        assert list(folder.chunks.keys()) == []


def test_that_no_photos_are_bad_input(tmp_path):
    with ProjectFolder.create(tmp_path / "a.da3", "x") as folder, pytest.raises(BadInput):
        run_all(folder)


def test_that_a_photo_that_is_gone_is_named(photos, tmp_path):
    missing = replace(photos[0], source=replace(photos[0].source, path="/nowhere/a.png"))
    with (
        exact_project(tmp_path / "a.da3", (missing, *photos[1:])) as folder,
        pytest.raises(Missing, match=r"view_000\.png"),
    ):
        run_all(folder)


def test_that_no_memory_is_an_error_with_advice(photos, tmp_path):
    class Greedy(ExactEngine):
        def reconstruct(self, *_: Any, **__: Any) -> Any:
            yield np.zeros(2**55, np.uint8)

    with (
        exact_project(tmp_path / "a.da3", photos) as folder,
        pytest.raises(OutOfMemory, match="lower"),
    ):
        run_all(folder, reconstructor_for=lambda _: Greedy())


def test_that_a_view_without_depth_is_said_and_not_tried_again(photos, tmp_path):
    class Partial(ExactEngine):
        def reconstruct(self, *args: Any, **options: Any) -> Any:
            for piece in super().reconstruct(*args, **options):
                if getattr(piece, "view_id", ViewId("")) != "view_005":
                    yield piece

    with exact_project(tmp_path / "a.da3", photos) as folder:
        events = run_all(folder, reconstructor_for=lambda _: Partial())
        again = run_all(folder, reconstructor_for=lambda _: Partial())
        cloud = load_scene(folder, mesh=False).cloud

    said = [e.text for e in events if isinstance(e, Noticed) and e.stage == "depth"]
    assert said == ["The photo view_005.png has a camera, but no depth could be measured in it."]
    assert made(events) == list(GOALS)
    assert made(again) == []
    assert cloud is not None
    assert 5 not in cloud.view_idx


def test_that_no_depth_at_all_cannot_be_reconstructed(photos, tmp_path):
    class CamerasOnly(ExactEngine):
        def reconstruct(self, *args: Any, **options: Any) -> Any:
            yield next(super().reconstruct(*args, **options))

    with (
        exact_project(tmp_path / "a.da3", photos) as folder,
        pytest.raises(CannotReconstruct, match="could not be joined"),
    ):
        run_all(folder, reconstructor_for=lambda _: CamerasOnly())


def test_that_all_events_cross_processes_and_become_json(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        events = run_all(folder, "cloud") + run_all(folder, "cloud")
    assert {type(e) for e in events} == {
        StageStarted, StageProgress, UnitStored, StageDone, StageKept, Registered, Noticed
    }  # fmt: skip
    for event in events:
        assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301
    assert to_json(events[0]) == {"event": "stage_started", "stage": "cameras", "total": VIEWS}
