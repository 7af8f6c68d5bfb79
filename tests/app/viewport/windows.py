"""A viewport on the screen, as large as asked, and gone after the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from da3studio.app.viewport.canvas import ViewportCanvas

WIDTH, HEIGHT = 400, 300


@contextmanager
def shown_canvas(qtbot: QtBot) -> Iterator[ViewportCanvas]:
    canvas = ViewportCanvas()
    canvas.reduced_motion = True
    canvas.native.resize(WIDTH, HEIGHT)
    with qtbot.waitSignal(canvas.drawn, timeout=10_000), qtbot.waitExposed(canvas.native):
        canvas.native.show()
    try:
        yield canvas
    finally:
        canvas.close()
        canvas.native.deleteLater()


@contextmanager
def held_canvas(qtbot: QtBot) -> Iterator[tuple[ViewportCanvas, QDockWidget]]:
    """A canvas in a panel in a dock of a main window, as in the program."""
    canvas, panel, dock, window = ViewportCanvas(), QWidget(), QDockWidget(), QMainWindow()
    qtbot.addWidget(window)
    QVBoxLayout(panel).addWidget(canvas.native)
    dock.setWidget(panel)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.resize(2 * WIDTH, 2 * HEIGHT)
    with qtbot.waitSignal(canvas.drawn, timeout=10_000), qtbot.waitExposed(window):
        window.show()
    try:
        yield canvas, dock
    finally:
        canvas.close()


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """`(H, W, 3)` of a picture."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def middle_of(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """x and y of the centroid of a blob [physical px]."""
    y, x = np.nonzero(mask)
    return float(x.mean()) + 0.5, float(y.mean()) + 0.5
