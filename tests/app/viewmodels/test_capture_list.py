"""The list of photos: facts, keyed changes, pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from da3studio.app.session import Session
from da3studio.app.viewmodels.capture_list import CaptureList, NotUsedFilter, Role
from da3studio.app.viewmodels.photo_check import PhotoCheck
from da3studio.app.viewmodels.photo_commands import hide_photos, remove_photos, show_photos
from da3studio.app.viewmodels.photo_facts import Standing
from da3studio.edits.base import ListedEdit
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.scene.view import ViewId
from tests.app.photo_desk import LEFT_OUT, WHY, at_desk, make_desk

DIGEST = "0123456789abcdef"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def session(made, tmp_path, qtbot) -> Iterator[Session]:
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


@pytest.fixture
def photos(session, qtbot) -> Iterator[CaptureList]:
    check = PhotoCheck(session)
    photos = CaptureList(session, check)
    qtbot.waitUntil(lambda: not session.background.busy)
    yield photos
    photos.close()


def at(photos: CaptureList, view_id: str, role: int):
    return photos.data(photos.index(photos.row_of(ViewId(view_id))), role)


def first_id(session: Session) -> ViewId:
    return session.project.views[0].id


def test_that_six_photos_are_used_and_the_seventh_is_not_for_a_reason(photos, session):
    assert photos.rowCount() == 7
    assert photos.counts_text == "7 photos, 6 used"
    assert photos.n_not_used == 1
    facts = at(photos, LEFT_OUT, Role.FACTS)
    assert facts.standing is Standing.NOT_USED
    assert facts.why == WHY
    assert at(photos, first_id(session), Role.FACTS).standing is Standing.USED


def test_that_the_tooltip_tells_size_camera_focal_length_and_sharpness(photos):
    text = at(photos, LEFT_OUT, Qt.ItemDataRole.ToolTipRole)

    assert "128 × 96 px" in text
    assert "Camera: Phone X" in text
    assert "Focal length: 100 px" in text
    assert "Sharpness: 0.20" in text
    assert f"Not used: {WHY}" in text


def test_that_the_photo_far_below_the_others_is_blurred(photos, session):
    blurred = [v.id for v in session.project.views if at(photos, v.id, Role.FACTS).blurred]
    assert blurred == [LEFT_OUT]


def test_that_hiding_is_one_edit_that_undo_and_showing_take_back(photos, session):
    view_id = first_id(session)
    hide_photos(session, [view_id])

    assert [listed.edit for listed in session.project.edits] == [HideView(view_id)]
    assert at(photos, view_id, Role.FACTS).standing is Standing.HIDDEN
    assert photos.counts_text == "7 photos, 5 used, 1 hidden"
    session.undo()
    assert at(photos, view_id, Role.FACTS).standing is Standing.USED
    session.redo()
    show_photos(session, [view_id])
    assert session.project.edits == ()


def test_that_hiding_again_switches_the_entry_on_that_was_off(session):
    view_id = first_id(session)
    off = ListedEdit("x", HideView(view_id), on=False)
    session.commit("List", session.project.with_edits([off]))

    hide_photos(session, [view_id])

    assert session.project.edits == (replace(off, on=True),)


def test_that_removing_takes_the_edits_of_the_photo_and_undo_brings_both_back(photos, session):
    view_id, other = session.project.views[0].id, session.project.views[1].id
    edits = [ListedEdit("a", MaskPhoto(view_id, DIGEST)), ListedEdit("b", HideView(other))]
    session.commit("List", session.project.with_edits(edits))
    removed = QSignalSpy(photos.rowsRemoved)

    remove_photos(session, [view_id])

    assert removed.count() == 1
    assert photos.row_of(view_id) == -1
    assert [listed.id for listed in session.project.edits] == ["b"]
    session.undo()
    assert photos.row_of(view_id) == 0
    assert len(session.project.edits) == 2


@pytest.mark.parametrize("seed", range(4))
def test_that_any_change_of_the_views_needs_no_reset(photos, session, seed):
    mode = QAbstractItemModelTester.FailureReportingMode.Warning  # which fails a test
    tester = QAbstractItemModelTester(photos, mode)
    resets, rows = QSignalSpy(photos.modelReset), session.project.views
    orders = list(itertools.islice(itertools.permutations(rows), 0, 5000, 997))

    for order in orders:
        some = order[seed % 3 :: 1 + seed % 2]
        session.commit("Change", session.project.with_views(some))
        assert photos.view_ids() == tuple(view.id for view in some)

    assert resets.count() == 0
    tester.deleteLater()


def test_that_only_what_changed_is_inserted(photos, session):
    views = session.project.views
    session.commit("Less", session.project.with_views(views[:2] + views[5:]))
    inserted = QSignalSpy(photos.rowsInserted)

    session.commit("More", session.project.with_views(views))

    assert inserted.count() == 1
    assert inserted.at(0)[1:] == [2, 4]


def test_that_pictures_arrive_and_are_kept(photos, session, qtbot):
    view_id = first_id(session)
    assert at(photos, view_id, Qt.ItemDataRole.DecorationRole) is None
    qtbot.waitUntil(lambda: not photos.thumbnails.busy)

    picture = at(photos, view_id, Qt.ItemDataRole.DecorationRole)
    assert (picture.width(), picture.height()) == (128, 96)
    assert not photos.thumbnails.busy


def test_that_depth_is_shown_where_there_is_some(photos, session, qtbot):
    photos.set_mode("depth")
    assert at(photos, LEFT_OUT, Qt.ItemDataRole.DecorationRole).isNull()
    assert at(photos, first_id(session), Qt.ItemDataRole.DecorationRole) is None
    qtbot.waitUntil(lambda: not photos.thumbnails.busy)

    assert at(photos, first_id(session), Qt.ItemDataRole.DecorationRole).width() == 128


def test_that_a_missing_file_gets_a_badge_and_loses_it_when_found_again(photos, session, qtbot):
    view = session.project.views[0]
    path = session.folder.path / view.source.path
    moved = path.rename(path.with_name("moved.png"))
    at(photos, view.id, Qt.ItemDataRole.DecorationRole)
    qtbot.waitUntil(lambda: bool(at(photos, view.id, Role.FACTS).trouble))
    assert at(photos, view.id, Role.FACTS).badges[0].text == "Missing"

    there = replace(view.source, path=view.source.path.replace(path.name, moved.name))
    found = (replace(view, source=there), *session.project.views[1:])
    session.commit("Find", session.project.with_views(found))

    assert at(photos, view.id, Role.FACTS).trouble == ""
    at(photos, view.id, Qt.ItemDataRole.DecorationRole)
    qtbot.waitUntil(lambda: not photos.thumbnails.busy)
    assert at(photos, view.id, Qt.ItemDataRole.DecorationRole).width() == 128


def test_that_the_filter_leaves_only_what_is_not_used(photos, session):
    only = NotUsedFilter(photos)
    assert only.rowCount() == 7
    only.set_only_not_used(True)
    assert only.rowCount() == 1
    remove_photos(session, [LEFT_OUT])
    assert only.rowCount() == 0


def test_that_closing_the_project_empties_the_list(photos, session):
    session.leave()
    assert photos.is_empty
    assert photos.counts_text == "0 photos"
