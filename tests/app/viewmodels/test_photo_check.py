"""Quality notes: computed from the views, never blocking, one undoable step to act."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from da3studio.app.viewmodels.photo_check import PhotoCheck
from da3studio.app.viewmodels.photo_commands import look_through
from tests.app.photo_desk import LEFT_OUT, at_desk, make_desk


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"), until="cameras")


@pytest.fixture
def session(made, tmp_path, qtbot):
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


@pytest.fixture
def check(session, qtbot):
    check = PhotoCheck(session)
    qtbot.waitUntil(lambda: not session.background.busy)
    return check


def test_that_the_blurred_photo_is_named(check):
    assert check.blurred == {LEFT_OUT}
    assert any("1 photo is blurred: lost.png" in sentence for sentence in check.advice)


def test_that_leaving_out_the_blurred_ones_is_one_step(check, session, qtbot):
    before = session.project
    check.leave_out_blurred()

    assert len(session.project.views) == 6
    assert session.undo_label == "Leave out 1 blurred photo"
    qtbot.waitUntil(lambda: not session.background.busy)
    assert check.blurred == frozenset()
    session.undo()
    assert session.project == before


def test_that_mixed_cameras_are_remarked(check, session, qtbot):
    views = [replace(v, camera_name=f"Camera {i % 2}") for i, v in enumerate(session.project.views)]
    session.commit("Change", session.project.with_views(tuple(views)))
    qtbot.waitUntil(lambda: not session.background.busy)

    assert any("Several cameras are mixed" in sentence for sentence in check.advice)


def test_that_a_project_without_photos_has_no_advice(check, session):
    session.commit("Empty", session.project.with_views(()))
    assert (check.advice, check.blurred, check.n_photos) == ((), frozenset(), 0)


def test_that_looking_through_needs_a_camera(check, session, qtbot):
    look_through(session, session.project.views[0].id)
    assert session.view.through == session.project.views[0].id

    session.view.look_through(None)
    with qtbot.waitSignal(session.said) as said:
        look_through(session, LEFT_OUT)
    assert "no camera yet" in said.args[0]
    assert session.view.through is None
