"""The panels around a project: titles that can be hit, and room for what is in them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from da3studio.app.session import Session
from da3studio.app.theme import Theme
from da3studio.app.widgets.banner import Toast
from da3studio.app.widgets.main_window import MainWindow
from da3studio.base.settings import Settings
from tests.pipeline.exact_engine import exact_engine, exact_project, make_photos

PATIENCE_MS = 20_000
HIT_PX = 28


@pytest.fixture
def window(qtbot, tmp_path):
    project = exact_project(tmp_path / "still.da3", make_photos(tmp_path / "photos"))
    session = Session(Settings(reduced_motion=True), exact_engine)
    app = QApplication.instance()
    style, palette, font = app.styleSheet(), app.palette(), app.font()
    theme = Theme(app, "dark")
    window = MainWindow(session, theme)
    window.resize(1600, 1000)
    window.show()
    session.show(project)
    qtbot.waitUntil(lambda: window.workspace.photos.list.model().rowCount() == 6, timeout=10_000)
    qtbot.waitUntil(lambda: not session.background.busy, timeout=PATIENCE_MS)
    yield window
    window.close()
    session.close()
    window.deleteLater()
    theme.deleteLater()
    app.setStyleSheet(style)
    app.setPalette(palette)
    app.setFont(font)


@pytest.mark.parametrize("name", ["photos", "scene", "properties", "depth"])
def test_that_the_buttons_of_a_title_can_be_hit_and_do_what_they_say(window, qtbot, name):
    dock = window.workspace.docks[name]
    dock.show()
    title = dock.titleBarWidget()
    qtbot.waitUntil(lambda: title.width() > 100)
    assert title.name.text() == dock.windowTitle()
    for button in (title.float, title.close_button):
        assert min(button.width(), button.height()) >= HIT_PX
        assert button.iconSize().width() >= 20
        assert dock.windowTitle() in button.accessibleName()

    qtbot.mouseClick(title.float, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    assert title.float.toolTip() == "Put this panel back"
    qtbot.mouseClick(title.float, Qt.MouseButton.LeftButton)
    assert not dock.isFloating()
    qtbot.mouseClick(title.close_button, Qt.MouseButton.LeftButton)
    assert not dock.isVisible()


def test_that_panels_at_the_sides_keep_their_height_when_one_opens_below(window, qtbot):
    workspace = window.workspace
    sides = [workspace.docks[name] for name in ("photos", "scene", "properties")]
    before = [dock.height() for dock in sides]
    workspace.show_depth(window.session.project.views[0].id)
    least, most = 200, 0.42 * window.height()
    qtbot.waitUntil(lambda: least < workspace.docks["depth"].height() < most)
    assert [dock.height() for dock in sides] == before


def test_that_two_photos_lie_beside_each_other(window, qtbot):
    photos = window.workspace.photos.list
    qtbot.waitUntil(lambda: photos.visualRect(photos.model().index(0, 0)).width() > 50)
    first, second, third = (photos.visualRect(photos.model().index(i, 0)) for i in range(3))
    assert second.top() == first.top()
    assert second.left() >= first.right()
    assert third.top() > first.bottom()
    assert second.right() <= photos.viewport().width()


def test_that_rows_of_the_scene_get_the_height_they_need_and_no_more(window, qtbot):
    panel = window.workspace.scene_panel
    before = panel.height()
    note = panel.notes["mesh"]
    note.setText("This note is so long that it surely takes three lines or more. " * 2)
    note.show()
    lines = note.heightForWidth(note.width())
    qtbot.waitUntil(lambda: panel.height() >= before + lines)
    window.resize(1600, 1200)
    qtbot.waitUntil(lambda: window.workspace.docks["properties"].height() > 600)
    assert panel.height() <= before + lines + 20


def test_that_no_page_of_properties_is_cut_off_sideways(window, qtbot):
    workspace = window.workspace
    window.resizeDocks([workspace.docks["properties"]], [100], Qt.Orientation.Horizontal)
    for stage in ("photos", "reconstruct", "clean", "mesh", "export"):
        window.show_stage(stage)
        page = workspace._stack.currentWidget()
        qtbot.waitUntil(lambda page=page: page.isVisible())
        assert page.viewport().width() >= page.widget().minimumSizeHint().width()


def test_that_a_notice_is_one_line_while_it_fits(qtbot, screen):
    over = QLabel()
    qtbot.addWidget(over)
    over.resize(900, 400)
    over.show()
    toast = Toast(over)
    line = toast.fontMetrics().height()
    toast.say("The sample was copied to your projects.")
    assert toast.height() < 2 * line + 24
    toast.say("Some photos were left out. " * 8)
    assert toast.width() <= 460
    assert toast.height() >= 3 * line
    assert over.rect().contains(toast.geometry())
    toast._timer.stop()
