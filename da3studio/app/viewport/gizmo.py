"""The axes in a corner of the viewport; a click on an end looks along it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from da3studio.app.theme import Palette, colours
from da3studio.app.viewport.eye import Side
from da3studio.app.viewport.screen import Screen
from da3studio.base.i18n import tr

_SIDE_PX = 104
_ARM_PX = 35.0
_END_PX = 10.0  # radius of an end with its letter
_BACK_PX = 7.5  # radius of an end without
_HIT_PX = 14.0  # the same for both: 28 px across can be hit


@dataclass(frozen=True)
class End:
    """One end of an axis."""

    axis: int  # 0 X, 1 Y, 2 Z
    sign: int
    side: Side  # where one stands to look at this end
    help: str


ENDS: tuple[End, ...] = (
    End(0, 1, "right", "Look from the right"),
    End(1, 1, "top", "Look from the top"),
    End(2, 1, "front", "Look from the front"),
    End(0, -1, "left", "Look from the left"),
    End(1, -1, "bottom", "Look from below"),
    End(2, -1, "back", "Look from behind"),
)


class Gizmo(QWidget):
    """Shows how the axes lie, X red, Y green (up), Z blue, with their letters.

    Args:
        screen: the present view.
        axes: `(3, 3)` X, Y, Z as rows, unit world directions.
    """

    chosen = Signal(str)  # Side

    def __init__(
        self,
        screen: Callable[[], Screen],
        axes: Callable[[], NDArray[np.float64]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._screen, self._axes = screen, axes
        self._hovered: End | None = None
        self.setMouseTracking(True)
        self.setFixedSize(_SIDE_PX, _SIDE_PX)
        self.setAccessibleName(tr("Axes: choose a side to look from"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys 1, 3 and 7 do the same

    def sizeHint(self) -> QSize:
        return QSize(_SIDE_PX, _SIDE_PX)

    def place_of(self, end: End) -> QPointF:
        """Where an end is drawn, in this widget's pixels."""
        x, y, _ = self._directions()[end.axis] * end.sign * _ARM_PX
        return QPointF(_SIDE_PX / 2 + x, _SIDE_PX / 2 + y)

    def end_at(self, place: QPointF) -> End | None:
        """The end under the pointer, the one nearest to the eye first."""
        depth = self._directions()[:, 2]
        for end in sorted(ENDS, key=lambda end: depth[end.axis] * end.sign):
            away = place - self.place_of(end)
            if away.x() ** 2 + away.y() ** 2 <= _HIT_PX**2:
                return end
        return None

    def paintEvent(self, _event: QPaintEvent) -> None:
        palette = colours()
        axis_colours = (palette.axis_x, palette.axis_y, palette.axis_z)
        depth = self._directions()[:, 2]
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._hovered is not None:
                disc = QColor(palette.plate)
                disc.setAlpha(90)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(disc)
                painter.drawEllipse(QRectF(0, 0, _SIDE_PX, _SIDE_PX).adjusted(2, 2, -2, -2))
            for end in sorted(ENDS, key=lambda end: -depth[end.axis] * end.sign):
                self._paint_end(painter, end, axis_colours[end.axis], palette)

    def _paint_end(self, painter: QPainter, end: End, colour: QColor, palette: Palette) -> None:
        place, middle = self.place_of(end), QPointF(_SIDE_PX / 2, _SIDE_PX / 2)
        is_hovered = end == self._hovered
        if end.sign > 0:
            painter.setPen(QPen(colour, 2.5))
            painter.drawLine(middle, place)
            painter.setBrush(colour)
            painter.setPen(QPen(palette.text, 2) if is_hovered else Qt.PenStyle.NoPen)
            painter.drawEllipse(place, _END_PX, _END_PX)
            font = QFont(self.font())
            font.setBold(True)
            font.setPixelSize(13)
            painter.setFont(font)
            painter.setPen(palette.window if colour.lightness() > 128 else palette.accent_text)
            box = QRectF(place.x() - 12, place.y() - 12, 24, 24)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "XYZ"[end.axis])
            return
        faint = QColor(colour)
        faint.setAlpha(220 if is_hovered else 60)
        painter.setBrush(faint)
        painter.setPen(QPen(palette.text if is_hovered else colour, 2 if is_hovered else 1.25))
        painter.drawEllipse(place, _BACK_PX, _BACK_PX)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.end_at(event.position()))
        if self._hovered is not None:
            QToolTip.showText(event.globalPosition().toPoint(), tr(self._hovered.help), self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        end = self.end_at(event.position())
        if end is None or event.button() != Qt.MouseButton.LeftButton:
            event.ignore()  # between the ends the viewport is navigated
            return
        self.chosen.emit(end.side)

    def leaveEvent(self, _event: QEvent) -> None:
        self._hover(None)

    def _hover(self, end: End | None) -> None:
        if end != self._hovered:
            self._hovered = end
            self.update()

    def _directions(self) -> NDArray[np.float64]:
        """`(3, 3)` X, Y, Z as rows: right, down and away on the screen."""
        directions: NDArray[np.float64] = self._axes() @ self._screen().cam_from_world.rotation.T
        return directions
