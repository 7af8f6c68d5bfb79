from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from da3studio.app.viewport.tools.box_select import BoxSelectTool
from da3studio.app.viewport.tools.lasso import LassoTool
from da3studio.edits.selection import DeleteSelected

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def box(desk):
    return BoxSelectTool(desk.around)


def inside(desk, x0, y0, x1, y1):
    x, y, _ = desk.screen.project(desk.session.scene.cloud.xyz).T
    return (x > x0) & (x < x1) & (y > y0) & (y < y1)


def agree(mask, want, *, but=0.002):
    """All but the points within a pixel of the outline."""
    return np.mean(mask != want) <= but


def test_that_a_rectangle_marks_the_points_inside_it_and_nothing_else(desk, box):
    desk.drag(box, [(250, 200), (300, 260), (480, 420)])

    want = inside(desk, 250, 200, 480, 420)
    assert 500 < want.sum() < len(want) / 2
    assert agree(desk.session.scene.marked, want)
    assert desk.around.selection.n_selected == desk.session.scene.marked.sum()


def test_that_shift_adds_and_control_takes_away(desk, box):
    desk.drag(box, [(250, 200), (400, 420)])
    desk.drag(box, [(400, 200), (550, 420)], SHIFT)
    desk.drag(box, [(350, 250), (450, 350)], CTRL)

    want = inside(desk, 250, 200, 550, 420) & ~inside(desk, 350, 250, 450, 350)
    assert agree(desk.session.scene.marked, want)


def test_that_a_plain_rectangle_replaces_and_a_click_beside_clears(desk, box):
    desk.drag(box, [(250, 200), (400, 420)])
    desk.drag(box, [(400, 200), (550, 420)])
    assert agree(desk.session.scene.marked, inside(desk, 400, 200, 550, 420))

    desk.drag(box, [(10, 10), (11, 10)])
    assert desk.session.scene.marked is None
    assert desk.around.selection.is_empty


def test_that_taking_away_from_nothing_selects_nothing(desk, box):
    desk.drag(box, [(250, 200), (400, 420)], CTRL)

    assert desk.around.selection.is_empty


def test_that_delete_cuts_the_selection_as_one_step_to_undo(desk, box):
    desk.drag(box, [(250, 200), (480, 420)])
    want = desk.session.scene.marked.copy()
    desk.key(box, Qt.Key.Key_Delete)
    scene = desk.session.scene

    assert isinstance(desk.session.project.edits[0].edit, DeleteSelected)
    assert scene.marked is None
    assert desk.session.undo_label == "Delete selected points"
    # the stack evaluates on a thread
    desk.session.undo()
    assert desk.session.project.edits == ()
    desk.session.redo()
    assert np.array_equal(scene.stack.keep(desk.session.project.edits), ~want)


def test_that_only_what_is_still_there_is_selected(desk, box, qtbot):
    scene = desk.session.scene
    desk.drag(box, [(250, 200), (400, 420)])
    desk.key(box, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: scene.keep is not None)
    desk.drag(box, [(250, 200), (480, 420)])

    assert not (scene.marked & ~scene.keep).any()
    assert agree(scene.marked, inside(desk, 400, 200, 480, 420))


def test_that_inverting_twice_is_where_it_began(desk, box):
    desk.drag(box, [(250, 200), (480, 420)])
    before = desk.session.scene.marked.copy()
    assert desk.key(box, Qt.Key.Key_I, CTRL)
    assert np.array_equal(desk.session.scene.marked, ~before)
    desk.key(box, Qt.Key.Key_I, CTRL)

    assert np.array_equal(desk.session.scene.marked, before)
    assert len(desk.around.selection.steps) == 1


def test_that_escape_drops_the_outline_then_the_selection_then_the_tool(desk, box):
    desk.session.view.set_tool("box")
    desk.drag(box, [(250, 200), (480, 420)])
    desk.press(box, 300, 300)
    desk.key(box, Qt.Key.Key_Escape)
    assert not desk.around.selection.is_empty
    desk.key(box, Qt.Key.Key_Escape)
    assert desk.around.selection.is_empty
    assert desk.session.view.tool == "box"
    desk.key(box, Qt.Key.Key_Escape)
    assert desk.session.view.tool == ""


def test_that_a_lasso_follows_its_way_and_closes_itself(desk):
    lasso = LassoTool(desk.around)
    way = [(300, 200), (500, 210), (480, 400), (320, 380)]
    desk.drag(lasso, way)

    x, y, _ = desk.screen.project(desk.session.scene.cloud.xyz).T
    a, b = np.array(way, float), np.roll(way, -1, axis=0)
    along, toward = b - a, np.stack([x, y], axis=1)[:, None] - a
    side = along[:, 0] * toward[..., 1] - along[:, 1] * toward[..., 0]
    assert agree(desk.session.scene.marked, (side > 0).all(axis=1))


def test_that_rectangle_and_lasso_build_one_selection(desk, box):
    desk.drag(box, [(250, 200), (400, 420)])
    desk.drag(LassoTool(desk.around), [(400, 200), (550, 200), (550, 420), (400, 420)], SHIFT)

    assert agree(desk.session.scene.marked, inside(desk, 250, 200, 550, 420))


def test_that_a_selection_that_something_else_covered_cannot_be_deleted(desk, box):
    desk.drag(box, [(250, 200), (480, 420)])
    other = np.zeros(len(desk.session.scene.cloud), bool)
    desk.session.scene.mark(other)

    assert desk.around.selection.is_empty
    desk.key(box, Qt.Key.Key_Delete)
    assert desk.session.project.edits == ()


def test_that_a_large_cloud_is_tested_on_a_thread_and_the_newest_outline_wins(
    desk, box, qtbot, monkeypatch
):
    monkeypatch.setattr("da3studio.app.viewmodels.selection._AT_ONCE", 10)
    for right in (300, 350, 400, 480):
        desk.drag(box, [(250, 200), (right, 420)])
    assert desk.session.scene.marked is None
    qtbot.waitUntil(lambda: desk.session.scene.marked is not None)

    assert agree(desk.session.scene.marked, inside(desk, 250, 200, 480, 420))


def test_that_the_outline_is_seen_on_light_and_on_dark(desk, box):
    box.press(desk.at(250, 200, Qt.MouseButton.LeftButton))
    box.move(desk.at(480, 420))
    image = desk.painted(box)

    row = [image.pixelColor(x, 200).lightness() for x in range(250, 480)]
    assert max(row) > 220  # dashes
    assert min(row) < 60  # between them
