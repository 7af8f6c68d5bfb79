"""A photo is added and the cameras are found anew, in another world: everything goes along."""

from __future__ import annotations

import math
from contextlib import nullcontext as nothing

import numpy as np
import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.selection import Selection
from da3studio.base.cancel import NEVER
from da3studio.base.settings import Settings
from da3studio.edits.base import ListedEdit
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.pipeline.run import run
from da3studio.project.folder import ProjectFolder
from da3studio.scene.measurement import Measurement
from da3studio.scene.placement import KnownLength, Placement
from tests.pipeline.exact_engine import make_photos
from tests.pipeline.two_worlds import NEW_FROM_OLD, project_of_five, wandering_engine

PATIENCE_MS = 60_000
AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
CROP = ListedEdit("crop", CropBox((0.0, 0.0, 0.5), (1.6, 1.2, 0.7), AXES))
BALL = ListedEdit("ball", DeleteInBox((0.65, -0.15, 0.53), (0.55, 0.55, 0.51), AXES))
SIZE = Placement(known_lengths=(KnownLength((-2.0, 0.0, 0.0), (2.0, 0.0, 0.0), 1.0),))
MEASURED = Measurement("m", "distance", ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)))
CARRIED = "Your edits and measurements were carried over to the new cameras."


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return make_photos(tmp_path_factory.mktemp("wandering") / "photos")


@pytest.fixture
def desk(qapp, photos, tmp_path, qtbot):
    """A session with five reconstructed photos; and the sixth."""
    folder, last = project_of_five(tmp_path / "still.da3", photos)
    folder.close()
    session = Session(Settings(projects_folder=str(tmp_path)), wandering_engine)
    with qtbot.waitSignal(session.folder_changed):
        session.open(folder.path)
    reconstruct(session, qtbot)
    yield session, last
    session.close()


def reconstruct(session, qtbot):
    session.reconstruct()
    qtbot.waitUntil(lambda: session.jobs.busy, timeout=PATIENCE_MS)
    settle(session, qtbot)
    assert not session.scene.cloud_is_stale


def settle(session, qtbot):
    """Until nothing is read or computed any more."""

    def is_settled():
        scene = session.scene
        return (
            not session.jobs.busy
            and scene.plan is not None
            and not scene.cameras_are_stale
            and not scene.cloud_is_stale
            and scene.cloud is not None
            and scene.keep is not None
            and session.project.frame in ("", scene.frame)
        )

    qtbot.waitUntil(is_settled, timeout=PATIENCE_MS)


def with_places(session, qtbot):
    project = session.project.with_edits((CROP,)).with_placement(SIZE)
    session.commit("Edit", project.with_measurements((MEASURED,)))
    qtbot.waitUntil(lambda: not session.scene.keep.all())
    return session.project


def with_last(session, last):
    session.commit("Add 1 photo", session.project.with_views((*session.project.views, last)))


def metres(session):
    return math.dist(*session.project.measurements[0].points) * session.scene.metres_per_unit


def corners(session, keep):
    """Lowest and highest of what is left, in the world of the truth."""
    points = session.scene.cloud.xyz[keep].astype(np.float64)
    if session.scene.cloud.xyz[:, 2].max() > 2:  # the truth is nowhere that high
        points = NEW_FROM_OLD.inverse().apply(points)
    return points.min(axis=0), points.max(axis=0)


def test_that_a_value_with_places_says_which_cameras_they_are_of(desk, qtbot):
    session, _ = desk
    assert session.project.frame == ""
    before = with_places(session, qtbot)
    assert before.frame == session.scene.frame != ""
    session.commit("Nothing left", session.project.with_edits(()).with_measurements(()))
    assert session.project.frame == before.frame  # the size is still there
    session.commit("Forget the size", session.project.with_placement(Placement()))
    assert session.project.frame == ""
    session.undo()
    session.undo()
    assert session.project is before


