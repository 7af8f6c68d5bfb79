"""Picking the floor: one click on something flat and level, or three points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPolygonF

from da3studio.app.theme import colours
from da3studio.app.viewmodels.placing import Proposal
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.drawing import accent, dot, faint, point_on, segment_on, stroke
from da3studio.app.viewport.tools.place import PlaceTool
from da3studio.app.viewport.tools.tool import Pointer, Surroundings
from da3studio.base.i18n import tr
from da3studio.geometry.floor import Plane, plane_around, plane_through
from da3studio.geometry.measuring import SurfacePoint

_LINES = 8  # of the grid that shows the floor
_ARROW = 0.25  # its length in sides of the grid
_MOST_POINTS = 200_000  # looked at; rows are in random order


class FloorTool(PlaceTool):
    """Clicks become a proposal of the floor, which the person applies."""

    id: ClassVar[str] = "floor"
    label: ClassVar[str] = "Floor"
    hint: ClassVar[str] = (
        "Click the floor or table, or three points of it with Shift. Enter applies, Esc cancels."
    )

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._placing = around.placing
        self._corners: list[SurfacePoint] = []
        self._one_of_three = False
        self._square: tuple[Proposal, NDArray[np.float64]] | None = None
        self._placing.changed.connect(self.changed)

    def click(self, at: Pointer) -> None:
        self._one_of_three = at.holds(Qt.KeyboardModifier.ShiftModifier)
        super().click(at)

    def press(self, at: Pointer) -> bool:
        """Shift with the left button moves the view elsewhere; here it sets one of three points."""
        return at.holds(Qt.KeyboardModifier.ShiftModifier)

    def release(self, at: Pointer) -> bool:
        self.click(at)
        return True

    def _placed(self, point: SurfacePoint) -> None:
        if self._one_of_three:
            self._corners.append(point)
            if len(self._corners) == 3:
                corners, self._corners = [one.xyz for one in self._corners], []
                self._propose(lambda eye: plane_through(corners, eye))
            return
        cloud, keep = self._around.scene.cloud, self._around.scene.keep
        if cloud is None:
            return
        self._corners = []
        xyz = cloud.xyz[:_MOST_POINTS]
        if keep is not None:
            xyz = xyz[keep[:_MOST_POINTS]]
        self._propose(lambda eye: plane_around(xyz, point.xyz, eye))

    def _propose(self, find: Callable[[NDArray[np.float64]], Plane]) -> None:
        """Make a plane the proposal; its upper side is that of the cameras."""
        registration = self._around.scene.registration
        if registration is None:
            return
        centres = [camera.centre for camera in registration.cameras.values()]
        try:
            plane = find(np.mean(centres, axis=0))
        except ValueError:  # points on one line
            self._around.session.said.emit(tr("These points do not span a plane. Try others."))
            return
        self._placing.propose_floor(plane)

    def key(self, event: QKeyEvent) -> bool:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._placing.proposal is not None:
                self._placing.apply()
                self._around.view.set_tool("")
            case Qt.Key.Key_Escape if self._placing.proposal is not None or self._corners:
                self._corners = []
                self._placing.cancel()
            case _:
                return super().key(event)
        return True

    def leave(self) -> None:
        super().leave()
        self._corners = []
        self._placing.cancel()

    def paint(self, painter: QPainter, screen: Screen) -> None:
        proposal = self._placing.proposal
        if proposal is not None:
            self._paint_floor(painter, screen, proposal)
        for corner in self._corners:
            at = point_on(screen, corner.xyz)
            if at is not None:
                dot(painter, at, accent())
        super().paint(painter, screen)

    def _paint_floor(self, painter: QPainter, screen: Screen, proposal: Proposal) -> None:
        """A grid where the floor would be, with an arrow that points up."""
        if self._square is None or self._square[0] is not proposal:
            self._square = proposal, self._placing.floor_square()
        a, b, c, d = self._square[1]
        steps = np.linspace(0, 1, _LINES + 1)[:, None]
        good = colours().good
        lines = [
            segment_on(screen, start, end)
            for first, second in (((a, b), (d, c)), ((a, d), (b, c)))
            for start, end in zip(
                first[0] + steps * (first[1] - first[0]),
                second[0] + steps * (second[1] - second[0]),
                strict=True,
            )
        ]
        stroke(painter, lines, faint(good, 150), 1.2)
        centre = (a + c) / 2
        tip = centre + proposal.up * float(np.linalg.norm(b - a)) * _ARROW
        stroke(painter, [segment_on(screen, centre, tip)], good, 3.0)
        at, foot = point_on(screen, tip), point_on(screen, centre)
        if at is not None and foot is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(good)
            painter.drawPolygon(_arrow_head(foot, at))


def _arrow_head(start: QPointF, end: QPointF) -> QPolygonF:
    along = end - start
    length = math.hypot(along.x(), along.y())
    if length < 1:
        return QPolygonF()
    x, y = along.x() / length * 12, along.y() / length * 12
    return QPolygonF(
        [
            QPointF(end.x() + x, end.y() + y),
            QPointF(end.x() - y / 2, end.y() + x / 2),
            QPointF(end.x() + y / 2, end.y() - x / 2),
        ]
    )
