"""Qt's events on the viewport → the active tool, then navigation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)

from da3studio.app.viewport.tools.tool import Pointer, Tool

if TYPE_CHECKING:
    from da3studio.app.viewport.navigation import Navigator

_NOTCH = 120.0  # Qt's units of one notch of a wheel: eighths of a degree
_TOUCHPAD = QInputDevice.DeviceType.TouchPad


class PointerEvents(QObject):
    """An event filter for the viewport's widget.

    A tool is asked about the left button only: wheel, middle and right button always navigate,
    and so does the left one while Space is held or where the tool wants nothing.
    """

    hovered = Signal(object)  # Pointer, while nothing is dragged
    left = Signal()  # the pointer is elsewhere

    def __init__(self, navigator: Navigator, parent: QObject) -> None:
        super().__init__(parent)
        self.tool: Tool | None = None
        self._navigator = navigator
        self._tool_has_button = False

    def set_tool(self, tool: Tool | None) -> None:
        """Another tool, `None` for navigation alone."""
        self.tool = tool
        self._tool_has_button = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        match event:
            case QMouseEvent():
                return self._mouse(event)
            case QWheelEvent():
                self._wheel(event)
                return True
            case QNativeGestureEvent():
                return self._gesture(event)
            case QKeyEvent():
                return self._key(event)
            case QEnterEvent():
                return False
        match event.type():
            case QEvent.Type.Leave:
                self.left.emit()
            case QEvent.Type.FocusOut | QEvent.Type.Hide:
                self._navigator.stop()
        return False

    def _mouse(self, event: QMouseEvent) -> bool:
        at = _pointer(event)
        match event.type():
            case QEvent.Type.MouseButtonPress:
                tool = self._tool_for(at)
                self._tool_has_button = tool is not None and tool.press(at)
                return self._tool_has_button or self._navigator.press(at)
            case QEvent.Type.MouseButtonDblClick:
                tool = self._tool_for(at)
                return (tool is not None and tool.double(at)) or self._navigator.double(at)
            case QEvent.Type.MouseMove:
                return self._move(at)
            case QEvent.Type.MouseButtonRelease:
                if self._tool_has_button and at.button == Qt.MouseButton.LeftButton:
                    self._tool_has_button = False
                    return self.tool is not None and self.tool.release(at)
                return self._navigator.release(at)
        return False

    def _tool_for(self, at: Pointer) -> Tool | None:
        is_left = at.button == Qt.MouseButton.LeftButton
        return self.tool if is_left and not self._navigator.turns_with_left else None

    def _move(self, at: Pointer) -> bool:
        if self._navigator.is_dragging:
            return self._navigator.move(at)
        if self.tool is not None and self.tool.move(at):
            return True
        if at.buttons == Qt.MouseButton.NoButton:
            self.hovered.emit(at)
        return True

    def _wheel(self, event: QWheelEvent) -> None:
        event.accept()
        x, y = event.position().x(), event.position().y()
        pixels, modifiers = event.pixelDelta(), event.modifiers()
        # Fingers on a touchpad move the scene. X11 cannot say how far, so there they zoom.
        if event.device().type() == _TOUCHPAD and not pixels.isNull() and not modifiers:
            self._navigator.slide(pixels.x(), pixels.y())
            return
        # With Alt, Qt turns the wheel's axis by 90 degrees.
        notches = (event.angleDelta().y() or event.angleDelta().x()) / _NOTCH
        if notches:
            self._navigator.wheel(x, y, notches, modifiers)

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        x, y = event.position().x(), event.position().y()
        match event.gestureType():
            case Qt.NativeGestureType.ZoomNativeGesture:
                self._navigator.pinch(x, y, max(1 + event.value(), 0.1))
            case Qt.NativeGestureType.PanNativeGesture:
                self._navigator.slide(event.delta().x(), event.delta().y())
            case Qt.NativeGestureType.RotateNativeGesture:
                self._navigator.twist(math.radians(event.value()))
            case _:
                return False
        return True

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key()) if event.key() in _KEYS else Qt.Key.Key_unknown
        match event.type():
            case QEvent.Type.ShortcutOverride if self._navigator.wants(key, event.modifiers()):
                event.accept()  # comes again as a key press, not as somebody's shortcut
                return True
            case QEvent.Type.KeyPress:
                if self.tool is not None and self.tool.key(event):
                    return True
                return self._navigator.key_press(key, event.modifiers(), event.isAutoRepeat())
            case QEvent.Type.KeyRelease:
                return self._navigator.key_release(key, event.isAutoRepeat())
        return False


_KEYS = frozenset(int(key) for key in Qt.Key)


def _pointer(event: QMouseEvent) -> Pointer:
    place = event.position()
    return Pointer(place.x(), place.y(), event.button(), event.buttons(), event.modifiers())
