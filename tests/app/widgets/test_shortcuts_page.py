"""The page behind F1, and the keys of the stages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from da3studio.app.commands import COMMANDS
from da3studio.app.session import Session
from da3studio.app.viewmodels.stages import STAGE_ROWS
from da3studio.app.widgets.shortcuts_page import ShortcutsDialog
from da3studio.app.widgets.stage_rail import StageRail
from da3studio.base.settings import Settings

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def session(qapp):
    one = Session(Settings())
    yield one
    one.close()


@pytest.fixture
def dialog(session, qtbot):
    one = ShortcutsDialog(session, COMMANDS)
    qtbot.addWidget(one)
    with qtbot.waitExposed(one):
        one.show()
    return one


def words_of(dialog):
    return [label.text() for label in dialog.controls.findChildren(QLabel) if label.isVisible()]


def test_that_the_words_about_the_mouse_follow_the_setting_while_the_page_is_open(
    dialog, session, qtbot
):
    dialog.pages.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "Ctrl and middle button" not in words_of(dialog))
    assert any(words.startswith("Photogrammetry:") for words in words_of(dialog))
    session.set_settings(replace(session.settings, navigation="blender"))
    qtbot.waitUntil(lambda: "Ctrl and middle button" in words_of(dialog))

    assert any(words.startswith("Blender:") for words in words_of(dialog))
    assert "Left button" not in words_of(dialog)


def test_that_stages_and_viewport_keys_are_on_the_page(dialog, qtbot):
    dialog.pages.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "Alt+1" in words_of(dialog))

    assert {"Alt+5", "Ctrl+7", "Home", "PgUp"} <= set(words_of(dialog))


def test_that_keys_of_a_stage_chosen_for_a_command_are_told(dialog, session):
    dialog.shortcuts.set("mesh", "Alt+4")
    row = next(row for row in dialog.shortcuts.rows if row.id == "mesh")

    assert row.clashes == ("Mesh",)


def test_that_alt_and_a_number_show_a_stage_and_ctrl_is_left_to_the_viewport(qtbot):
    rail = StageRail()
    qtbot.addWidget(rail)
    with qtbot.waitExposed(rail):
        rail.show()
    rail.activateWindow()
    qtbot.waitUntil(rail.isActiveWindow)
    chosen = []
    rail.chosen.connect(chosen.append)
    keys = [getattr(Qt.Key, f"Key_{n}") for n in range(1, 6)]
    for key in keys:
        qtbot.keyClick(rail, key, CTRL)
    assert chosen == []
    for key in keys:
        qtbot.keyClick(rail, key, ALT)

    qtbot.waitUntil(lambda: chosen == [one.id for one in STAGE_ROWS])
