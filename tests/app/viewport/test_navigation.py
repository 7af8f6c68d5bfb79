"""Input → eye, with a plane one unit in front of the pivot as the scene."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from da3studio.app.viewport.bindings import (
    BLENDER,
    CLOUDCOMPARE,
    FLY,
    PHOTOGRAMMETRY,
    PRESETS,
    preset_of,
)
from da3studio.app.viewport.eye import Eye
from da3studio.app.viewport.navigation import Navigator
from da3studio.app.viewport.tools.tool import Pointer

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
RIGHT, NO_BUTTON = Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
PLAIN, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SIZE = 800.0, 600.0


class Wall:
    """A viewport before a wall at depth 2, whose eye goes where it is told."""

    def __init__(self) -> None:
        self.eye, self.size, self.looks_through = Eye(distance=3), SIZE, False
        self.stirred = self.framed = 0

    def set_eye(self, eye: Eye, animate: bool = False) -> None:
        self.eye = eye

    def point_under(self, x: float, y: float) -> np.ndarray | None:
        return self.eye.screen(*SIZE).at_depth(x, y, 2.0)

    def stir(self) -> None:
        self.stirred += 1

    def see_from(self, side) -> None:
        self.eye = self.eye.seen_from(side)

    def toggle_ortho(self) -> None:
        self.eye = replace(self.eye, ortho=not self.eye.ortho)

    def frame_all(self) -> None:
        self.framed += 1


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def navigator(wall, qapp) -> Navigator:
    return Navigator(wall)


def drag(navigator: Navigator, button, modifiers=PLAIN, start=(300.0, 200.0), end=(350.0, 230.0)):
    navigator.press(Pointer(*start, button, button, modifiers))
    navigator.move(Pointer(*end, NO_BUTTON, button, modifiers))
    navigator.release(Pointer(*end, button, NO_BUTTON, modifiers))


def what_happened(before: Eye, after: Eye) -> str:
    """The kind of a movement, told by what it keeps."""
    if after == before:
        return "nothing"
    if (after.azimuth, after.elevation) == (before.azimuth, before.elevation):
        return "pan" if after.distance == before.distance else "zoom"
    return "look" if np.allclose(after.position, before.position) else "orbit"


@pytest.mark.parametrize(
    ("preset", "button", "modifiers", "happens"),
    [
        (PHOTOGRAMMETRY, LEFT, PLAIN, "orbit"),
        (PHOTOGRAMMETRY, LEFT, SHIFT, "pan"),
        (PHOTOGRAMMETRY, LEFT, CTRL, "orbit"),
        (PHOTOGRAMMETRY, MIDDLE, PLAIN, "pan"),
        (PHOTOGRAMMETRY, RIGHT, PLAIN, "pan"),
        (BLENDER, LEFT, PLAIN, "nothing"),
        (BLENDER, LEFT, ALT, "orbit"),
        (BLENDER, MIDDLE, PLAIN, "orbit"),
        (BLENDER, MIDDLE, SHIFT, "pan"),
        (BLENDER, MIDDLE, CTRL, "zoom"),
        (CLOUDCOMPARE, LEFT, PLAIN, "orbit"),
        (CLOUDCOMPARE, LEFT, CTRL, "pan"),
        (CLOUDCOMPARE, RIGHT, PLAIN, "pan"),
        (FLY, LEFT, PLAIN, "look"),
        (FLY, RIGHT, PLAIN, "look"),
        (FLY, MIDDLE, PLAIN, "pan"),
    ],
)
def test_that_presets_drag_as_their_programs_do(
    wall, navigator, preset, button, modifiers, happens
):
    before, navigator.preset = wall.eye, preset
    drag(navigator, button, modifiers)
    assert what_happened(before, wall.eye) == happens


def test_that_presets_are_found_by_id_and_the_first_is_the_default():
    assert [preset_of(preset.id) for preset in PRESETS] == list(PRESETS)
    assert preset_of("no such preset") is PHOTOGRAMMETRY


def test_that_the_other_buttons_do_not_disturb_a_drag(wall, navigator):
    navigator.press(Pointer(300, 200, LEFT, LEFT, PLAIN))
    navigator.move(Pointer(320, 200, NO_BUTTON, LEFT, PLAIN))
    navigator.press(Pointer(320, 200, RIGHT, LEFT | RIGHT, PLAIN))
    navigator.release(Pointer(320, 200, RIGHT, LEFT, PLAIN))
    before = wall.eye
    navigator.move(Pointer(340, 200, NO_BUTTON, LEFT, PLAIN))
    assert what_happened(before, wall.eye) == "orbit"
    assert navigator.is_dragging
    navigator.release(Pointer(340, 200, LEFT, NO_BUTTON, PLAIN))
    assert not navigator.is_dragging


def test_that_two_fingers_move_and_pinch(wall, navigator):
    before = wall.eye
    navigator.slide(20, 10)
    assert what_happened(before, wall.eye) == "pan"
    held = wall.point_under(100, 100)
    navigator.pinch(100, 100, 1.2)
    assert wall.eye.distance == pytest.approx(3 / 1.2)
    seen = wall.eye.screen(*SIZE).project(held)
    assert seen[:2] == pytest.approx((100, 100))


def test_that_a_fine_wheel_counts_whole_notches(navigator, qtbot):
    told = []
    navigator.point_size_turned.connect(told.append)
    for _ in range(8):
        navigator.wheel(0, 0, 0.25, CTRL)
    assert told == [1, 1]


def test_that_keys_fly_while_the_right_button_is_held(wall, navigator, qtbot):
    assert not navigator.key_press(Qt.Key.Key_W, PLAIN, False)
    before = wall.eye
    navigator.press(Pointer(300, 200, RIGHT, RIGHT, PLAIN))
    assert navigator.key_press(Qt.Key.Key_W, PLAIN, False)
    qtbot.waitUntil(lambda: wall.eye.pivot[2] > before.pivot[2] + 0.02)
    navigator.move(Pointer(330, 200, NO_BUTTON, RIGHT, PLAIN))
    assert wall.eye.azimuth > before.azimuth  # the pointer turns the head meanwhile
    navigator.release(Pointer(330, 200, RIGHT, NO_BUTTON, PLAIN))
    stopped = wall.eye
    qtbot.wait(50)
    assert wall.eye == stopped


def test_that_keys_always_fly_in_the_fly_preset(wall, navigator, qtbot):
    navigator.preset = FLY
    before = wall.eye
    assert navigator.key_press(Qt.Key.Key_E, PLAIN, False)
    qtbot.waitUntil(lambda: wall.eye.pivot[1] < before.pivot[1] - 0.02)  # y points down
    assert navigator.key_release(Qt.Key.Key_E, False)
    stopped = wall.eye
    qtbot.wait(50)
    assert wall.eye == stopped


def test_that_leaving_the_window_ends_everything(wall, navigator):
    navigator.press(Pointer(300, 200, RIGHT, RIGHT, PLAIN))
    navigator.key_press(Qt.Key.Key_W, PLAIN, False)
    navigator.stop()
    assert not navigator.is_dragging
    assert not navigator.key_press(Qt.Key.Key_W, PLAIN, False)


def test_that_what_needs_photos_is_asked_for(wall, navigator, qtbot):
    asked = []
    navigator.asked.connect(asked.append)
    for key in (Qt.Key.Key_F, Qt.Key.Key_0, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
        assert navigator.key_press(key, PLAIN, False)
    assert asked == ["frame_selected", "look_through", "next_view", "previous_view"]


def test_that_arrows_turn_the_view_and_step_through_photos(wall, navigator):
    asked = []
    navigator.asked.connect(asked.append)
    before = wall.eye
    assert navigator.key_press(Qt.Key.Key_Left, PLAIN, False)
    assert wall.eye.azimuth > before.azimuth  # the eye goes to the left and looks to the right
    assert navigator.key_press(Qt.Key.Key_Up, PLAIN, False)
    assert wall.eye.elevation > before.elevation
    wall.looks_through = True
    assert navigator.key_press(Qt.Key.Key_Right, PLAIN, False)
    assert asked == ["next_view"]


def test_that_unknown_keys_and_menu_shortcuts_are_left_alone(wall, navigator):
    for key, modifiers in ((Qt.Key.Key_Z, CTRL), (Qt.Key.Key_F, CTRL), (Qt.Key.Key_J, PLAIN)):
        assert not navigator.key_press(key, modifiers, False)


def test_that_with_alt_no_number_is_a_side(wall, navigator):
    before = wall.eye
    assert not navigator.key_press(Qt.Key.Key_1, ALT, False)
    assert wall.eye == before
    assert navigator.key_press(Qt.Key.Key_1, CTRL, False)
    assert wall.eye == before.seen_from("back")
