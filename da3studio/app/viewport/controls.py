"""What mouse and fixed keys do, in words: read off the tables that the window itself obeys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from da3studio.app.viewmodels.shortcuts import portable
from da3studio.app.viewmodels.stages import STAGE_ROWS
from da3studio.app.viewport.bindings import (
    ARROW_KEYS,
    ASK_KEYS,
    FLY_KEYS,
    FLYING_BUTTON,
    FRAME_ALL_KEY,
    LEFT_TURNS_KEY,
    ORTHO_KEY,
    SIDE_KEYS,
    WHEEL_SIZES,
    ZOOM_KEYS,
    Ask,
    Drag,
    Preset,
    Size,
)
from da3studio.app.viewport.gizmo import ENDS
from da3studio.base.i18n import tr, tr_later

_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier

_BUTTONS: Mapping[Qt.MouseButton, str] = {
    Qt.MouseButton.LeftButton: tr_later("left button"),
    Qt.MouseButton.MiddleButton: tr_later("middle button"),
    Qt.MouseButton.RightButton: tr_later("right button"),
}
_HELD: Mapping[Qt.KeyboardModifier, str] = {
    _NONE: "{what}",
    _SHIFT: tr_later("Shift and {what}"),
    _CTRL: tr_later("Ctrl and {what}"),
    _ALT: tr_later("Alt and {what}"),
    _ALT | _SHIFT: tr_later("Alt, Shift and {what}"),
    _ALT | _CTRL: tr_later("Alt, Ctrl and {what}"),
}
_DRAGS: Mapping[Drag, str] = {
    "orbit": tr_later("Turn around what is under the pointer"),
    "pan": tr_later("Move the view"),
    "zoom": tr_later("Zoom"),
    "look": tr_later("Look around"),
}
_WHEELS = {
    "zoom": tr_later("Zoom to the pointer"),
    "fly": tr_later("Go ahead or back"),
}
_SIZES: Mapping[Size, str] = {
    "points": tr_later("Size of the points"),
    "cameras": tr_later("Size of the cameras"),
}
_ASKS: Mapping[Ask, str] = {
    "frame_selected": tr_later("Show what is selected"),
    "look_through": tr_later("Look through the selected photo, or the nearest one"),
    "next_view": tr_later("Next photo"),
    "previous_view": tr_later("Previous photo"),
}
_WAYS: Mapping[tuple[int, int, int], str] = {  # right, up, ahead
    (0, 0, 1): tr_later("ahead"),
    (0, 0, -1): tr_later("back"),
    (-1, 0, 0): tr_later("left"),
    (1, 0, 0): tr_later("right"),
    (0, 1, 0): tr_later("up"),
    (0, -1, 0): tr_later("down"),
}


@dataclass(frozen=True)
class ControlRow:
    """What a hand does, and what comes of it; translated."""

    how: str
    what: str
    keys: tuple[str, ...] = ()  # of fixed keys: as portable text


def mouse_rows(preset: Preset) -> tuple[ControlRow, ...]:
    """All that mouse and touchpad do in the 3D view with these habits."""
    drags = [
        ControlRow(_held(held, tr(_BUTTONS[button])), tr(_DRAGS[drag]))
        for (button, held), drag in preset.drags.items()
    ]
    sizes = [
        ControlRow(_held(held, tr("wheel")), tr(_SIZES[size])) for held, size in WHEEL_SIZES.items()
    ]
    turning = tr("{key} held and {button}").format(
        key=_key(LEFT_TURNS_KEY), button=tr(_BUTTONS[Qt.MouseButton.LeftButton])
    )
    return (
        *drags,
        ControlRow(tr("Wheel"), tr(_WHEELS[preset.wheel])),
        *sizes,
        ControlRow(
            tr("Double click"),
            tr("From now on turn around this point, and list the photos that see it"),
        ),
        ControlRow(tr("Click on a camera"), tr("Select its photo, with Shift or Ctrl one more")),
        ControlRow(turning, tr("Turn the view, also while a tool is in hand")),
        _flying(preset),
        ControlRow(tr("Shift while flying"), tr("Fly faster")),
        ControlRow(tr("Two fingers on a touchpad"), tr("Move the view; under X11 zoom")),
        ControlRow(tr("Two fingers apart or together"), tr("Zoom")),
        ControlRow(tr("Two fingers turned"), tr("Turn the view")),
    )


def key_rows() -> tuple[ControlRow, ...]:
    """The fixed keys of the 3D view."""
    sides = {end.side: tr(end.help) for end in ENDS}
    rows: list[ControlRow] = []
    for at, held in enumerate((_NONE, _CTRL)):
        rows += [_row(sides[pair[at]], key, held=held) for key, pair in SIDE_KEYS.items()]
    rows += [_row(tr(_ASKS[ask]), key) for key, ask in ASK_KEYS.items()]
    across = [key for key, (right, _) in ARROW_KEYS.items() if right]
    return (
        *rows,
        _row(tr("Parallel or perspective"), ORTHO_KEY),
        _row(tr("Show everything"), FRAME_ALL_KEY),
        _row(tr("Turn the view"), *ARROW_KEYS),
        _row(tr("Move the view"), *ARROW_KEYS, held=_SHIFT),
        _row(tr("While looking through a photo: the one before, the next one"), *across),
        _row(tr("Zoom in"), *(key for key, steps in ZOOM_KEYS.items() if steps > 0)),
        _row(tr("Zoom out"), *(key for key, steps in ZOOM_KEYS.items() if steps < 0)),
    )


def stage_rows() -> tuple[ControlRow, ...]:
    """The keys of the stages."""
    return tuple(
        ControlRow(_native(QKeySequence(one.keys)), tr(one.label), (portable(one.keys),))
        for one in STAGE_ROWS
    )


def taken_keys() -> dict[str, str]:
    """Keys that no command should have, as portable text → what they do.

    `Home` is not among them: the command of that name does the same.
    """
    rows = (*stage_rows(), *key_rows())
    taken = {keys: row.what for row in reversed(rows) for keys in row.keys}
    taken.pop(portable(QKeySequence(FRAME_ALL_KEY).toString()), None)
    return taken


def _flying(preset: Preset) -> ControlRow:
    keys = ", ".join(_key(key) for key in FLY_KEYS)
    ways = ", ".join(tr(_WAYS[way]) for way in FLY_KEYS.values())
    if not preset.always_flies:
        keys = tr("{button} held and {keys}").format(button=tr(_BUTTONS[FLYING_BUTTON]), keys=keys)
    return ControlRow(_sentence(keys), tr("Fly {ways}").format(ways=ways))


def _row(what: str, *keys: Qt.Key, held: Qt.KeyboardModifier = _NONE) -> ControlRow:
    pressed = [QKeySequence(QKeyCombination(held, key)) for key in keys]
    texts = [one.toString(QKeySequence.SequenceFormat.PortableText) for one in pressed]
    return ControlRow(_joined(map(_native, pressed)), what, tuple(texts))


def _held(held: Qt.KeyboardModifier, what: str) -> str:
    return _sentence(tr(_HELD[held]).format(what=what))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)


def _key(key: Qt.Key) -> str:
    return _native(QKeySequence(key))


def _native(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.NativeText)
