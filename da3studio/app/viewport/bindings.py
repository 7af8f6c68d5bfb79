"""What mouse, wheel and keys do in the viewport: tables, read by `navigation` and by the help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt

from da3studio.app.viewport.eye import Side

Drag = Literal["orbit", "pan", "zoom", "look"]
Size = Literal["points", "cameras"]
Ask = Literal["frame_selected", "look_through", "next_view", "previous_view"]

_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
_RIGHT = Qt.MouseButton.RightButton
_PLAIN = Qt.KeyboardModifier.NoModifier
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier

Gesture = tuple[Qt.MouseButton, Qt.KeyboardModifier]


@dataclass(frozen=True)
class Preset:
    """One program's habits. A drag with other modifiers does what the button does without."""

    id: str
    label: str  # translated where it is shown
    help: str  # translated where it is shown
    drags: Mapping[Gesture, Drag]
    wheel: Literal["zoom", "fly"] = "zoom"  # towards the pointer, or straight ahead
    always_flies: bool = False  # W A S D Q E without holding the right button

    def drag(self, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> Drag | None:
        """What dragging with this button does."""
        held = modifiers & (_SHIFT | _CTRL | _ALT)
        return self.drags.get((button, held), self.drags.get((button, _PLAIN)))


PHOTOGRAMMETRY = Preset(
    "photogrammetry",
    "Photogrammetry",
    "Left button turns, right or middle button moves, wheel zooms.",
    {
        (_LEFT, _PLAIN): "orbit",
        (_LEFT, _SHIFT): "pan",
        (_RIGHT, _PLAIN): "pan",
        (_MIDDLE, _PLAIN): "pan",
    },
)
BLENDER = Preset(
    "blender",
    "Blender",
    "Middle button turns, with Shift moves, with Ctrl zooms. Alt makes the left button the middle.",
    {
        (_MIDDLE, _PLAIN): "orbit",
        (_MIDDLE, _SHIFT): "pan",
        (_MIDDLE, _CTRL): "zoom",
        (_LEFT, _ALT): "orbit",
        (_LEFT, _ALT | _SHIFT): "pan",
        (_LEFT, _ALT | _CTRL): "zoom",
        (_RIGHT, _PLAIN): "look",
    },
)
CLOUDCOMPARE = Preset(
    "cloudcompare",
    "CloudCompare, MeshLab",
    "Left button turns, right or middle button or Ctrl with the left moves, wheel zooms.",
    {
        (_LEFT, _PLAIN): "orbit",
        (_LEFT, _CTRL): "pan",
        (_LEFT, _SHIFT): "zoom",
        (_RIGHT, _PLAIN): "pan",
        (_MIDDLE, _PLAIN): "pan",
    },
)
FLY = Preset(
    "fly",
    "Fly",
    "Left or right button looks around, W A S D moves, Q and E sink and rise, wheel goes ahead.",
    {
        (_LEFT, _PLAIN): "look",
        (_LEFT, _SHIFT): "pan",
        (_LEFT, _CTRL): "orbit",
        (_RIGHT, _PLAIN): "look",
        (_MIDDLE, _PLAIN): "pan",
    },
    wheel="fly",
    always_flies=True,
)
PRESETS: tuple[Preset, ...] = (PHOTOGRAMMETRY, BLENDER, CLOUDCOMPARE, FLY)


def preset_of(preset_id: str) -> Preset:
    """The preset of this id; the first one for an id that is none."""
    return next((preset for preset in PRESETS if preset.id == preset_id), PRESETS[0])


WHEEL_SIZES: Mapping[Qt.KeyboardModifier, Size] = {_CTRL: "points", _ALT: "cameras"}
LEFT_TURNS_KEY = Qt.Key.Key_Space  # held, whatever preset and tool
FLYING_BUTTON = _RIGHT  # held, unless the preset always flies
SIDE_KEYS: Mapping[Qt.Key, tuple[Side, Side]] = {  # alone, with Ctrl
    Qt.Key.Key_1: ("front", "back"),
    Qt.Key.Key_3: ("right", "left"),
    Qt.Key.Key_7: ("top", "bottom"),
}
ORTHO_KEY = Qt.Key.Key_5
FRAME_ALL_KEY = Qt.Key.Key_Home
ASK_KEYS: Mapping[Qt.Key, Ask] = {
    Qt.Key.Key_F: "frame_selected",
    Qt.Key.Key_0: "look_through",
    Qt.Key.Key_PageDown: "next_view",
    Qt.Key.Key_PageUp: "previous_view",
}
ARROW_KEYS: Mapping[Qt.Key, tuple[int, int]] = {  # right, down
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
ZOOM_KEYS: Mapping[Qt.Key, float] = {  # steps
    Qt.Key.Key_Plus: 1.0,
    Qt.Key.Key_Equal: 1.0,
    Qt.Key.Key_Minus: -1.0,
}
FLY_KEYS: Mapping[Qt.Key, tuple[int, int, int]] = {  # right, up, ahead
    Qt.Key.Key_W: (0, 0, 1),
    Qt.Key.Key_S: (0, 0, -1),
    Qt.Key.Key_A: (-1, 0, 0),
    Qt.Key.Key_D: (1, 0, 0),
    Qt.Key.Key_E: (0, 1, 0),
    Qt.Key.Key_Q: (0, -1, 0),
}
