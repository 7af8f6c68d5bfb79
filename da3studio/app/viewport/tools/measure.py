"""Measuring by clicking points on the surface."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.drawing import accent, dot, plate, point_on, segment_on, stroke
from da3studio.app.viewport.tools.place import PlaceTool
from da3studio.app.viewport.tools.tool import Pointer, Surroundings
from da3studio.geometry.measuring import SurfacePoint


class MeasureTool(PlaceTool):
    """Collects points for the kind of measurement that is chosen in the panel."""

    id: ClassVar[str] = "measure"
    label: ClassVar[str] = "Measure"
    hint: ClassVar[str] = (
        "Click points on the model. Enter ends a line or area, Backspace takes the last point back."
    )

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._measurements = around.measurements
        self._measurements.draft_changed.connect(self.changed)

    def _placed(self, point: SurfacePoint) -> None:
        if self._measurements.kind != "box":
            self._measurements.add_point(point)

    def double(self, at: Pointer) -> bool:  # noqa: ARG002  its first click has set the point
        if self._measurements.kind not in ("polyline", "area") or not self._measurements.draft:
            return False
        self._measurements.finish()
        return True

    def key(self, event: QKeyEvent) -> bool:
        draft = self._measurements.draft
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._measurements.kind == "box":
                self._measurements.measure_size()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if draft:
                self._measurements.finish()
            case Qt.Key.Key_Backspace if draft:
                self._measurements.drop_point()
            case Qt.Key.Key_Escape if draft:
                self._measurements.cancel()
            case _:
                return super().key(event)
        return True

    def leave(self) -> None:
        super().leave()
        self._measurements.cancel()

    def paint(self, painter: QPainter, screen: Screen) -> None:
        points = [point.xyz for point in self._measurements.draft]
        lines = [segment_on(screen, a, b) for a, b in pairwise(points)]
        stroke(painter, lines, accent(), 2.5)
        if points and self._hovered is not None:
            rubber = [segment_on(screen, points[-1], self._hovered.xyz)]
            if self._measurements.kind == "area" and len(points) > 1:
                rubber.append(segment_on(screen, points[0], self._hovered.xyz))
            stroke(painter, rubber, accent(), 1.6, dashed=True)
        for point in points:
            at = point_on(screen, point)
            if at is not None:
                dot(painter, at, accent())
        if points and (text := self._measurements.draft_text):
            at = point_on(screen, np.mean(points[-2:], axis=0))
            if at is not None:
                plate(painter, QPointF(at.x(), at.y() - 20), text)
        super().paint(painter, screen)
