"""Two points whose true distance is known."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

from da3studio.app.theme import colours
from da3studio.app.units import length_text, system_of
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.drawing import accent, dot, plate, point_on, segment_on, stroke
from da3studio.app.viewport.tools.place import PlaceTool
from da3studio.app.viewport.tools.tool import Surroundings
from da3studio.geometry.measuring import SurfacePoint


class SetScaleTool(PlaceTool):
    """Picks the two ends; the length is typed in the panel."""

    id: ClassVar[str] = "scale"
    label: ClassVar[str] = "Set size"
    hint: ClassVar[str] = "Click the two ends of a length you know, then type it. Esc starts over."

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._lengths = around.lengths
        self._lengths.changed.connect(self.changed)

    def _placed(self, point: SurfacePoint) -> None:
        self._lengths.pick_end(point)

    def key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace) and self._lengths.ends:
            self._lengths.drop_ends()
            return True
        return super().key(event)

    def leave(self) -> None:
        super().leave()
        self._lengths.drop_ends()

    def paint(self, painter: QPainter, screen: Screen) -> None:
        good = colours().good
        system = system_of(self._around.session.settings)
        for known in self._lengths.lengths:
            stroke(painter, [segment_on(screen, known.a, known.b)], good, 2.0)
            at = point_on(screen, (np.array(known.a) + np.array(known.b)) / 2)
            if at is not None:
                plate(painter, at, length_text(known.metres, 1.0, system=system))
        ends = [end.xyz for end in self._lengths.ends]
        if len(ends) == 2:
            stroke(painter, [segment_on(screen, *ends)], accent(), 2.5)
            at = point_on(screen, np.mean(ends, axis=0))
            if at is not None:
                plate(painter, QPointF(at.x(), at.y() - 20), self._lengths.ends_text)
        elif ends and self._hovered is not None:
            rubber = [segment_on(screen, ends[0], self._hovered.xyz)]
            stroke(painter, rubber, accent(), 1.6, dashed=True)
        for end in ends:
            at = point_on(screen, end)
            if at is not None:
                dot(painter, at, accent())
        super().paint(painter, screen)
