"""Mouse, wheel, touchpad and keys → where the eye goes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from da3studio.app.viewport.bindings import (
    ARROW_KEYS,
    ASK_KEYS,
    FLY_KEYS,
    FLYING_BUTTON,
    FRAME_ALL_KEY,
    LEFT_TURNS_KEY,
    ORTHO_KEY,
    PHOTOGRAMMETRY,
    SIDE_KEYS,
    WHEEL_SIZES,
    ZOOM_KEYS,
    Drag,
    Preset,
)
from da3studio.app.viewport.eye import Eye, Side
from da3studio.app.viewport.tools.tool import Pointer

_TURN = 0.0055  # [rad/px] of an orbit: half a turn in 570 px
_LOOK = 0.003  # [rad/px] of a turned head
_ZOOM_STEP = 1.15  # of one notch of the wheel
_ZOOM_DRAG = 0.006  # [1/px]
_FLY_SPEED = 0.7  # distances to the pivot in a second
_FLY_FASTER = 4.0  # with Shift
_FLY_TICK_MS = 16
_ARROW_TURN = math.radians(5)
_ARROW_PAN_PX = 40


class Steered(Protocol):
    """What is navigated."""

    @property
    def eye(self) -> Eye: ...

    @property
    def size(self) -> tuple[float, float]: ...  # of the viewport [logical px]

    @property
    def looks_through(self) -> bool: ...  # a photo's camera

    def set_eye(self, eye: Eye, animate: bool = False) -> None: ...

    def point_under(self, x: float, y: float) -> NDArray[np.float64] | None: ...

    def stir(self) -> None: ...  # the view moves now

    def see_from(self, side: Side) -> None: ...

    def toggle_ortho(self) -> None: ...

    def frame_all(self) -> None: ...


class Navigator(QObject):
    """Turns input into another eye; knows one preset at a time."""

    point_size_turned = Signal(int)  # notches of the wheel, up is positive
    frustum_size_turned = Signal(int)
    asked = Signal(str)  # a `bindings.Ask`: what needs to know photos and selection
    clicked = Signal(object)  # Pointer: the left button, pressed and released in one place
    pivoted = Signal(object)  # (3,) world point that was double-clicked

    def __init__(self, steered: Steered, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.preset: Preset = PHOTOGRAMMETRY
        self.orbit_point: NDArray[np.float64] | None = None  # while an orbit is under way
        self.turns_with_left = False  # Space is held: the left button orbits in every preset
        self._steered = steered
        self._drag: Drag | None = None
        self._button = Qt.MouseButton.NoButton
        self._pressed: Pointer | None = None
        self._last = (0.0, 0.0)
        self._held: NDArray[np.float64] | None = None  # world point under the pointer at the press
        self._is_click = False
        self._wheel_rest = 0.0
        self._flying: set[Qt.Key] = set()
        self._fast = False
        self._may_fly = False
        self._flown_at = 0.0
        self._fly_timer = QTimer(self, interval=_FLY_TICK_MS)
        self._fly_timer.timeout.connect(self._fly)

    # Dragging

    @property
    def is_dragging(self) -> bool:
        return self._pressed is not None

    def press(self, at: Pointer) -> bool:
        """A button goes down; True if dragging it means something."""
        if at.button == FLYING_BUTTON:
            self._may_fly = True
        if self._pressed is not None:  # another button joins a drag: the first one stays in charge
            return True
        drag = self.preset.drag(at.button, at.modifiers)
        if at.button == Qt.MouseButton.LeftButton and self.turns_with_left:
            drag = "orbit"
        self._pressed, self._button, self._drag = at, at.button, drag
        self._last = at.xy
        self._is_click, self._held = True, None
        return True

    def move(self, at: Pointer) -> bool:
        """The pointer moves; True while something is dragged."""
        if self._pressed is None:
            return False
        if self._is_click:
            if at.near(*self._pressed.xy):
                return True
            self._begin(self._pressed)
        dx, dy = at.x - self._last[0], at.y - self._last[1]
        self._last = at.xy
        self._drag_by(dx, dy)
        return True

    def release(self, at: Pointer) -> bool:
        """A button goes up; True if that ended something."""
        if at.button == FLYING_BUTTON:
            self._may_fly = False
            if not self.preset.always_flies:
                self._stop_flying()
        if self._pressed is None or at.button != self._button:
            return False
        if self._is_click and at.button == Qt.MouseButton.LeftButton:
            self.clicked.emit(at)
        self._pressed, self.orbit_point = None, None
        self._steered.stir()
        return True

    def double(self, at: Pointer) -> bool:
        """Two clicks of the left button: what is there becomes the pivot."""
        if at.button != Qt.MouseButton.LeftButton:
            return self.press(at)
        point = self._steered.point_under(at.x, at.y)
        if point is None:
            return False
        self._steered.set_eye(self._steered.eye.turned_about(point), animate=True)
        self.pivoted.emit(point)
        return True

    def stop(self) -> None:
        """The window lost the keyboard or the pointer: nothing is held any longer."""
        self._pressed, self.orbit_point = None, None
        self._may_fly = self.turns_with_left = False
        self._stop_flying()

    def _begin(self, at: Pointer) -> None:
        """The press turned out to be a drag."""
        self._is_click = False
        # From just past the dead zone on: the scene does not jump by the pixels of the threshold.
        self._last = at.xy
        if self._drag in ("orbit", "pan", "zoom"):
            self._held = self._steered.point_under(at.x, at.y)
        if self._drag == "orbit":
            pivot = np.array(self._steered.eye.pivot)
            self.orbit_point = pivot if self._held is None else self._held

    def _drag_by(self, dx: float, dy: float) -> None:
        eye, (_, height) = self._steered.eye, self._steered.size
        # Flying with the right button held, as in games: the pointer turns the head.
        drag = "look" if self._flying and self._may_fly else self._drag
        match drag:
            case "orbit":
                eye = eye.orbit(dx * _TURN, dy * _TURN, self.orbit_point)
            case "pan":
                eye = eye.pan(dx, dy, height, self._depth(eye))
            case "zoom":
                eye = eye.zoom(math.exp(-dy * _ZOOM_DRAG), self._held)
            case "look":
                eye = eye.look(dx * _LOOK, -dy * _LOOK)
            case _:
                return
        self._go(eye)

    def _depth(self, eye: Eye) -> float | None:
        if self._held is None:
            return None
        depth = float(eye.rotation[2] @ (self._held - eye.position))
        return depth if depth > 0 else None

    # Wheel and touchpad

    def wheel(self, x: float, y: float, steps: float, modifiers: Qt.KeyboardModifier) -> None:
        """Notches of a wheel, away from the person is positive."""
        size = next((size for held, size in WHEEL_SIZES.items() if modifiers & held), None)
        if size == "points":
            self._count(steps, self.point_size_turned.emit)
        elif size == "cameras":
            self._count(steps, self.frustum_size_turned.emit)
        elif self.preset.wheel == "fly":
            eye = self._steered.eye
            self._go(eye.fly(0, 0, steps * (_ZOOM_STEP - 1) * eye.distance))
        else:
            self.pinch(x, y, _ZOOM_STEP**steps)

    def pinch(self, x: float, y: float, factor: float) -> None:
        """Zoomed about what is under the pointer."""
        eye = self._steered.eye
        self._go(eye.zoom(factor, self._towards(eye, x, y)))

    def slide(self, dx: float, dy: float) -> None:
        """Two fingers on a touchpad [px]."""
        self._go(self._steered.eye.pan(dx, dy, self._steered.size[1]))

    def twist(self, angle: float) -> None:
        """Two fingers turned on a touchpad [rad]."""
        self._go(self._steered.eye.orbit(-angle, 0))

    def _towards(self, eye: Eye, x: float, y: float) -> NDArray[np.float64]:
        point = self._steered.point_under(x, y)
        if point is None:
            point = eye.screen(*self._steered.size).at_depth(x, y, eye.distance)
        return point

    def _count(self, steps: float, tell: Callable[[int], None]) -> None:
        """Tell whole notches: fine wheels and touchpads come in parts of one."""
        self._wheel_rest += steps
        whole = int(self._wheel_rest)
        if whole:
            self._wheel_rest -= whole
            tell(whole)

    # Keys

    def wants(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether a key belongs to the viewport now, even if it is a shortcut elsewhere."""
        ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        flies = self._may_fly or self.preset.always_flies
        return key == LEFT_TURNS_KEY or (key in FLY_KEYS and flies and not ctrl)

    def key_press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier, is_repeat: bool) -> bool:
        """A key goes down; True if it means something here."""
        ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if key == LEFT_TURNS_KEY:
            self.turns_with_left = True
        elif self.wants(key, modifiers):
            if not is_repeat:
                self._start_flying(key)
            self._fast = shift
        elif key in SIDE_KEYS and not alt:
            self._steered.see_from(SIDE_KEYS[key][ctrl])
        elif ctrl or alt:
            return False
        elif key == ORTHO_KEY:
            self._steered.toggle_ortho()
        elif key == FRAME_ALL_KEY:
            self._steered.frame_all()
        elif key in ASK_KEYS:
            self.asked.emit(ASK_KEYS[key])
        elif key in ARROW_KEYS:
            self._arrow(*ARROW_KEYS[key], shift)
        elif key in ZOOM_KEYS:
            self._go(self._steered.eye.zoom(_ZOOM_STEP ** ZOOM_KEYS[key]))
        else:
            return False
        return True

    def key_release(self, key: Qt.Key, is_repeat: bool) -> bool:
        """A key goes up; True if it meant something here."""
        if is_repeat:
            return key in self._flying
        if key == LEFT_TURNS_KEY:
            self.turns_with_left = False
            return True
        if key == Qt.Key.Key_Shift:
            self._fast = False
        if key not in self._flying:
            return False
        self._flying.discard(key)
        if not self._flying:
            self._stop_flying()
        return True

    def _arrow(self, right: int, down: int, shift: bool) -> None:
        eye = self._steered.eye
        if self._steered.looks_through and right and not shift:
            self.asked.emit("next_view" if right > 0 else "previous_view")
        elif shift:
            step = _ARROW_PAN_PX
            self._go(eye.pan(-right * step, -down * step, self._steered.size[1]))
        else:  # the eye goes where the arrow points
            self._go(eye.orbit(-right * _ARROW_TURN, -down * _ARROW_TURN))

    # Flying

    def _start_flying(self, key: Qt.Key) -> None:
        if not self._flying:
            self._flown_at = time.monotonic()
            self._fly_timer.start()
        self._flying.add(key)
        self._is_click = False

    def _stop_flying(self) -> None:
        self._flying.clear()
        self._fast = False
        self._fly_timer.stop()

    def _fly(self) -> None:
        now = time.monotonic()
        # A slow frame moves by what it took, but never by more than a quarter of a second.
        seconds, self._flown_at = min(now - self._flown_at, 0.25), now
        eye = self._steered.eye
        speed = eye.distance * _FLY_SPEED * (_FLY_FASTER if self._fast else 1.0)
        ways = [FLY_KEYS[key] for key in self._flying]
        right, up, ahead = (speed * seconds * sum(axis) for axis in zip(*ways, strict=True))
        self._go(eye.fly(right, up, ahead))

    def _go(self, eye: Eye) -> None:
        self._steered.stir()
        self._steered.set_eye(eye)