def test_that_everything_goes_along_and_undo_goes_back(desk, qtbot):
    session, last = desk
    said, troubles = [], []
    session.said.connect(said.append)
    session.problem.connect(troubles.append)
    before = with_places(session, qtbot)
    kept = session.scene.keep.copy()
    low, high = corners(session, kept)
    with_last(session, last)
    reconstruct(session, qtbot)

    project = session.project
    assert project.frame == session.scene.frame != before.frame
    crop = project.edits[0].edit
    np.testing.assert_allclose(crop.centre, NEW_FROM_OLD.apply(CROP.edit.centre), atol=1e-9)
    np.testing.assert_allclose(crop.half, 2.5 * np.array(CROP.edit.half), atol=1e-9)
    assert metres(session) == pytest.approx(0.25)
    assert said.count(CARRIED) == 1
    assert not troubles
    new_low, new_high = corners(session, session.scene.keep)
    np.testing.assert_allclose(new_low, low, atol=0.1)
    np.testing.assert_allclose(new_high, high, atol=0.1)
    assert session.undo_label == "Add 1 photo"  # no step of its own
    with qtbot.waitSignal(session.saved, timeout=10_000) if session.unsaved else nothing():
        pass
    assert ProjectFolder.open(session.folder.path, write=False).project == project

    session.undo()
    assert session.project is before
    settle(session, qtbot)
    qtbot.waitUntil(lambda: len(session.scene.keep) == len(kept), timeout=PATIENCE_MS)
    assert session.scene.frame == before.frame
    assert session.project is before  # to the last digit: what was made of it is found again
    np.testing.assert_array_equal(session.scene.keep, kept)
    session.redo()
    settle(session, qtbot)
    assert session.project == project
    assert said.count(CARRIED) == 1


def test_that_what_is_shown_meanwhile_is_in_one_world(desk, qtbot):
    session, last = desk
    with_places(session, qtbot)
    kept = int(session.scene.keep.sum())
    frames = []

    def look(_):
        scene = session.scene
        if scene.cloud is None or scene.registration is None:
            return
        centre = np.mean([c.centre for c in scene.registration.cameras.values()], axis=0)
        towards = np.median(scene.cloud.xyz, axis=0) - centre
        frames.append((scene.frame, float(np.linalg.norm(towards))))

    session.scene.changed.connect(look)
    with_last(session, last)
    selection = Selection(session)
    selection.outline([(0, 0), (90, 0), (0, 90)], np.eye(3, 4), "add")
    reconstruct(session, qtbot)
    old, new = dict(frames).keys()
    distance = {frame: [d for f, d in frames if f == frame] for frame in (old, new)}
    assert max(distance[old]) < 1.1 * min(distance[old])
    assert max(distance[new]) < 1.1 * min(distance[new])
    assert min(distance[new]) == pytest.approx(2.5 * min(distance[old]), rel=0.1)
    assert selection.is_empty  # it was drawn around places of before
    assert abs(int(session.scene.keep.sum()) - kept) < 0.5 * kept


def test_that_steps_between_are_carried_over_at_once_when_undone(desk, qtbot):
    session, last = desk
    with_places(session, qtbot)
    with_last(session, last)
    session.commit("Ball", session.project.with_edits((CROP, BALL)))  # before the new cameras
    reconstruct(session, qtbot)
    new = session.scene.frame
    session.undo()  # a value of the world before, with the photos of now
    assert [one.id for one in session.project.edits] == ["crop"]
    assert session.project.frame == new
    np.testing.assert_allclose(
        session.project.edits[0].edit.centre, NEW_FROM_OLD.apply(CROP.edit.centre), atol=1e-9
    )
    session.commit("Ball", session.project.with_edits((*session.project.edits, BALL)))
    assert session.project.frame == new
    settle(session, qtbot)
    assert session.project.frame == new


def test_that_a_banner_tells_where_the_way_is_lost(desk, qtbot):
    session, last = desk
    said, troubles = [], []
    session.said.connect(said.append)
    session.problem.connect(troubles.append)
    before = with_places(session, qtbot)
    session.folder.chunks.remove(before.frame)
    with_last(session, last)
    reconstruct(session, qtbot)
    assert session.project.edits == before.edits
    assert session.project.frame == session.scene.frame
    assert len(troubles) == 1
    assert "could not be carried over" in troubles[0].what
    assert "Check crop, size and measurements" in troubles[0].fix
    assert CARRIED not in said


def test_that_a_project_reconstructed_elsewhere_follows_when_it_is_opened(desk, qtbot):
    session, last = desk
    with_places(session, qtbot)
    with_last(session, last)
    path, old = session.folder.path, session.project.frame
    session.leave()
    with ProjectFolder.open(path) as folder:
        run(folder, "cloud", emit=lambda _: None, token=NEVER, reconstructor_for=wandering_engine)
        assert folder.project.frame == old
    said = []
    session.said.connect(said.append)
    with qtbot.waitSignal(session.folder_changed):
        session.open(path)
    settle(session, qtbot)
    assert session.project.frame == session.scene.frame != old
    assert metres(session) == pytest.approx(0.25)
    assert CARRIED in said
    assert not session.can_undo
