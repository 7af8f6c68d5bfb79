"""The words about mouse and keys say what navigation does."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from da3studio.app.commands import COMMANDS
from da3studio.app.viewport.bindings import (
    ARROW_KEYS,
    ASK_KEYS,
    BLENDER,
    FLY,
    FRAME_ALL_KEY,
    ORTHO_KEY,
    PHOTOGRAMMETRY,
    PRESETS,
    SIDE_KEYS,
    ZOOM_KEYS,
)
from da3studio.app.viewport.controls import key_rows, mouse_rows, stage_rows, taken_keys

BUTTONS = {
    "left button": Qt.MouseButton.LeftButton,
    "middle button": Qt.MouseButton.MiddleButton,
    "right button": Qt.MouseButton.RightButton,
}
HELD = {
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
}
DRAGS = {
    "Turn around what is under the pointer": "orbit",
    "Move the view": "pan",
    "Zoom": "zoom",
    "Look around": "look",
}


def said(preset):
    """(button, keys held) → what a drag does, read from the words."""
    found = {}
    for row in mouse_rows(preset):
        words = row.how.lower()
        button = next((button for name, button in BUTTONS.items() if words.endswith(name)), None)
        if button is None or "held and" in words:
            continue
        keys = frozenset(name for name in HELD if name in row.how.split(" and ")[0].split(", "))
        assert (button, keys) not in found
        found[button, keys] = DRAGS[row.what]
    return found


@pytest.mark.parametrize("preset", PRESETS, ids=lambda one: one.id)
def test_that_every_drag_is_named_and_does_what_is_said(preset):
    words = said(preset)
    combinations = [
        frozenset(keys) for n in range(len(HELD) + 1) for keys in itertools.combinations(HELD, n)
    ]
    for button, keys in itertools.product(BUTTONS.values(), combinations):
        held = Qt.KeyboardModifier.NoModifier
        for name in keys:
            held |= HELD[name]
        # "With other keys held a button does what it does without them."
        expected = words.get((button, keys), words.get((button, frozenset())))
        assert preset.drag(button, held) == expected, (button, keys)


def test_that_wheel_and_flying_are_told_as_the_preset_has_them():
    rows = {row.how: row.what for row in mouse_rows(PHOTOGRAMMETRY)}
    assert rows["Wheel"] == "Zoom to the pointer"
    assert rows["Ctrl and wheel"] == "Size of the points"
    assert rows["Alt and wheel"] == "Size of the cameras"
    flying = "Right button held and W, S, A, D, E, Q"
    assert rows[flying] == "Fly ahead, back, left, right, up, down"

    rows = {row.how: row.what for row in mouse_rows(FLY)}
    assert rows["Wheel"] == "Go ahead or back"
    assert "W, S, A, D, E, Q" in rows


def test_that_every_key_of_the_viewport_is_told():
    told = {keys for row in key_rows() for keys in row.keys}
    fixed = {*SIDE_KEYS, *ASK_KEYS, *ARROW_KEYS, *ZOOM_KEYS, ORTHO_KEY, FRAME_ALL_KEY}

    assert {QKeySequence(key).toString() for key in fixed} <= told
    assert {"Ctrl+1", "Ctrl+3", "Ctrl+7"} <= told
    words = {row.how: row.what for row in key_rows()}
    assert words["7"] == "Look from the top"
    assert words["Ctrl+7"] == "Look from below"
    assert words["PgDown"] == "Next photo"


def test_that_no_key_of_stages_viewport_and_commands_is_taken_twice():
    stages = [keys for row in stage_rows() for keys in row.keys]
    assert stages == ["Alt+1", "Alt+2", "Alt+3", "Alt+4", "Alt+5"]
    taken = taken_keys()
    assert taken["Alt+3"] == "Clean"
    assert taken["Ctrl+1"] == "Look from behind"
    assert {QKeySequence(one.shortcut).toString() for one in COMMANDS}.isdisjoint(taken)


def test_that_what_a_preset_leaves_out_is_not_told():
    assert (Qt.MouseButton.LeftButton, frozenset()) not in said(BLENDER)
