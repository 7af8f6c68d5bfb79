"""What all tools that pick points on the surface share."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter

from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.drawing import accent, cross, dot, point_on
from da3studio.app.viewport.tools.pick import SurfacePicker
from da3studio.app.viewport.tools.tool import Pointer, Surroundings, Tool
from da3studio.base.i18n import tr
from da3studio.geometry.measuring import SurfacePoint


class PlaceTool(Tool):
    """Clicks land on the surface; drags turn the view as ever."""

    id: ClassVar[str] = ""

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around.session)
        self._around = around
        self._picker = SurfacePicker(around.session, self)
        self._hovered: SurfacePoint | None = None
        # Drags are left to navigation, which tells what turned out to be a click.
        around.navigator.clicked.connect(self.click)

    def _placed(self, point: SurfacePoint) -> None:
        """A click landed."""

    def click(self, at: Pointer) -> None:
        self._picker.ask(self._around.screen(), at.x, at.y, self._answer)

    def _answer(self, point: SurfacePoint | None) -> None:
        if point is None:
            self._around.session.said.emit(tr("There is no surface here. Click on the model."))
        else:
            self._placed(point)
        self.changed.emit()

    def move(self, at: Pointer) -> bool:
        if at.buttons == Qt.MouseButton.NoButton:
            self._hovered = self._picker.hover(self._around.screen(), at.x, at.y)
            self.changed.emit()
        return False

    def key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self._around.view.set_tool("")
            return True
        return False

    def leave(self) -> None:
        self._hovered = None
        self._picker.drop()
        self._around.navigator.clicked.disconnect(self.click)

    def paint(self, painter: QPainter, screen: Screen) -> None:
        """Where a click would land."""
        if self._hovered is not None:
            at = point_on(screen, self._hovered.xyz)
            if at is not None:
                cross(painter, at, accent())
                dot(painter, at, accent(), 2.5)
