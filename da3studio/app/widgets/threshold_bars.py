"""A histogram with one threshold: what lies beyond it is about to go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from da3studio.app.theme import colours

_HEIGHT_PX = 64
_EDGE_PX = 8  # as much as half the handle of the slider below it


class ThresholdBars(QWidget):
    """Bars of how often each value occurs; the mouse may drag the threshold.

    The slider that stands below it does the same by keyboard.
    """

    dragged = Signal(float)  # the value under the pointer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = np.zeros(0)
        self._low, self._high = 0.0, 1.0
        self._threshold = 0.0
        self._removes_below = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _HEIGHT_PX)

    def show_counts(self, counts: NDArray[np.int64], low: float, high: float) -> None:
        """Show these bars.

        Args:
            counts: `(B,)` of equally wide bins.
            low: left edge of the first bin.
            high: right edge of the last bin, above `low`.
        """
        self._counts, self._low, self._high = np.sqrt(counts), low, high  # rare ones show as well
        self.update()

    def show_threshold(self, value: float, removes_below: bool) -> None:
        """Mark what goes: the values on one side."""
        self._threshold, self._removes_below = value, removes_below
        self.update()

    def value_at(self, x: float) -> float:
        """The value below a place of the widget, within the range of the bars."""
        share = (x - _EDGE_PX) / max(1.0, self.width() - 2 * _EDGE_PX)
        return self._low + float(np.clip(share, 0, 1)) * (self._high - self._low)

    def x_of(self, value: float) -> float:
        """Where a value stands [logical px]; values beyond the bars stand at their end."""
        share = float(np.clip((value - self._low) / (self._high - self._low), 0, 1))
        return _EDGE_PX + share * (self.width() - 2 * _EDGE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(self.rect().adjusted(_EDGE_PX, 0, -_EDGE_PX, -1))
        painter.fillRect(area, colours().field)
        if not self._counts.any():
            return
        x = self.x_of(self._threshold)
        gone = QRectF(area)
        if self._removes_below:
            gone.setRight(x)
        else:
            gone.setLeft(x)
        for region, colour in ((area, colours().text_soft), (gone, colours().marked)):
            painter.setClipRect(region)
            for bar in self._bars(area):
                painter.fillRect(bar, colour)
        painter.setClipping(False)
        painter.setPen(QPen(colours().text, 2))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _bars(self, area: QRectF) -> list[QRectF]:
        step = area.width() / len(self._counts)
        heights = self._counts / self._counts.max() * (area.height() - 4)
        gap = 2.0 if step > 8 else 0.0  # few wide bars, one a number: apart from each other
        return [
            QRectF(area.x() + i * step + gap / 2, area.bottom() - tall, step - gap + 0.3, tall)
            for i, tall in ((i, max(1.0, float(heights[i]))) for i in np.flatnonzero(heights))
        ]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._counts.any():
            self.dragged.emit(self.value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._counts.any():
            self.dragged.emit(self.value_at(event.position().x()))
