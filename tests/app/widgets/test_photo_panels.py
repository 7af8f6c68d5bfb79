"""Photo list, depth panel, mask editor and notes, as a person uses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QLabel, QWidget

from da3studio.app.viewmodels.capture_list import CaptureList, Role
from da3studio.app.viewmodels.depth_view import DepthView
from da3studio.app.viewmodels.mask_painting import MaskPainting
from da3studio.app.viewmodels.photo_check import PhotoCheck
from da3studio.app.widgets.capture_panel import CapturePanel
from da3studio.app.widgets.depth_panel import DepthPanel
from da3studio.app.widgets.mask_editor import MaskEditor
from da3studio.app.widgets.photo_notes import PhotoNotes
from tests.app.photo_desk import LEFT_OUT, at_desk, make_desk


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def session(made, tmp_path, qtbot):
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


@pytest.fixture
def panel(session, qtbot):
    photos = CaptureList(session, PhotoCheck(session))
    panel = shown(CapturePanel(session, photos), qtbot, 330, 600)
    qtbot.waitUntil(lambda: not session.background.busy)
    yield panel
    photos.close()


def shown(widget, qtbot, width: int, height: int):
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def index_of(panel, row: int):
    return panel.list.model().index(row, 0)


def select(panel, *rows: int) -> None:
    model = panel.list.selectionModel()
    model.clear()
    for row in rows:
        model.select(index_of(panel, row), QItemSelectionModel.SelectionFlag.Select)
    model.setCurrentIndex(index_of(panel, rows[-1]), QItemSelectionModel.SelectionFlag.NoUpdate)


def unnamed(widget: QWidget) -> list[str]:
    """Buttons that say nothing to those who do not see them."""
    return [
        type(one).__name__
        for one in widget.findChildren(QAbstractButton)
        if one.isVisible() and not (one.text() or one.accessibleName())
    ]


def test_that_the_selection_goes_both_ways(panel, session):
    ids = [view.id for view in session.project.views]
    select(panel, 1, 3)
    assert set(session.view.selected) == {ids[1], ids[3]}

    session.view.select([ids[4]])
    chosen = panel.list.selectionModel().selectedIndexes()
    assert [index.data(Role.VIEW_ID) for index in chosen] == [ids[4]]


def test_that_enter_looks_through_the_camera(panel, session, qtbot):
    select(panel, 2)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert session.view.through == session.project.views[2].id


def test_that_delete_removes_what_is_selected_as_one_step(panel, session, qtbot):
    panel.list.setFocus()
    select(panel, 0, 2)
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert len(session.project.views) == 5
    session.undo()
    assert len(session.project.views) == 7


def test_that_only_the_photo_not_used_stays_when_asked(panel, qtbot):
    assert panel.only_not_used.isVisible()
    assert panel.counts.text() == "7 photos, 6 used"
    panel.only_not_used.click()
    assert panel.list.model().rowCount() == 1
    assert index_of(panel, 0).data(Role.VIEW_ID) == LEFT_OUT


def test_that_the_menu_hides_and_shows_again(panel, session, qtbot):
    view_id = session.project.views[0].id

    def press(text: str) -> None:
        menu = panel.menu_for([view_id])
        next(action for action in menu.actions() if action.text() == text).trigger()
        menu.deleteLater()

    press("Hide in the model")
    assert session.project.edits[0].edit.view_id == view_id
    press("Show in the model again")
    assert session.project.edits == ()
    with qtbot.waitSignal(panel.depth_wanted) as depth:
        press("Show depth")
    with qtbot.waitSignal(panel.mask_wanted) as mask:
        press("Paint mask…")
    assert depth.args == mask.args == [view_id]


def test_that_the_modes_are_one_choice(panel, qtbot):
    texts = {button.text(): button for button in panel.modes.buttons()}
    texts["Depth"].click()
    assert [name for name, button in texts.items() if button.isChecked()] == ["Depth"]


@pytest.mark.parametrize("grid", [True, False])
def test_that_every_photo_is_drawn(panel, qtbot, grid):
    panel.set_grid(grid)
    panel.set_tile_px(90)
    thumbnails = panel.photos.thumbnails
    panel.grab()
    qtbot.waitUntil(lambda: not thumbnails.busy)
    assert not panel.grab().isNull()
    rects = [panel.list.visualRect(index_of(panel, row)) for row in range(7)]
    assert all(rect.width() >= 80 for rect in rects)
    assert len({(rect.x(), rect.y()) for rect in rects}) == 7


def test_that_tiles_fill_the_width_and_stay_within_it(panel, qtbot):
    for width in (220, 330, 500, 800):
        panel.resize(width, 600)
        qtbot.wait(1)
        panel.list.doItemsLayout()
        right = max(panel.list.visualRect(index_of(panel, row)).right() for row in range(7))
        room = panel.list.viewport().width()
        assert right <= room
        assert right > 0.7 * room or width > 600  # seven tiles may fill one row only partly


def test_that_dragging_files_over_shows_where_to_drop_and_dropping_adds(panel, session, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(session.folder.path.parent / "photos"))])
    args = (
        QPoint(50, 50), Qt.DropAction.CopyAction, data,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(panel, QDragEnterEvent(*args))
    assert panel.drop_zone.isVisible()
    QApplication.sendEvent(panel, QDragLeaveEvent())
    assert panel.list.isVisible()
    QApplication.sendEvent(panel, QDragEnterEvent(*args))
    QApplication.sendEvent(panel, QDropEvent(QPointF(50, 50), *args[1:]))
    assert panel.list.isVisible()


def test_that_an_empty_project_asks_for_photos(panel, session, qtbot):
    session.commit("Empty", session.project.with_views(()))

    assert panel.drop_zone.isVisible()
    assert {button.text() for button in panel.drop_zone.buttons.values()} == {
        "Add photos…", "Add folder…", "Add video…",
    }  # fmt: skip


def test_that_every_button_has_a_name(panel, session, qtbot):
    depth = shown(DepthPanel(session, DepthView(session)), qtbot, 900, 500)
    masks = shown(MaskEditor(session, MaskPainting(session)), qtbot, 800, 600)
    assert unnamed(panel) + unnamed(depth) + unnamed(masks) == []


def test_that_the_depth_panel_follows_handles_and_pointer(session, qtbot):
    depth = DepthView(session)
    panel = shown(DepthPanel(session, depth), qtbot, 900, 560)
    assert "Choose a photo" in depth.photo_message
    assert not panel.export.isEnabled()
    depth.show(session.project.views[0].id)
    qtbot.waitUntil(lambda: depth.depth_picture is not None and not session.background.busy)

    assert panel.title.text() == session.project.views[0].name
    assert panel.export.isEnabled()
    before = depth.depth_picture
    panel.depths.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(panel.depths, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: not session.background.busy)
    assert depth.depth_range[0] > depth.depths.low
    assert (depth.depth_picture != before).any()
    qtbot.mouseMove(panel.map, panel.map.rect().center())
    qtbot.waitUntil(lambda: "away, confidence" in panel.value.text())


def test_that_depth_is_exported_in_the_chosen_format(session, qtbot, tmp_path, monkeypatch):
    depth = DepthView(session)
    panel = shown(DepthPanel(session, depth), qtbot, 900, 560)
    depth.show(session.project.views[0].id)
    qtbot.waitUntil(panel.export.isEnabled)
    out = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(out))
    next(one for one in panel.export.menu().actions() if "NumPy" in one.text()).trigger()

    qtbot.waitUntil(lambda: len(list(out.rglob("*.npz"))) == 6, timeout=60_000)
    qtbot.waitUntil(lambda: not session.jobs.busy, timeout=60_000)


def test_that_a_mask_is_painted_and_used(session, qtbot):
    painting = MaskPainting(session)
    editor = shown(MaskEditor(session, painting), qtbot, 800, 640)
    painting.open(session.project.views[0].id)
    qtbot.waitUntil(lambda: painting.photo is not None)
    finished = QSignalSpy(editor.finished)
    assert not editor.save.isEnabled()

    middle = editor.view.rect().center()
    qtbot.mousePress(editor.view, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(editor.view, middle + QPoint(60, 0))
    qtbot.mouseRelease(editor.view, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 0))
    assert painting.mask[48, 64] == 1
    editor.save.click()
    qtbot.waitUntil(lambda: len(session.project.edits) == 1)
    assert finished.count() == 1


def test_that_the_editors_keys_come_before_those_of_the_window(session, qtbot):
    painting = MaskPainting(session)
    editor = shown(MaskEditor(session, painting), qtbot, 800, 640)
    painting.open(session.project.views[0].id)
    qtbot.waitUntil(lambda: painting.photo is not None)
    session.commit("Rename", session.project.with_name("Other"))
    painting.invert()

    editor.view.setFocus()
    qtbot.keyClick(editor.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not painting.mask.any()
    assert session.project.name == "Other"
    size = painting.brush_px
    qtbot.keyClick(editor.view, Qt.Key.Key_BracketRight)
    assert painting.brush_px > size
    qtbot.keyClick(editor.view, Qt.Key.Key_X)
    assert editor.eraser.isChecked()


def test_that_an_outline_is_drawn_and_filled(session, qtbot):
    painting = MaskPainting(session)
    editor = shown(MaskEditor(session, painting), qtbot, 800, 640)
    painting.open(session.project.views[0].id)
    qtbot.waitUntil(lambda: painting.photo is not None)
    painting.set_tool("outline")

    corners = [editor.view.from_pixel(x, y).toPoint() for x, y in ((40, 30), (90, 30), (90, 70))]
    qtbot.mousePress(editor.view, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in corners[1:]:
        qtbot.mouseMove(editor.view, corner)
    qtbot.mouseRelease(editor.view, Qt.MouseButton.LeftButton, pos=corners[-1])

    assert painting.mask[40, 80] == 1
    assert painting.mask[65, 45] == 0
    assert float(painting.mask.sum()) == pytest.approx(50 * 40 / 2, rel=0.15)


def test_that_notes_offer_to_leave_out_the_blurred(session, qtbot):
    check = PhotoCheck(session)
    notes = shown(PhotoNotes(check), qtbot, 320, 600)
    qtbot.waitUntil(lambda: check.blurred != frozenset())

    assert notes.leave_out.isVisible()
    assert notes.leave_out.text() == "Leave out the blurred one"
    notes.leave_out.click()
    assert len(session.project.views) == 6
    qtbot.waitUntil(lambda: not session.background.busy)
    assert not notes.leave_out.isVisible()
    words = " ".join(label.text() for label in notes.findChildren(QLabel))
    assert "The photos look good." in words
