"""Lines and words of tools on the overlay, readable on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from da3studio.app.theme import colours
from da3studio.app.viewport.screen import Screen

Line = tuple[QPointF, QPointF] | None
"""Two ends on the viewport; `None` = behind the eye."""

_FARTHEST_PX = 20_000.0  # painters slow down and lose precision beyond
_PAD_X, _PAD_Y, _ROUND = 7.0, 3.0, 5.0


def accent() -> QColor:
    """What a tool draws with."""
    return QColor(colours().accent)


def faint(colour: QColor, alpha: int = 90) -> QColor:
    """The same colour, translucent (0...255)."""
    result = QColor(colour)
    result.setAlpha(alpha)
    return result


def segment_on(screen: Screen, a: ArrayLike, b: ArrayLike) -> Line:
    """A world segment on the viewport, cut off at the eye; `None` = all of it is behind."""
    ends = screen.cam_from_world.apply(np.stack([np.asarray(a), np.asarray(b)]))
    if not screen.ortho:
        near = max(screen.near, 1e-9)
        za, zb = float(ends[0, 2]), float(ends[1, 2])
        if za < near and zb < near:
            return None
        if za < near:
            ends[0] += (ends[1] - ends[0]) * (near - za) / (zb - za)
        elif zb < near:
            ends[1] += (ends[0] - ends[1]) * (near - zb) / (za - zb)
    w = np.ones(2) if screen.ortho else ends[:, 2]
    x, y = screen.fx * ends[:, 0] / w + screen.cx, screen.fy * ends[:, 1] / w + screen.cy
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    if max(np.abs(x).max(), np.abs(y).max()) > _FARTHEST_PX:
        x, y = _shortened(x, y)
    return QPointF(float(x[0]), float(y[0])), QPointF(float(x[1]), float(y[1]))


def point_on(screen: Screen, point: ArrayLike) -> QPointF | None:
    """A world point on the viewport; `None` = behind the eye."""
    x, y, _ = screen.project(point)
    return QPointF(float(x), float(y)) if math.isfinite(x) and math.isfinite(y) else None


def stroke(
    painter: QPainter,
    lines: Iterable[Line],
    colour: QColor,
    width: float = 2.0,
    *,
    dashed: bool = False,
    rim: bool = True,
) -> None:
    """Draw lines with a dark or light rim, so that they show on every picture."""
    drawn = [line for line in lines if line is not None]
    around = QPen(QColor(colours().plate), width + 2)
    for pen in (around, QPen(colour, width)) if rim else (QPen(colour, width),):
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if dashed and pen.color() == colour:
            pen.setDashPattern([4, 3])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        for a, b in drawn:
            painter.drawLine(a, b)


def outline(painter: QPainter, corners: Sequence[tuple[float, float]], *, closed: bool) -> None:
    """An outline that is being drawn: dashed, with a faint filling."""
    polygon = QPolygonF([QPointF(x, y) for x, y in corners])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint(accent(), 36))
    painter.drawPolygon(polygon)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # Black under white dashes: one of the two stands out from anything.
    for colour, pattern in ((QColor(0, 0, 0, 200), None), (QColor(255, 255, 255), [5, 4])):
        pen = QPen(colour, 1.6)
        if pattern is not None:
            pen.setDashPattern(pattern)
        painter.setPen(pen)
        if closed:
            painter.drawPolygon(polygon)
        else:
            painter.drawPolyline(polygon)


def dot(painter: QPainter, at: QPointF, colour: QColor, radius: float = 4.5) -> None:
    """A round mark with a rim."""
    painter.setPen(QPen(QColor(colours().plate), 2))
    painter.setBrush(colour)
    painter.drawEllipse(at, radius, radius)


def cross(painter: QPainter, at: QPointF, colour: QColor, radius: float = 7.0) -> None:
    """Where a click would land: open in the middle, so that the spot itself is seen."""
    inner = radius * 0.35
    lines = [
        (QPointF(at.x() + sx * inner, at.y() + sy * inner),
         QPointF(at.x() + sx * radius, at.y() + sy * radius))
        for sx, sy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]  # fmt: skip
    stroke(painter, lines, colour, 1.6)


def plate(painter: QPainter, at: QPointF, text: str) -> QRectF:
    """Words on a plate, their middle at a place; answers where the plate is."""
    palette = colours()
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(text) + 2 * _PAD_X
    height = metrics.height() + 2 * _PAD_Y
    rect = QRectF(at.x() - width / 2, at.y() - height / 2, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.plate)
    painter.drawRoundedRect(rect, _ROUND, _ROUND)
    painter.setPen(palette.plate_text)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    return rect


def _shortened(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The part of a very long line about the viewport's corner."""
    dx, dy = float(x[1] - x[0]), float(y[1] - y[0])
    length2 = dx * dx + dy * dy
    nearest = -(float(x[0]) * dx + float(y[0]) * dy) / length2
    reach = _FARTHEST_PX / math.sqrt(length2)
    t = np.clip(np.array([nearest - reach, nearest + reach]), 0.0, 1.0)
    return x[0] + t * dx, y[0] + t * dy
