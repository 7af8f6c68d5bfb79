"""A histogram with two handles that choose a range; by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from da3studio.app.theme import colours
from da3studio.base.i18n import tr

_GRAB_PX = 14.0  # half of the 28 px that a handle has to be wide for fingers and shaky hands
_EDGE_PX = 8  # room left and right, so that a handle at the end is whole
_KNOB_PX = 6.0
_STEPS = 100  # key presses from one end to the other
_BIG_STEP = 10

ToText = Callable[[float], str]
ColourOf = Callable[[NDArray[np.float64]], NDArray[np.uint8]]


class Histogram(QWidget):
    """How often each value occurs, and which part of them is chosen.

    Left and Right move the handle that has the focus, Page Up and Page Down in larger steps, Home
    and End to its limits; Tab goes on to the other handle.

    Args:
        name: what the values are, for those who do not see it.
        to_text: a value in words.
        colour_of: `(B,)` values → `(B, 3)` sRGB of their bars; `None` = the text colour.
    """

    range_changed = Signal(float, float)  # low, high; while a handle moves
    range_settled = Signal()  # the handle was let go

    def __init__(
        self,
        name: str,
        to_text: ToText,
        colour_of: ColourOf | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._to_text, self._colour_of = to_text, colour_of
        self._counts = np.zeros(0)
        self._lowest, self._highest = 0.0, 1.0
        self._range = (0.0, 1.0)
        self._logarithmic = False
        self._active = 0  # which handle keys move
        self._held: int | None = None  # which handle the mouse moves
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def sizeHint(self) -> QSize:
        return QSize(200, 56 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    @property
    def range(self) -> tuple[float, float]:
        """The chosen lowest and highest value."""
        return self._range

    def set_counts(self, counts: NDArray[np.int64], lowest: float, highest: float) -> None:
        """Show other values; the range is kept as far as they reach.

        Args:
            counts: `(B,)` of equally wide bins.
            lowest: left edge of the first bin.
            highest: right edge of the last bin, above `lowest`.

        Raises:
            ValueError: the edges are not finite or not in order.
        """
        if not (np.isfinite([lowest, highest]).all() and lowest < highest):
            raise ValueError(f"a histogram from {lowest} to {highest}")
        self._counts = counts.astype(np.float64)
        self._lowest, self._highest = lowest, highest
        self.set_range(*self._range)

    def clear(self) -> None:
        """Show that there is nothing to choose from."""
        self._counts = np.zeros(0)
        self.update()

    def set_range(self, low: float, high: float) -> None:
        """Place the handles, without telling; values beyond the ends mean the ends."""
        low = float(np.clip(low, self._lowest, self._highest))
        self._range = (low, float(np.clip(high, low, self._highest)))
        self._describe()
        self.update()

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Show rare values as well as frequent ones, or counts as they are."""
        self._logarithmic = logarithmic
        self.update()

    @property
    def is_empty(self) -> bool:
        return not self._counts.any()

    def handle_x(self, which: int) -> float:
        """Where the lower (0) or upper (1) handle stands [logical px]."""
        return self._x_of(self._range[which])

    # Painting

    def _bars(self) -> QRectF:
        text = self.fontMetrics().height() + 4
        return QRectF(self.rect().adjusted(_EDGE_PX, 4, -_EDGE_PX, -text))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        bars = self._bars()
        painter.fillRect(bars, colours().field)
        if self.is_empty:
            painter.setPen(colours().text_soft)
            painter.drawText(bars, Qt.AlignmentFlag.AlignCenter, tr("Nothing to show yet"))
            return
        self._paint_bars(painter, bars)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for which in (0, 1):
            self._paint_handle(painter, bars, which)
        self._paint_texts(painter, bars)

    def _paint_bars(self, painter: QPainter, bars: QRectF) -> None:
        heights = np.log1p(self._counts) if self._logarithmic else self._counts
        heights = np.asarray(heights / heights.max(), np.float64)
        width = (self._highest - self._lowest) / len(heights)
        middles = np.asarray(self._lowest + width * (np.arange(len(heights)) + 0.5), np.float64)
        chosen = (middles >= self._range[0]) & (middles <= self._range[1])
        plain = colours().text
        left_out = colours().border
        tints = self._colour_of(middles) if self._colour_of else None
        step = bars.width() / len(heights)
        for i in np.flatnonzero(heights):
            colour = left_out
            if chosen[i]:
                colour = plain if tints is None else QColor(*(int(part) for part in tints[i]))
            tall = max(1.0, float(heights[i]) * bars.height())
            bar = QRectF(bars.x() + i * step, bars.bottom() - tall, step + 0.5, tall)
            painter.fillRect(bar, colour)

    def _paint_handle(self, painter: QPainter, bars: QRectF, which: int) -> None:
        x = self.handle_x(which)
        focused = self.hasFocus() and which == self._active
        colour = colours().accent if focused else colours().text
        painter.setPen(QPen(colour, 2.5 if focused else 1.5))
        painter.drawLine(QPointF(x, bars.top()), QPointF(x, bars.bottom()))
        painter.setPen(QPen(colours().panel, 1))
        painter.setBrush(colour)
        tip = QPointF(x, bars.bottom() - _KNOB_PX)
        half, low = _KNOB_PX, bars.bottom() + _KNOB_PX
        painter.drawPolygon(QPolygonF([tip, QPointF(x + half, low), QPointF(x - half, low)]))

    def _paint_texts(self, painter: QPainter, bars: QRectF) -> None:
        painter.setPen(colours().text)
        top = bars.bottom() + 4
        line = QRectF(0, top, self.width(), self.height() - top)
        low, high = (self._to_text(value) for value in self._range)
        metrics = self.fontMetrics()
        gap = _KNOB_PX + 4
        x_low = max(0.0, self.handle_x(0) - gap - metrics.horizontalAdvance(low))
        x_high = min(self.handle_x(1) + gap, self.width() - metrics.horizontalAdvance(high))
        if self.handle_x(0) - gap < metrics.horizontalAdvance(low):
            x_low = self.handle_x(0) + gap
        if self.handle_x(1) + gap + metrics.horizontalAdvance(high) > self.width():
            x_high = self.handle_x(1) - gap - metrics.horizontalAdvance(high)
        x_high = max(x_high, x_low + metrics.horizontalAdvance(low) + gap)
        for x, text in ((x_low, low), (x_high, high)):
            painter.drawText(line.translated(x, 0), Qt.AlignmentFlag.AlignTop, text)

    # Mouse and keys

    def _x_of(self, value: float) -> float:
        bars = self._bars()
        part = (value - self._lowest) / (self._highest - self._lowest)
        return bars.x() + part * bars.width()

    def _value_at(self, x: float) -> float:
        bars = self._bars()
        part = (x - bars.x()) / max(1.0, bars.width())
        return self._lowest + float(np.clip(part, 0, 1)) * (self._highest - self._lowest)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self.is_empty:
            return
        x = event.position().x()
        away = [abs(x - self.handle_x(which)) for which in (0, 1)]
        self._held = 0 if away[0] < away[1] else 1
        if away[0] == away[1]:  # both at one place: the one that can go there
            self._held = 0 if x < self.handle_x(0) else 1
        self._active = self._held
        if away[self._held] > _GRAB_PX:
            self._move(self._held, self._value_at(x))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._move(self._held, self._value_at(event.position().x()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self.range_settled.emit()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        if not self.is_empty:
            self._choose(self._lowest, self._highest)
            self.range_settled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = (self._highest - self._lowest) / _STEPS
        value = self._range[self._active]
        goals = {
            Qt.Key.Key_Left: value - step,
            Qt.Key.Key_Down: value - step,
            Qt.Key.Key_Right: value + step,
            Qt.Key.Key_Up: value + step,
            Qt.Key.Key_PageDown: value - _BIG_STEP * step,
            Qt.Key.Key_PageUp: value + _BIG_STEP * step,
            Qt.Key.Key_Home: self._lowest,
            Qt.Key.Key_End: self._highest,
        }
        goal = goals.get(Qt.Key(event.key()))
        if goal is None or self.is_empty:
            super().keyPressEvent(event)
            return
        self._move(self._active, goal)
        self.range_settled.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() == Qt.FocusReason.TabFocusReason:
            self._active = 0
        elif event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._active = 1
        self._describe()
        super().focusInEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if not self.is_empty and self._active == (0 if forward else 1):
            self._active = 1 if forward else 0
            self._describe()
            self.update()
            return True
        return super().focusNextPrevChild(forward)

    def _move(self, which: int, value: float) -> None:
        """One handle never pushes the other."""
        low, high = self._range
        if which == 0:
            self._choose(min(value, high), high)
        else:
            self._choose(low, max(value, low))

    def _choose(self, low: float, high: float) -> None:
        before = self._range
        self.set_range(low, high)
        if self._range != before:
            self.range_changed.emit(*self._range)

    def _describe(self) -> None:
        text = tr("From {low} to {high}; the keys move the lower end.")
        if self._active == 1:
            text = tr("From {low} to {high}; the keys move the upper end.")
        low, high = (self._to_text(value) for value in self._range)
        self.setAccessibleDescription(text.format(low=low, high=high))
