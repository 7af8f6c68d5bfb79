"""What stands in the way of a file, from the first points to a mesh that is out of date."""

from __future__ import annotations

import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.export_options import ExportOptions
from da3studio.app.viewmodels.next_step import next_step
from da3studio.app.viewmodels.stages import STAGE_ROWS, StageState
from da3studio.base.settings import Settings
from da3studio.edits.base import ListedEdit
from da3studio.edits.thresholds import MinViews
from tests.pipeline.exact_engine import exact_engine, exact_project, make_photos

PATIENCE_MS = 60_000


@pytest.fixture
def session(qapp, tmp_path):
    one = Session(Settings(projects_folder=str(tmp_path / "projects")), exact_engine)
    one.show(exact_project(tmp_path / "still.da3", make_photos(tmp_path / "photos")))
    yield one
    one.close()


def button(options):
    """The one next button of the stage, with everything made."""
    states = {row.id: StageState.DONE for row in STAGE_ROWS}
    return next_step("export", states, options.refusal)


def test_that_a_mesh_is_exported_once_it_is_there_and_in_step_and_points_before(
    session, qtbot, tmp_path
):
    options, scene = ExportOptions(session), session.scene
    assert "Reconstruct the photos first" in options.refusal
    session.reconstruct()
    qtbot.waitUntil(lambda: scene.cloud is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not session.jobs.busy, timeout=PATIENCE_MS)

    for suffix in (".glb", ".obj", ".ply"):
        options.set_suffix(suffix)
        assert options.refusal.startswith("There is no mesh yet.")
        assert ("points" in options.refusal) == (suffix != ".obj")
        assert (options.remarks[0].button, options.remarks[0].mending) == ("Make mesh", "mesh")
        assert (button(options).enabled, button(options).why) == (False, options.refusal)
    options.form.set("content", "cloud")
    assert button(options).enabled
    with qtbot.waitSignal(session.work.exported, timeout=PATIENCE_MS):
        options.export(tmp_path / "points.ply")
    assert not scene.plan.finished  # no mesh was made for it

    options.set_suffix(".glb")
    options.form.set("content", "auto")
    options.mend("mesh")
    qtbot.waitUntil(lambda: scene.plan.finished and scene.mesh is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not session.jobs.busy, timeout=PATIENCE_MS)
    step = button(options)
    assert (step.enabled, step.why) == (True, "Write the model to a file for other programs.")

    session.commit("Cut", session.project.with_edits((ListedEdit("one", MinViews(3)),)))
    qtbot.waitUntil(lambda: scene.mesh_is_stale, timeout=PATIENCE_MS)
    assert options.remarks[0].button == "Make mesh again"
    step = button(options)
    assert (step.enabled, step.why) == (False, options.refusal)
    assert "out of date" in step.why
    options.export(tmp_path / "late.glb")
    assert not session.jobs.busy
