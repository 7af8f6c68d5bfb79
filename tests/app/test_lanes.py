"""What becomes of work when it is paused, when a project is closed, and when both come at once."""

from __future__ import annotations

import multiprocessing

import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.job_status import JobStatus
from da3studio.app.widgets.job_bar import JobBar
from da3studio.base.settings import Settings
from da3studio.jobs.messages import Finished
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe
from tests.pipeline.exact_engine import exact_project, slow_engine

PATIENCE_MS = 60_000


@pytest.fixture
def session(qapp, tmp_path, photos):
    for name in ("still", "other"):
        exact_project(tmp_path / f"{name}.da3", photos).close()
    one = Session(Settings(projects_folder=str(tmp_path / "projects")), slow_engine)
    one.show(ProjectFolder.open(tmp_path / "still.da3"))
    yield one
    one.close()


def measuring(session, qtbot):
    session.reconstruct()
    lane = session.jobs.main
    qtbot.waitUntil(lambda: lane.status.step == "Measuring depth", timeout=PATIENCE_MS)
    return lane


def test_that_what_waited_is_paused_too_and_goes_on_with_the_rest(session, qtbot, tmp_path):
    lane = measuring(session, qtbot)
    session.export_to(tmp_path / "still.ply", ExportRecipe())
    qtbot.waitUntil(lambda: len(lane.jobs) == 2)
    lane.pause()
    qtbot.waitUntil(lambda: not lane.busy, timeout=PATIENCE_MS)
    assert lane.status.state == "paused"

    lane.resume()
    assert len(lane.jobs) == 2
    qtbot.waitUntil((tmp_path / "still.ply").exists, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: lane.status.state == "idle", timeout=PATIENCE_MS)


def test_that_a_pause_ends_when_something_else_is_started(session, qtbot, tmp_path):
    lane = measuring(session, qtbot)
    lane.pause()
    qtbot.waitUntil(lambda: lane.status.state == "paused", timeout=PATIENCE_MS)
    session.export_to(tmp_path / "still.ply", ExportRecipe())
    qtbot.waitUntil(lambda: lane.status.state == "idle", timeout=PATIENCE_MS)
    lane.resume()

    assert not lane.busy


@pytest.mark.parametrize("free", [True, False])
def test_that_the_process_outlives_a_pause_only_where_memory_is_not_to_be_freed(
    session, qtbot, free
):
    lane = measuring(session, qtbot)
    workers = {child.pid for child in multiprocessing.active_children()}
    lane.pause(free_memory=free)
    qtbot.waitUntil(lambda: lane.status.state == "paused", timeout=PATIENCE_MS)

    def left() -> bool:
        return bool(workers & {child.pid for child in multiprocessing.active_children()})

    if free:
        qtbot.waitUntil(lambda: not left())
    else:
        assert left()


def test_that_a_project_opened_during_work_begins_with_nothing_running(session, qtbot, tmp_path):
    lane = measuring(session, qtbot)
    said = []
    session.said.connect(said.append)
    session.open(tmp_path / "other.da3")
    qtbot.waitUntil(lambda: session.folder.path.name == "other.da3", timeout=PATIENCE_MS)

    assert lane.status == JobStatus()
    assert said == ["The work on the other project was stopped; what was finished is kept"]


def test_that_what_was_paused_in_one_project_does_not_go_on_in_another(session, qtbot, tmp_path):
    lane = measuring(session, qtbot)
    lane.pause()
    qtbot.waitUntil(lambda: lane.status.state == "paused", timeout=PATIENCE_MS)
    session.open(tmp_path / "other.da3")
    qtbot.waitUntil(lambda: session.folder.path.name == "other.da3", timeout=PATIENCE_MS)
    lane.resume()

    assert lane.status.state == "idle"
    assert not lane.busy


def test_that_the_last_words_of_a_closed_worker_are_not_about_the_next_job(
    session, qtbot, tmp_path
):
    lane = measuring(session, qtbot)
    ended = []
    lane.ended.connect(lambda job, outcome: ended.append((job, outcome)))
    session.leave()  # the first job of the worker is cancelled: its answer waits in the queue
    session.show(ProjectFolder.open(tmp_path / "other.da3"))
    session.export_to(tmp_path / "other.ply", ExportRecipe())  # the first job of the next worker
    qtbot.waitUntil(lambda: not lane.busy, timeout=PATIENCE_MS)

    assert [type(outcome) for _, outcome in ended] == [Finished]
    assert (tmp_path / "other.ply").exists()


def test_that_a_run_can_be_paused_and_an_export_cannot(session, qtbot, tmp_path):
    lane = measuring(session, qtbot)
    assert lane.status.can_pause
    session.export_to(tmp_path / "still.ply", ExportRecipe(content="cloud"))
    qtbot.waitUntil(lambda: lane.status.title == "Exporting", timeout=PATIENCE_MS)

    assert not lane.status.can_pause
    qtbot.waitUntil(lambda: not lane.busy, timeout=PATIENCE_MS)


def test_that_pause_is_offered_only_for_what_can_go_on(qtbot):
    bar = JobBar()
    qtbot.addWidget(bar)
    for can_pause in (True, False):
        bar.show_status(JobStatus("running", "Exporting", can_pause=can_pause))
        assert bar.pause.isHidden() is not can_pause
        assert not bar.cancel.isHidden()
