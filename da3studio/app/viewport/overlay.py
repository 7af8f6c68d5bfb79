"""What is written above the picture: scale, hints, legend, labels, and what the tool paints."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from da3studio.app.theme import Palette, colours
from da3studio.app.units import METRES_PER_FOOT, UnitSystem, length_text
from da3studio.app.viewport.grid_layer import GridLayer, round_up
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.tool import Tool
from da3studio.base.i18n import tr

_MARGIN = 12.0
_PAD_X, _PAD_Y = 9.0, 4.0
_ROUND = 6.0
_BAR_PX = 70.0  # the scale bar is at least that long, and less than 2.5 times it
_LEGEND_PX = 130.0
_ABOVE_PX = 8.0  # labels leave the line below them to be seen


@dataclass(frozen=True, eq=False)
class Label:
    """Words at a world point."""

    at: NDArray[np.float64]  # (3,)
    text: str


@dataclass(frozen=True)
class Legend:
    """What the colours of the points mean."""

    title: str
    low: str
    high: str
    colours: tuple[tuple[int, int, int], ...]  # from low to high, sRGB


class Overlay(QWidget):
    """Transparent, above the OpenGL picture, and out of the mouse's way.

    Args:
        screen: the present view.
        grid: whose spacing and axes are named.
    """

    restyled = Signal()  # the theme is another

    def __init__(
        self, screen: Callable[[], Screen], grid: GridLayer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._screen, self._grid = screen, grid
        self._tool: Tool | None = None
        self._hint = ""
        self._through = ""
        self._labels: tuple[Label, ...] = ()
        self._legend: Legend | None = None
        self._metres_per_unit: float | None = None
        self._system: UnitSystem = "metric"
        self._has_scene = False

    # What is shown

    def set_tool(self, tool: Tool | None) -> None:
        """Let a tool paint, until another one does."""
        if self._tool is not None:
            self._tool.changed.disconnect(self.update)
        self._tool = tool
        if tool is not None:
            tool.changed.connect(self.update)
        self.update()

    def set_hint(self, hint: str) -> None:
        """One line about the keys of the moment, already translated."""
        self._hint = hint
        self.update()

    def set_through(self, name: str) -> None:
        """Name of the photo that is looked through, "" = none."""
        self._through = name
        self.update()

    def set_labels(self, labels: Sequence[Label]) -> None:
        self._labels = tuple(labels)
        self.update()

    def set_legend(self, legend: Legend | None) -> None:
        self._legend = legend
        self.update()

    def set_units(self, metres_per_unit: float | None, system: UnitSystem) -> None:
        """How lengths are written."""
        self._metres_per_unit, self._system = metres_per_unit, system
        self.update()

    def set_has_scene(self, has_scene: bool) -> None:
        """Without anything to see neither scale nor axes mean anything."""
        self._has_scene = has_scene
        self.update()

    def scale_text(self) -> str:
        """What the scale bar says."""
        return self._bar(self._screen())[1]

    def grid_text(self) -> str:
        """What is said of the grid's spacing."""
        spacing = round_text(self._text_of(self._grid.spacing(self._screen())))
        return tr("Grid {length}").format(length=spacing)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.restyled.emit()
        super().changeEvent(event)

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        palette = colours()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint_notes(painter, self._room_for_hint())
            if self._tool is not None:
                painter.save()
                self._tool.paint(painter, self._screen())
                painter.restore()
            middle = self.width() / 2
            if self._through:
                text = tr("Looking through {name}").format(name=self._through)
                self._plate(painter, palette, text, middle, _MARGIN, "top")
            if self._hint:
                bottom = self.height() - _MARGIN
                self._plate(painter, palette, self._hint, middle, bottom, "bottom")

    def paint_notes(self, painter: QPainter, lift: float = 0.0) -> None:
        """What belongs to a picture of the scene: letters, measurements, scale, legend.

        Args:
            painter: of the picture.
            lift: of what stands in the lower corners [logical px].
        """
        if not self._has_scene:
            return
        screen, palette = self._screen(), colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        if self._grid.visible:
            self._paint_letters(painter, screen, palette)
        self._paint_labels(painter, screen, palette)
        self._paint_scale(painter, screen, palette, self.height() - _MARGIN - lift)
        self._paint_legend(painter, palette, self.height() - _MARGIN - lift)

    def _room_for_hint(self) -> float:
        """How far what stands in the corners has to rise, as the hint would lie over it."""
        if not self._hint or not self._has_scene:
            return 0.0
        metrics = QFontMetricsF(self.font())
        corners = max(self._scale_notes(self._screen())[2], self._legend_width())
        hint = metrics.horizontalAdvance(self._hint) + 2 * _PAD_X
        fits = hint / 2 + corners + 2 * _MARGIN <= self.width() / 2
        return 0.0 if fits else metrics.height() + 2 * _PAD_Y + _MARGIN / 2

    def _paint_letters(self, painter: QPainter, screen: Screen, palette: Palette) -> None:
        ends = screen.project(self._grid.axis_ends(screen))
        axis_colours = (palette.axis_x, palette.axis_y, palette.axis_z)
        for letter, (x, y, _), colour in zip("XYZ", ends, axis_colours, strict=True):
            if np.isfinite(x) and 0 <= x <= self.width() and 0 <= y <= self.height():
                painter.setPen(colour)
                box = QRectF(x - 20, y - 22, 40, 20)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_labels(self, painter: QPainter, screen: Screen, palette: Palette) -> None:
        for label in self._labels:
            x, y, depth = screen.project(label.at)
            if np.isfinite(x) and (screen.ortho or depth > screen.near):
                self._plate(painter, palette, label.text, x, y - _ABOVE_PX, "bottom")

    def _scale_notes(self, screen: Screen) -> tuple[float, list[str], float]:
        """Length of the bar, the lines below it, and the width of both [px]."""
        length_px, text = self._bar(screen)
        lines = [text]
        if self._grid.visible:
            lines.append(self.grid_text())
        metrics = QFontMetricsF(self.font())
        wide = max(length_px, *(metrics.horizontalAdvance(line) for line in lines)) + 2 * _PAD_X
        return length_px, lines, wide

    def _paint_scale(
        self, painter: QPainter, screen: Screen, palette: Palette, bottom: float
    ) -> None:
        length_px, lines, wide = self._scale_notes(screen)
        metrics = QFontMetricsF(self.font())
        high = len(lines) * metrics.height() + 2 * _PAD_Y + 8
        box = QRectF(_MARGIN, bottom - high, wide, high)
        self._paint_plate(painter, palette, box)
        left, y = box.left() + _PAD_X, box.top() + _PAD_Y + 4
        painter.setPen(QPen(palette.plate_text, 2))
        painter.drawLine(QPointF(left, y), QPointF(left + length_px, y))
        for x in (left, left + length_px):
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))
        for i, line in enumerate(lines):
            at = QPointF(left, y + 4 + i * metrics.height() + metrics.ascent())
            painter.drawText(at, line)

    def _legend_width(self) -> float:
        """[px], 0 without a legend."""
        legend = self._legend
        if legend is None:
            return 0.0
        metrics = QFontMetricsF(self.font())
        beside = max(metrics.horizontalAdvance(word) for word in (legend.high, legend.low)) + 20
        return max(metrics.horizontalAdvance(legend.title), beside) + 2 * _PAD_X

    def _paint_legend(self, painter: QPainter, palette: Palette, bottom: float) -> None:
        legend = self._legend
        if legend is None:
            return
        metrics = QFontMetricsF(self.font())
        wide, high = self._legend_width(), _LEGEND_PX + metrics.height() + 3 * _PAD_Y
        box = QRectF(self.width() - _MARGIN - wide, bottom - high, wide, high)
        self._paint_plate(painter, palette, box)
        left, top = box.left() + _PAD_X, box.top() + _PAD_Y
        painter.setPen(palette.plate_text)
        painter.drawText(QPointF(left, top + metrics.ascent()), legend.title)
        bar = QRectF(left, top + metrics.height() + _PAD_Y, 12, _LEGEND_PX)
        ramp = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        for i, rgb in enumerate(legend.colours):
            ramp.setColorAt(i / max(len(legend.colours) - 1, 1), QColor(*rgb))
        painter.fillRect(bar, ramp)
        painter.drawText(QPointF(bar.right() + 8, bar.top() + metrics.ascent()), legend.high)
        painter.drawText(QPointF(bar.right() + 8, bar.bottom() - metrics.descent()), legend.low)

    def _plate(
        self, painter: QPainter, palette: Palette, text: str, x: float, y: float, anchor: str
    ) -> None:
        """Words on a plate; `x` is its middle, `y` its top or bottom."""
        metrics = QFontMetricsF(self.font())
        room = self.width() - 2 * (_MARGIN + _PAD_X)
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        wide, high = metrics.horizontalAdvance(text) + 2 * _PAD_X, metrics.height() + 2 * _PAD_Y
        top = y if anchor == "top" else y - high
        box = QRectF(x - wide / 2, top, wide, high)
        self._paint_plate(painter, palette, box)
        painter.setPen(palette.plate_text)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_plate(self, painter: QPainter, palette: Palette, box: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.plate)
        painter.drawRoundedRect(box, _ROUND, _ROUND)

    def _bar(self, screen: Screen) -> tuple[float, str]:
        """Length of the scale bar [px] and what it says."""
        per_px = 1 / screen.fx if screen.ortho else screen.focus / screen.fx
        unit = round_unit(self._metres_per_unit, self._system)
        length = unit * round_up(_BAR_PX * per_px / unit)
        return length / per_px, round_text(self._text_of(length))

    def _text_of(self, length: float) -> str:
        if self._metres_per_unit is None and length == 1:
            return tr("1 unit")
        return length_text(length, self._metres_per_unit, system=self._system)


def round_unit(metres_per_unit: float | None, system: UnitSystem) -> float:
    """World units of the unit in which round lengths are round: a metre, a foot."""
    if metres_per_unit is None:
        return 1.0
    return (METRES_PER_FOOT if system == "imperial" else 1.0) / metres_per_unit


def round_text(text: str) -> str:
    """A length without the decimals that say nothing: "10.0 cm" → "10 cm"."""
    return re.sub(r"([.,]\d*?)0+(?=\s|$)", lambda found: found[1].rstrip(".,"), text, count=1)
