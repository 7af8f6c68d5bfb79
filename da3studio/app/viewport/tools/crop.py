"""The crop box, dragged by its handles."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPen

from da3studio.app.theme import colours
from da3studio.app.units import length_text, number_text, system_of
from da3studio.app.viewmodels.crop_box import TurnedBox
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.box_handles import (
    HANDLES,
    Grip,
    Handle,
    handle_at,
    is_front,
    place_of,
)
from da3studio.app.viewport.tools.drawing import (
    Line,
    accent,
    dot,
    faint,
    plate,
    point_on,
    segment_on,
    stroke,
)
from da3studio.app.viewport.tools.tool import Pointer, Surroundings, Tool

_SNAP_DEG = 15.0
_RING_STEPS = 72
_EDGES = tuple(
    (i, i | 1 << axis, axis) for axis in range(3) for i in range(8) if not i >> axis & 1
)  # fmt: skip


class CropTool(Tool):
    """Drags faces, the whole box, or turns it; everything else is navigation's."""

    id: ClassVar[str] = "crop"
    label: ClassVar[str] = "Crop"
    hint: ClassVar[str] = (
        "Dots change the size, the square moves, arrows turn. Enter applies, Esc cancels."
    )
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.ArrowCursor

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around.session)
        self._around, self._model = around, around.crop
        self._grip: Grip | None = None
        self._hovered: Handle | None = None
        self._model.changed.connect(self.changed)

    @classmethod
    def begun(cls, around: Surroundings) -> CropTool:
        """The tool with its box already there."""
        tool = cls(around)
        around.selection.clear()
        around.crop.begin()
        return tool

    def leave(self) -> None:
        self._grip = self._hovered = None
        self._model.cancel()

    def press(self, at: Pointer) -> bool:
        box = self._model.box
        if box is None:
            return False
        handle = handle_at(box, self._around.screen(), at.x, at.y)
        if handle is None:
            return False
        self._grip = Grip(handle, box, self._model.number("angle"), at.x, at.y)
        self.changed.emit()
        return True

    def move(self, at: Pointer) -> bool:
        if self._grip is not None:
            self._drag(self._grip, at)
            return True
        box = self._model.box
        hovered = None
        if box is not None and at.buttons == Qt.MouseButton.NoButton:
            hovered = handle_at(box, self._around.screen(), at.x, at.y)
        if hovered != self._hovered:
            self._hovered = hovered
            self.changed.emit()
        return hovered is not None

    def release(self, at: Pointer) -> bool:  # noqa: ARG002  the last move was there
        held, self._grip = self._grip is not None, None
        self.changed.emit()
        return held

    def double(self, at: Pointer) -> bool:
        return self.press(at)

    def key(self, event: QKeyEvent) -> bool:
        match event.key():
            case Qt.Key.Key_Escape if self._grip is not None:
                box, self._grip = self._grip.box, None
                self._model.set_box(box.centre, box.half, box.axes)
            case Qt.Key.Key_Escape:
                self._around.view.set_tool("")
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._model.box is not None:
                self._model.apply()
                self._around.view.set_tool("")
            case _:
                return False
        return True

    def _drag(self, grip: Grip, at: Pointer) -> None:
        screen, box = self._around.screen(), grip.box
        if grip.handle.kind == "face":
            by = grip.along(screen, at.x, at.y, grip.handle.axis)
            if by is not None:
                axis, sign = grip.handle.axis, grip.handle.sign
                # From the box as it was taken, or rounding would creep in with every step.
                self._model.set_box(box.centre, box.half, box.axes)
                self._model.move_face(axis, sign, sign * float(box.half[axis]) + by)
        elif grip.handle.kind == "turn":
            degrees = grip.angle_deg + math.degrees(grip.turned_rad(screen, at.x, at.y))
            if at.holds(Qt.KeyboardModifier.ControlModifier):
                degrees = round(degrees / _SNAP_DEG) * _SNAP_DEG
            self._model.turn_to(degrees)
        elif at.holds(Qt.KeyboardModifier.ShiftModifier):
            by = grip.along(screen, at.x, at.y, 2)
            if by is not None:
                self._model.set_box(box.centre + by * box.axes[2], box.half, box.axes)
        else:
            self._model.set_box(
                box.centre + grip.across(screen, at.x, at.y), box.half, box.axes
            )  # fmt: skip

    # Painting

    def paint(self, painter: QPainter, screen: Screen) -> None:
        box = self._model.box
        if box is None:
            return
        self._paint_edges(painter, screen, box)
        active = self._grip.handle if self._grip is not None else self._hovered
        if active is not None and active.kind == "turn":
            self._paint_ring(painter, screen, box)
        for handle in HANDLES:
            self._paint_handle(painter, screen, box, handle, handle == active)
        if self._grip is not None:
            self._paint_number(painter, screen, box, self._grip.handle)

    def _paint_edges(self, painter: QPainter, screen: Screen, box: TurnedBox) -> None:
        corners = box.corners()
        front = {(h.axis, h.sign): is_front(h, box, screen) for h in HANDLES if h.kind == "face"}
        inside = not any(front.values())
        near: list[Line] = []
        far: list[Line] = []
        for i, j, axis in _EDGES:
            faces = [(a, 1 if i >> a & 1 else -1) for a in range(3) if a != axis]
            seen = inside or any(front[face] for face in faces)
            (near if seen else far).append(segment_on(screen, corners[i], corners[j]))
        stroke(painter, far, faint(accent(), 130), 1.2, dashed=True, rim=False)
        stroke(painter, near, accent(), 2.0)

    def _paint_ring(self, painter: QPainter, screen: Screen, box: TurnedBox) -> None:
        angles = np.linspace(0, 2 * math.pi, _RING_STEPS + 1)
        radius = float(np.linalg.norm(box.half[:2]))
        ring = box.centre + radius * (
            np.cos(angles)[:, None] * box.axes[0] + np.sin(angles)[:, None] * box.axes[1]
        )
        lines = [segment_on(screen, a, b) for a, b in pairwise(ring)]
        stroke(painter, lines, faint(accent(), 170), 1.5)

    def _paint_handle(
        self, painter: QPainter, screen: Screen, box: TurnedBox, handle: Handle, active: bool
    ) -> None:
        at = point_on(screen, place_of(handle, box))
        if at is None:
            return
        palette, radius = colours(), 8.0 if active else 6.0
        colour = palette.marked if active else accent()
        if handle.kind == "turn":
            if not (active or is_front(handle, box, screen)):
                return
            painter.setPen(QPen(palette.plate, 2))
            painter.setBrush(palette.plate)
            painter.drawEllipse(at, radius + 3, radius + 3)
            painter.setPen(QPen(colour, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            side = radius + 0.5
            painter.drawArc(
                int(at.x() - side), int(at.y() - side), int(2 * side), int(2 * side),
                40 * 16, 280 * 16,
            )  # fmt: skip
            tip = QPointF(at.x() + side * math.cos(math.radians(40)),
                          at.y() - side * math.sin(math.radians(40)))  # fmt: skip
            stroke(painter, [(tip, QPointF(tip.x() + 1, tip.y() - 6)),
                             (tip, QPointF(tip.x() - 6, tip.y() - 1))], colour, 1.6)  # fmt: skip
        elif handle.kind == "centre":
            painter.setPen(QPen(palette.plate, 2))
            painter.setBrush(colour)
            painter.drawRect(
                int(at.x() - radius), int(at.y() - radius), int(2 * radius), int(2 * radius)
            )
        elif is_front(handle, box, screen) or active:
            dot(painter, at, colour, radius)
        else:
            dot(painter, at, faint(colour, 110), radius - 1.5)

    def _paint_number(
        self, painter: QPainter, screen: Screen, box: TurnedBox, handle: Handle
    ) -> None:
        at = point_on(screen, place_of(handle, box))
        if at is None or handle.kind == "centre":
            return
        scene = self._around.scene
        if handle.kind == "turn":
            text = f"{number_text(self._model.number('angle'), 1)}°"
        else:
            text = length_text(
                2 * float(box.half[handle.axis]),
                scene.metres_per_unit,
                system=system_of(self._around.session.settings),
            )
        plate(painter, QPointF(at.x(), at.y() - 26), text)
