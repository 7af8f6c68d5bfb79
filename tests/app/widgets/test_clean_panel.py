"""The clean panel: what is bound to what, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt

from da3studio.app.session import Session
from da3studio.app.viewmodels.clean import Clean
from da3studio.app.viewmodels.edit_list import EditList
from da3studio.app.widgets.clean_panel import CleanPanel
from da3studio.app.widgets.edit_tile import CHECK_PX
from da3studio.edits.base import ListedEdit
from da3studio.edits.thresholds import MaxIsolation, MinViews
from tests.app.photo_desk import at_desk, make_desk

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"), until="cloud")


@pytest.fixture
def session(made, tmp_path, qtbot) -> Iterator[Session]:
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


@pytest.fixture
def panel(session, qtbot) -> CleanPanel:
    panel = CleanPanel(EditList(session), Clean(session), session.view)
    qtbot.addWidget(panel)
    panel.resize(320, 700)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()  # shortcuts are those of the active window
    return panel


@pytest.fixture
def filled(panel, session, qtbot) -> CleanPanel:
    edits = [ListedEdit("a", MinViews(4)), ListedEdit("b", MaxIsolation(3.0))]
    session.commit("x", session.project.with_edits(edits))
    qtbot.waitUntil(lambda: not session.background.busy)
    return panel


def row_middle(panel: CleanPanel, row: int, x: int) -> QPoint:
    rect = panel.list.visualRect(panel.list.model().index(row, 0))
    return QPoint(rect.x() + x, rect.center().y())


def kinds(session: Session) -> list[str]:
    return [listed.edit.kind for listed in session.project.edits]


def test_that_an_empty_list_says_what_it_is_for(panel, session):
    assert panel.empty.isVisible()
    assert not panel.list.isVisible()
    assert panel.summary.text() == f"All {len(session.scene.cloud):,} points are kept"


def test_that_a_click_beside_the_tick_switches_and_one_on_the_words_selects(filled, session, qtbot):
    viewport = filled.list.viewport()
    qtbot.mouseClick(viewport, LEFT, pos=row_middle(filled, 0, CHECK_PX - 4))
    assert [listed.on for listed in session.project.edits] == [False, True]
    qtbot.mouseClick(viewport, LEFT, pos=row_middle(filled, 1, CHECK_PX + 30))
    assert [listed.on for listed in session.project.edits] == [False, True]
    assert filled.list.currentIndex().row() == 1


def test_that_the_list_works_by_keyboard(filled, session, qtbot):
    filled.list.setFocus()
    filled.list.setCurrentIndex(filled.list.model().index(0, 0))
    qtbot.keyClick(filled.list, Qt.Key.Key_Space)
    assert not session.project.edits[0].on
    qtbot.keyClick(filled.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert kinds(session) == ["max_isolation", "min_views"]
    assert filled.list.currentIndex().row() == 1  # went along
    qtbot.keyClick(filled.list, Qt.Key.Key_Delete)
    assert kinds(session) == ["max_isolation"]


def test_that_buttons_of_the_list_are_on_where_they_do_something(filled):
    def enabled() -> list[bool]:
        buttons = (filled.adjust_button, filled.up_button, filled.down_button, filled.remove_button)
        return [button.isEnabled() for button in buttons]

    assert enabled() == [False, False, False, False]
    filled.list.setCurrentIndex(filled.list.model().index(0, 0))
    assert enabled() == [True, False, True, True]
    filled.down_button.click()
    assert enabled() == [True, True, False, True]


def test_that_a_double_click_changes_the_number_of_an_edit(filled, session, qtbot):
    where = row_middle(filled, 0, CHECK_PX + 30)
    qtbot.mouseClick(filled.list.viewport(), LEFT, pos=where)
    qtbot.mouseDClick(filled.list.viewport(), LEFT, pos=where)
    assert filled.card.isVisible()
    qtbot.waitUntil(filled.card.apply_button.isEnabled)
    filled.card.rows[0].box.setValue(3)
    assert filled.card.apply_button.text() == "Change"
    filled.card.apply_button.click()
    assert session.project.edits[0] == ListedEdit("a", MinViews(3))


def test_that_slider_number_and_bars_show_one_value(panel, session, qtbot):
    panel.find_buttons["max_isolation"].click()
    card = panel.card
    qtbot.waitUntil(card.bars.isVisible)
    row = card.rows[0]
    row.slider.setValue(500)  # half way: a quarter of the points
    cut = row.box.value()
    isolation = session.scene.cloud.isolation
    assert (isolation > cut).mean() == pytest.approx(0.25, abs=0.01)
    row.box.setValue(2.0)
    assert row.slider.value() == pytest.approx(1000 * (isolation > 2).mean() ** 0.5, abs=5)
    middle = QPoint(card.bars.width() // 2, 20)
    qtbot.mouseClick(card.bars, LEFT, pos=middle)
    assert row.box.value() == pytest.approx(card.bars.value_at(middle.x()), abs=0.01)


def test_that_enter_applies_and_escape_drops(panel, session, qtbot):
    panel.find_buttons["min_views"].click()
    qtbot.waitUntil(panel.card.apply_button.isEnabled)
    panel.card.rows[0].slider.setFocus()
    qtbot.keyClick(panel.card.rows[0].slider, Qt.Key.Key_Return)
    assert kinds(session) == ["min_views"]
    assert not panel.card.isVisible()
    panel.find_buttons["max_slant"].click()
    qtbot.waitUntil(panel.card.rows[0].slider.isVisible)
    panel.card.rows[0].slider.setFocus()
    qtbot.keyClick(panel.card.rows[0].slider, Qt.Key.Key_Escape)
    assert not panel.card.isVisible()
    assert kinds(session) == ["min_views"]


def test_that_hand_tools_follow_the_viewport_and_back(panel, session):
    panel.hand_buttons["lasso"].click()
    assert session.view.tool == "lasso"
    session.view.set_tool("crop")
    assert panel.hand_buttons["crop"].isChecked()
    assert not panel.hand_buttons["lasso"].isChecked()
    panel.hand_buttons["crop"].click()
    assert session.view.tool == ""


def test_that_nothing_can_be_cut_where_nothing_is(panel, session):
    session.leave()
    buttons = (*panel.hand_buttons.values(), *panel.find_buttons.values())
    assert not any(button.isEnabled() for button in buttons)


def test_that_every_control_has_a_name_and_room_for_a_finger(filled):
    for button in (filled.adjust_button, filled.up_button, filled.down_button):
        assert button.accessibleName()
        assert button.width() >= 28
        assert button.height() >= 28
    for button in (*filled.hand_buttons.values(), *filled.find_buttons.values()):
        assert button.height() >= 28
