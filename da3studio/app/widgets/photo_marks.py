"""What is drawn above a picture, readable on any photo: marks, outlines, a brush, a message."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from da3studio.app.theme import colours
from da3studio.app.widgets.framing import Mark

_MARK_PX = 9.0  # radius
_ARM_PX = 6.0
_CROSS_PX = 8.0
_BLACK, _WHITE = QColor(0, 0, 0), QColor(255, 255, 255)  # one of them is seen on every photo


def paint_mark(painter: QPainter, mark: Mark, at: QPointF, room_px: int) -> None:
    """A ring with four arms, dashed where the place is not sure, and its words.

    Args:
        painter: of the view.
        mark: to draw.
        at: where it is.
        room_px: width of the view, which the words do not leave.
    """
    style = Qt.PenStyle.SolidLine if mark.sure else Qt.PenStyle.DashLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((colours().plate, 4.5), (colours().marked, 2.0)):
        painter.setPen(QPen(colour, width, style))
        painter.drawEllipse(at, _MARK_PX, _MARK_PX)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            step = QPointF(dx, dy)
            painter.drawLine(at + step * _MARK_PX, at + step * (_MARK_PX + _ARM_PX))
    if mark.text:
        _paint_label(painter, at + QPointF(_MARK_PX + 8, -_MARK_PX), mark.text, room_px)


def paint_outline(painter: QPainter, corners: Sequence[QPointF]) -> None:
    """A closed line, white dashes on black."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, style in ((_BLACK, Qt.PenStyle.SolidLine), (_WHITE, Qt.PenStyle.DashLine)):
        painter.setPen(QPen(colour, 1.5, style))
        painter.drawPolygon(QPolygonF(corners))


def paint_crosshair(painter: QPainter, at: QPointF) -> None:
    """Where the pointer is in the linked picture."""
    for colour, width in ((_BLACK, 3.0), (_WHITE, 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(at - QPointF(_CROSS_PX, 0), at + QPointF(_CROSS_PX, 0))
        painter.drawLine(at - QPointF(0, _CROSS_PX), at + QPointF(0, _CROSS_PX))


def paint_ring(painter: QPainter, at: QPointF, radius: float) -> None:
    """The brush."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((_BLACK, 3.0), (_WHITE, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(at, radius, radius)


def paint_message(painter: QPainter, whole: QRect, text: str) -> None:
    """Words in the middle of the view."""
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    room = whole.adjusted(16, 16, -16, -16)
    plate = painter.fontMetrics().boundingRect(room, flags, text)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours().plate)
    painter.drawRoundedRect(plate.adjusted(-12, -8, 12, 8), 6, 6)
    painter.setPen(colours().plate_text)
    painter.drawText(room, flags, text)


def _paint_label(painter: QPainter, at: QPointF, text: str, room_px: int) -> None:
    words = painter.fontMetrics().boundingRect(text).adjusted(-6, -3, 6, 3)
    plate = QRectF(words).translated(at)
    plate.moveRight(min(plate.right(), room_px - 2.0))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours().plate)
    painter.drawRoundedRect(plate, 4, 4)
    painter.setPen(colours().plate_text)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
