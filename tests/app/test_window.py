"""The whole window: the keyboard, what is dropped, and settings that reach what they are about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QApplication

from da3studio.app.session import Session
from da3studio.app.theme import Theme
from da3studio.app.widgets.fold import Fold
from da3studio.app.widgets.main_window import MainWindow
from da3studio.base.cancel import NEVER
from da3studio.base.settings import Settings
from da3studio.pipeline.run import run
from da3studio.project.folder import ProjectFolder
from tests.pipeline.exact_engine import exact_engine


@pytest.fixture
def window(qapp, tmp_path, project, qtbot):
    settings = Settings(projects_folder=str(tmp_path / "projects"), recent=(str(project),))
    session = Session(settings, exact_engine)
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    theme = Theme(qapp, "dark")
    window = MainWindow(session, theme)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.close()
    session.close()
    window.deleteLater()
    theme.deleteLater()
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture
def opened(window, project):
    window.session.show(ProjectFolder.open(project))
    return window


def press(qtbot, window, key):
    qtbot.keyClick(window.windowHandle(), key)


def test_that_enter_opens_the_project_whose_card_has_the_keyboard(window, qtbot, project):
    qtbot.waitUntil(lambda: bool(window.welcome.cards))
    window.welcome.cards[0].setFocus()
    press(qtbot, window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.folder is not None)

    assert window.session.folder.path == project


def test_that_enter_in_a_field_presses_no_button_that_the_keyboard_moves_on_to(opened, qtbot):
    panel, pressed = opened.workspace.scale_panel, []
    opened.session.view.set_tool("scale")
    panel.field.setEnabled(True)
    panel.field.setFocus()
    log = opened.job_bar.log_button
    log.clicked.connect(lambda: pressed.append("log"))
    panel.field.returnPressed.connect(log.setFocus)
    press(qtbot, opened, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is log
    assert pressed == []

    press(qtbot, opened, Qt.Key.Key_Return)
    assert pressed == ["log"]


def test_that_letters_in_a_field_are_text_and_escape_leads_back_to_the_view(opened, qtbot):
    panel = opened.workspace.scale_panel
    opened.session.view.set_tool("scale")
    panel.field.setEnabled(True)
    panel.field.setFocus()
    for key in (Qt.Key.Key_M, Qt.Key.Key_C, Qt.Key.Key_1):
        press(qtbot, opened, key)
    assert panel.field.text() == "mc1"
    assert opened.session.view.tool == "scale"

    press(qtbot, opened, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is opened.workspace.canvas.native


def test_that_letters_in_a_list_of_choices_choose_and_take_up_no_tool(window, project, qtbot):
    with ProjectFolder.open(project) as folder:
        run(folder, "cloud", emit=lambda _: None, token=NEVER, reconstructor_for=exact_engine)
    session = window.session
    session.show(ProjectFolder.open(project))
    qtbot.waitUntil(lambda: session.scene.cloud is not None)
    window.workspace.docks["depth"].show()
    choice = window.workspace.depth_panel.shown
    qtbot.waitUntil(choice.isVisible)
    choice.setFocus()
    press(qtbot, window, Qt.Key.Key_C)
    assert choice.currentText() == "Confidence"
    assert session.view.tool == ""

    window.workspace.canvas.native.setFocus()
    press(qtbot, window, Qt.Key.Key_C)
    assert session.view.tool == "crop"


def test_that_all_controls_are_shown_at_once_where_the_person_wants_so(opened):
    session = opened.session
    folds = opened.findChildren(Fold)
    assert folds
    assert not any(fold.is_open for fold in folds)
    session.set_settings(replace(session.settings, density="full"))
    assert all(fold.is_open for fold in folds)
    folds[0].set_open(False)
    session.set_settings(replace(session.settings, units="imperial"))
    assert not folds[0].is_open  # only a new choice moves them


@pytest.mark.parametrize(("url", "taken"), [("file:///tmp/a.jpg", True), ("https://a.b/c", False)])
def test_that_only_files_of_this_computer_are_taken(window, url, taken):
    content = QMimeData()
    content.setUrls([QUrl(url)])
    enters = QDragEnterEvent(
        QPointF(9, 9).toPoint(), Qt.DropAction.CopyAction, content,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    enters.ignore()
    QApplication.sendEvent(window.welcome, enters)

    assert enters.isAccepted() is taken


def test_that_a_window_with_unsaved_changes_stays_until_the_person_gives_them_up(opened, project):
    session = opened.session
    for version in (project / "earlier").iterdir():
        version.unlink()
    (project / "earlier").rmdir()
    (project / "earlier").write_text("in the way")  # the version before goes in there
    session.commit("Rename", session.project.with_name("Fruit"))
    assert not opened.close()
    assert opened.isVisible()
    assert opened.banner.isVisible()

    opened.banner.act.click()
    assert session.folder is None
