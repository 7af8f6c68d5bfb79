"""Somebody at the window: a mouse and a keyboard whose events take the way of real ones.

Events enter at the window, as those of the window system do, so that grabs, focus, hit tests and
shortcuts are Qt's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
_STEP_MS = 8
_LOOK_MS = 50


class Person:
    """Drives an application.

    Args:
        window: the one that is looked at.
        pictures: where screenshots go, `None` = none are taken.
    """

    def __init__(self, window: QWidget, pictures: Path | None = None) -> None:
        self._window, self._pictures = window, pictures
        window.activateWindow()  # there is no window manager that would do so
        self.wait(window.isActiveWindow, "the keyboard", 10)
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)

    # Mouse

    def click(self, widget: QWidget, at: QPoint | None = None, button=LEFT, keys=NO_KEYS) -> None:
        """Press and release on a widget, in its middle unless told otherwise."""
        window, place = _in_window(widget, at or widget.rect().center())
        QTest.mouseMove(window, place)
        QTest.mouseClick(window, button, keys, place, _STEP_MS)

    def double_click(self, widget: QWidget, at: QPoint) -> None:
        window, place = _in_window(widget, at)
        QTest.mouseMove(window, place)
        QTest.mouseDClick(window, LEFT, NO_KEYS, place, _STEP_MS)

    def drag(self, widget: QWidget, way: Sequence[QPoint], button=LEFT, keys=NO_KEYS) -> None:
        """Press at the first point, go along the others, release at the last."""
        places = [_in_window(widget, point) for point in way]
        window, first = places[0]
        QTest.mouseMove(window, first)
        QTest.mousePress(window, button, keys, first, _STEP_MS)
        for before, after in pairwise(places):
            for step in range(1, 5):
                between = before[1] + (after[1] - before[1]) * step / 4
                QTest.mouseMove(window, between, _STEP_MS)
        QTest.mouseRelease(window, button, keys, places[-1][1], _STEP_MS)

    def drop(self, widget: QWidget, paths: Sequence[Path]) -> None:
        """Drag files from a file manager onto a widget."""
        content = QMimeData()
        content.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        window, place = _in_window(widget, widget.rect().center())
        copy = Qt.DropAction.CopyAction
        enters = QDragEnterEvent(place, copy, content, LEFT, NO_KEYS)
        QApplication.sendEvent(window, enters)
        assert enters.isAccepted(), f"{type(widget).__name__} does not take files"
        QApplication.sendEvent(window, QDropEvent(QPointF(place), copy, content, LEFT, NO_KEYS))

    # Keyboard

    def press(self, key: Qt.Key, keys=NO_KEYS) -> None:
        """Press a key where the keyboard is."""
        QTest.keyClick(self._window.windowHandle(), key, keys, _STEP_MS)

    def type(self, text: str, into: QWidget) -> None:
        """Click into a field, then type."""
        self.click(into)
        QTest.keyClicks(into, text, NO_KEYS, _STEP_MS)

    def answer_file_dialog(self, path: Path, act: Callable[[], None]) -> None:
        """Do something that asks for a file, and answer."""
        answered = []

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog):
                QTimer.singleShot(_LOOK_MS, look)
                return
            field = dialog.findChild(QLineEdit, "fileNameEdit")
            field.selectAll()
            QTest.keyClicks(field, str(path))
            answered.append(path)
            enter()

        def enter() -> None:
            """The list of files under the field takes a key that comes too soon for it."""
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, QFileDialog):
                QTimer.singleShot(_LOOK_MS, enter)
                QTest.keyClick(dialog.findChild(QLineEdit, "fileNameEdit"), Qt.Key.Key_Return)

        QTimer.singleShot(_LOOK_MS, look)
        act()
        self.wait(lambda: bool(answered), "a dialog for a file")

    # Eyes

    def wait(self, until: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Look at the window until something is there."""
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
            _pass_time(_LOOK_MS)

    def rest(self, seconds: float) -> None:
        """Look at the window for a while."""
        _pass_time(int(seconds * 1000))

    def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        if self._pictures is None:
            return
        self.rest(0.7)  # hover, animation and the full picture after a movement
        window = self._window
        screen = window.screen()
        frame = window.geometry()
        shot = screen.grabWindow(0, frame.x(), frame.y(), frame.width(), frame.height())
        shot.save(str(self._pictures / f"{name}.png"))


def _in_window(widget: QWidget, point: QPoint) -> tuple[QWindow, QPoint]:
    top = widget.window()
    return top.windowHandle(), widget.mapTo(top, point)


def _pass_time(milliseconds: int) -> None:
    """Let events come; QTest's own wait is replaced by VisPy with one that keeps a core busy."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
