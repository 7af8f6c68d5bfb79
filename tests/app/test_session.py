"""The open project: history, saving, workers, results on show."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.settings import Settings, load_settings
from da3studio.edits.base import ListedEdit
from da3studio.edits.thresholds import MinViews
from da3studio.jobs.messages import RunJob
from da3studio.project.change import Change
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe
from tests.jobs.engines import faulty_once
from tests.jobs.talk import workers
from tests.pipeline.exact_engine import exact_engine, slow_engine

PATIENCE_MS = 60_000


@pytest.fixture
def session_with(qapp, tmp_path):
    made = []

    def make(engine=exact_engine):
        settings = Settings(projects_folder=str(tmp_path / "projects"))
        made.append(Session(settings, engine))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def session(session_with):
    return session_with()


@pytest.fixture
def opened(session, project, qtbot):
    with qtbot.waitSignal(session.folder_changed):
        session.open(project)
    return session


def reconstructed(session, qtbot):
    session.reconstruct()
    qtbot.waitUntil(lambda: session.scene.cloud is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not session.jobs.busy, timeout=PATIENCE_MS)
    return session


def test_that_an_opened_project_is_shown_held_and_remembered(opened, project, home):
    assert opened.project.name == "Still life"
    assert len(opened.project.views) == 6
    assert opened.settings.recent == (str(project),)
    assert load_settings().settings.recent == (str(project),)
    assert not opened.can_undo


def test_that_a_missing_project_is_told_and_nothing_else_happens(session, tmp_path, qtbot):
    with qtbot.waitSignal(session.problem) as told:
        session.open(tmp_path / "nothing.da3")

    assert "There is no project" in told.args[0].what
    assert session.folder is None


def test_that_a_commit_is_told_saved_and_can_be_undone(opened, project, qtbot):
    with qtbot.waitSignal(opened.changed) as told:
        opened.commit("Rename", opened.project.with_name("Fruit"))
    assert told.args[0] == Change.NAME
    assert opened.undo_label == "Rename"
    with qtbot.waitSignal(opened.saved, timeout=5000):
        pass
    assert ProjectFolder.open(project, write=False).project.name == "Fruit"

    opened.undo()
    assert opened.project.name == "Still life"
    assert opened.redo_label == "Rename"


def test_that_one_gesture_is_one_step(opened):
    for name in ("a", "ab", "abc"):
        opened.commit("Rename", opened.project.with_name(name), gesture="typing")
    opened.undo()

    assert opened.project.name == "Still life"
    assert not opened.can_undo


def test_that_a_reconstruction_shows_cameras_a_growing_cloud_and_the_cloud(opened, qtbot):
    parts = []
    opened.scene.changed.connect(parts.append)
    reconstructed(opened, qtbot)

    seen = [part for part in parts if Part.CAMERAS in part or Part.CLOUD in part]
    assert any(Part.CAMERAS in part for part in seen)
    assert any(Part.PREVIEW in part and Part.CLOUD not in part for part in parts)
    assert len(opened.scene.registration.cameras) == 6
    assert opened.scene.preview is None
    assert opened.scene.keep.all()
    assert not opened.scene.cloud_is_stale
    assert opened.jobs.main.status.state == "idle"


def test_that_edits_change_what_is_kept_at_once_when_undone(opened, qtbot):
    scene = reconstructed(opened, qtbot).scene
    edit = ListedEdit("one", MinViews(3))
    opened.commit("Few photos", opened.project.with_edits((edit,)))
    qtbot.waitUntil(lambda: not scene.keep.all())
    np.testing.assert_array_equal(scene.keep, scene.cloud.n_views >= 3)

    opened.undo()
    assert scene.keep.all()  # without waiting for any thread
    opened.redo()
    assert not scene.keep.all()


def test_that_a_mesh_is_made_shown_and_out_of_date_after_an_edit(opened, qtbot):
    scene = reconstructed(opened, qtbot).scene
    opened.make_mesh()
    qtbot.waitUntil(lambda: scene.plan.finished and scene.mesh is not None, timeout=PATIENCE_MS)
    assert scene.mesh.texture is not None
    assert not scene.mesh_is_stale
    shown = scene.mesh

    opened.commit("Cut", opened.project.with_edits((ListedEdit("one", MinViews(3)),)))
    qtbot.waitUntil(lambda: scene.mesh_is_stale)
    assert scene.mesh is shown
    opened.undo()
    qtbot.waitUntil(lambda: not scene.mesh_is_stale)


def test_that_an_export_makes_what_is_missing_and_says_where_it_is(opened, qtbot, tmp_path):
    target = tmp_path / "out" / "still.glb"
    target.parent.mkdir()
    with qtbot.waitSignal(opened.work.exported, timeout=PATIENCE_MS) as told:
        opened.export_to(target, ExportRecipe())

    assert told.args[0] == target
    assert target.stat().st_size > 1000
    assert opened.work.is_exported
    opened.commit("Rename", opened.project.with_name("other"))
    assert not opened.work.is_exported


def test_that_cancel_answers_at_once_and_everything_has_stopped_within_two_seconds(
    session_with, project, qtbot
):
    session = session_with(slow_engine)
    with qtbot.waitSignal(session.folder_changed):
        session.open(project)
    lane = session.jobs.main
    session.reconstruct()
    qtbot.waitUntil(lambda: lane.status.step == "Measuring depth", timeout=PATIENCE_MS)
    started = time.monotonic()
    lane.cancel()
    assert lane.status.state == "stopping"
    assert time.monotonic() - started < 0.1
    with qtbot.waitSignal(lane.ended, timeout=2000):
        pass
    assert lane.status.state == "idle"
    assert not session.jobs.busy


def test_that_pausing_ends_the_process_and_going_on_keeps_what_was_finished(
    session_with, project, qtbot
):
    session = session_with(slow_engine)
    with qtbot.waitSignal(session.folder_changed):
        session.open(project)
    lane = session.jobs.main
    session.reconstruct()
    qtbot.waitUntil(lambda: lane.status.step == "Measuring depth", timeout=PATIENCE_MS)
    lane.pause()
    qtbot.waitUntil(lambda: lane.status.state == "paused", timeout=PATIENCE_MS)
    assert lane.status.memory_bytes == 0

    lane.resume()
    qtbot.waitUntil(lambda: session.scene.cloud is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: lane.status.state == "idle", timeout=PATIENCE_MS)


def test_that_a_worker_that_dies_is_told_with_a_button_that_tries_again(
    session_with, project, qtbot, monkeypatch, tmp_path
):
    monkeypatch.setenv("DA3STUDIO_TEST_MARKS", str(tmp_path))
    session = session_with(faulty_once)
    with qtbot.waitSignal(session.folder_changed):
        session.open(project)
    with qtbot.waitSignal(session.problem, timeout=PATIENCE_MS) as told:
        session.reconstruct()
    trouble = told.args[0]
    assert "nothing that was finished is lost" in trouble.what
    assert trouble.button == "Try again"

    trouble.act()
    qtbot.waitUntil(lambda: session.scene.cloud is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not session.jobs.busy, timeout=PATIENCE_MS)


def test_that_photos_without_a_project_start_one_named_after_their_folder(
    session, photos, qtbot, tmp_path
):
    folder = Path(photos[0].source.path).parent
    session.add_files([folder])
    qtbot.waitUntil(lambda: len(session.pending_imports) == 6)
    qtbot.waitUntil(lambda: len(session.project.views) == 6, timeout=PATIENCE_MS)

    assert session.folder.path == tmp_path / "projects" / "photos.da3"
    assert session.project.name == "photos"
    assert session.undo_label == "Add 6 photos"
    qtbot.waitUntil(lambda: session.pending_imports == ())
    session.add_files([folder])
    qtbot.waitUntil(lambda: bool(session.import_notes), timeout=PATIENCE_MS)
    assert len(session.project.views) == 6


def test_that_photos_are_said_to_be_added_when_they_are_on_the_disk(session, photos, qtbot):
    found = []

    def look(_: str) -> None:
        with ProjectFolder.open(session.folder.path, write=False) as folder:
            found.append(len(folder.project.views))

    session.said.connect(look)
    session.add_files([Path(photos[0].source.path).parent])
    qtbot.waitUntil(lambda: bool(found), timeout=PATIENCE_MS)

    assert found == [6]
    assert not session.unsaved


def test_that_photos_are_pending_again_when_reading_them_is_tried_again(session, photos, qtbot):
    with qtbot.waitSignal(session.problem, timeout=PATIENCE_MS) as told:
        session.add_files([Path(photos[0].source.path).parent])
        qtbot.waitUntil(lambda: bool(workers()))
        workers()[0].kill()
    assert session.pending_imports == ()

    told.args[0].act()
    assert len(session.pending_imports) == 6
    qtbot.waitUntil(lambda: len(session.project.views) == 6, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: session.pending_imports == ())


def test_that_a_project_folder_that_is_dropped_is_opened(session, project, qtbot):
    with qtbot.waitSignal(session.folder_changed):
        session.add_files([project])

    assert session.folder.path == project


def test_that_leaving_saves_the_project_and_how_it_was_looked_at(opened, project):
    opened.view.set(colour="height", point_px=5.0)
    opened.commit("Rename", opened.project.with_name("Fruit"))
    opened.leave()

    assert opened.folder is None
    with ProjectFolder.open(project) as folder:
        assert folder.project.name == "Fruit"
        assert folder.read_view()["colour"] == "height"


def test_that_jobs_of_the_lane_know_what_they_are(opened, project, qtbot):
    ended = []
    opened.jobs.main.ended.connect(lambda job, outcome: ended.append(job))
    reconstructed(opened, qtbot)

    assert ended == [RunJob(project, "cloud")]
