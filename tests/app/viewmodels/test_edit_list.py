"""The cleaning list: keyed changes, one step to undo each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from da3studio.app.session import Session
from da3studio.app.viewmodels.edit_list import EditList, EditRole, count_text, points_text
from da3studio.edits.base import ListedEdit
from da3studio.edits.shapes import CropBox
from da3studio.edits.thresholds import MaxIsolation, MinConfidence, MinViews
from da3studio.edits.views import HideView
from da3studio.scene.view import ViewId
from tests.app.photo_desk import at_desk, make_desk

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
A, B, C = (
    ListedEdit("a", MinViews(4)),
    ListedEdit("b", MinConfidence(0.1)),
    ListedEdit("c", MaxIsolation(2.0)),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"), until="cloud")


@pytest.fixture
def session(made, tmp_path, qtbot) -> Iterator[Session]:
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


@pytest.fixture
def edits(session, qtbot) -> Iterator[EditList]:
    edits = EditList(session)
    tester = QAbstractItemModelTester(
        edits, QAbstractItemModelTester.FailureReportingMode.Warning
    )  # a warning fails the test
    session.commit("Start", session.project.with_edits((A, B, C)))
    yield edits
    tester.deleteLater()


def ids(edits: EditList) -> str:
    return "".join(edits.data(edits.index(i), EditRole.ID) for i in range(edits.rowCount()))


def settled(session: Session, qtbot) -> None:
    qtbot.waitUntil(lambda: session.scene.keep is not None and not session.background.busy)


def test_that_switching_moving_and_removing_are_one_step_each(edits, session):
    index = edits.index(1)
    assert edits.setData(index, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert session.project.edits[1] == ListedEdit("b", MinConfidence(0.1), on=False)
    assert session.undo_label == "Switch off “Uncertain points”"
    assert edits.move(0, 2)
    assert ids(edits) == "bca"
    edits.remove(1)
    assert ids(edits) == "ba"

    session.undo()
    assert ids(edits) == "bca"
    session.undo()
    assert ids(edits) == "abc"
    session.undo()
    assert session.project.edits == (A, B, C)
    session.redo()
    assert edits.data(edits.index(1), Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked


@pytest.mark.parametrize(("row", "before", "order"), [(0, 3, "bca"), (2, 0, "cab"), (1, 0, "bac")])
def test_that_dragging_moves_a_row_and_keeps_what_points_to_it(edits, row, before, order):
    held = QPersistentModelIndex(edits.index(row))
    edit_id = held.data(EditRole.ID)
    resets = QSignalSpy(edits.modelReset)
    removals = QSignalSpy(edits.rowsRemoved)
    assert edits.moveRows(QModelIndex(), row, 1, QModelIndex(), before)
    assert ids(edits) == order
    assert held.data(EditRole.ID) == edit_id
    assert resets.count() == removals.count() == 0


def test_that_moving_beyond_the_ends_changes_nothing(edits, session):
    label = session.undo_label
    assert not edits.move(0, -1)
    assert not edits.move(2, 3)
    assert not edits.moveRows(QModelIndex(), 1, 1, QModelIndex(), 1)
    assert session.undo_label == label


def test_that_a_change_from_elsewhere_touches_only_its_rows(edits, session):
    held = QPersistentModelIndex(edits.index(2))
    inserted, changed = QSignalSpy(edits.rowsInserted), QSignalSpy(edits.dataChanged)
    new = ListedEdit("n", HideView(session.project.views[0].id))
    session.commit("x", session.project.with_edits((new, A, C)))
    assert ids(edits) == "nac"
    assert inserted.count() == 1
    assert held.row() == 2
    before = changed.count()
    session.commit("x", session.project.with_edits((new, ListedEdit("a", MinViews(5)), C)))
    assert edits.data(edits.index(1), EditRole.DETAIL) == "by fewer than 5 photos"
    assert changed.count() > before


def test_that_rows_say_how_many_points_they_remove(edits, session, qtbot):
    settled(session, qtbot)
    removed = (session.scene.cloud.n_views < 4).sum()
    assert removed > 0
    assert edits.data(edits.index(0), EditRole.COUNT) == f"{removed:,} points"
    assert edits.data(edits.index(1), EditRole.COUNT) == "0 points"
    total, left = len(session.scene.cloud), session.scene.keep.sum()
    assert edits.summary == f"{left:,} of {total:,} points are kept"
    session.commit("x", session.project.with_edits(()))
    assert edits.summary == f"All {total:,} points are kept"


def test_that_rows_name_the_photo_and_the_size_of_the_box(edits, session):
    view = session.project.views[2]
    box = CropBox((0.0, 0.0, 0.0), (0.5, 1.0, 0.25), AXES)
    session.commit(
        "x",
        session.project.with_edits(
            (
                ListedEdit("h", HideView(view.id)),
                ListedEdit("g", HideView(ViewId("gone"))),
                ListedEdit("b", box),
            )
        ),
    )
    details = [edits.data(edits.index(i), EditRole.DETAIL) for i in range(3)]
    assert details[:2] == [view.name, "a photo that was removed"]
    assert details[2].startswith("1.000 × 2.000 × 0.500")
    assert edits.data(edits.index(0), Qt.ItemDataRole.AccessibleTextRole).startswith(
        f"Hidden photo, {view.name}"
    )


def test_that_numbers_of_points_are_short():
    assert count_text(12) == "12"
    assert count_text(12_340) == "12,340"
    assert points_text(1) == "1 point"
    assert points_text(725_724) == "725,724 points"
    assert points_text(1_234_567) == "1.2 million points"
    assert count_text(10_000_000) == "10.0 million"
