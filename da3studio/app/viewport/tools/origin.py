"""Picking the point that the scene is placed by."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtGui import QPainter

from da3studio.app.theme import colours
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.drawing import dot, point_on
from da3studio.app.viewport.tools.place import PlaceTool
from da3studio.geometry.measuring import SurfacePoint


class OriginTool(PlaceTool):
    """One click sets the origin."""

    id: ClassVar[str] = "origin"
    label: ClassVar[str] = "Origin"
    hint: ClassVar[str] = "Click the point that becomes the origin. Esc ends."

    def _placed(self, point: SurfacePoint) -> None:
        self._around.placing.set_origin(point.xyz)

    def paint(self, painter: QPainter, screen: Screen) -> None:
        origin = self._around.placing.placement.origin
        at = None if origin is None else point_on(screen, origin)
        if at is not None:
            dot(painter, at, colours().good, 6.0)
        super().paint(painter, screen)
