"""Selecting points by outlining them: what rectangle and lasso have in common."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

from da3studio.app.viewmodels.selection import Way
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.drawing import outline, plate
from da3studio.app.viewport.tools.tool import Pointer, Surroundings, Tool
from da3studio.base.i18n import trn

SELECT_HINT = (
    "Drag to select. Shift adds, Ctrl takes away. Ctrl+I inverts, Del deletes, Esc clears."
)


class SelectTool(Tool):
    """Drag an outline; on release what is inside is selected."""

    id: ClassVar[str] = ""
    hint: ClassVar[str] = SELECT_HINT

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around.session)
        self._around, self._selection = around, around.selection
        self._start: Pointer | None = None
        self._end: Pointer | None = None
        self._selection.changed.connect(self.changed)

    # What a kind of outline has to say

    def _begin(self, at: Pointer) -> None:
        """The first corner."""

    def _extend(self, at: Pointer) -> None:
        """The pointer moved."""

    def _corners(self) -> tuple[tuple[float, float], ...]:
        """The outline so far [logical px]."""
        return ()

    # The gesture

    def press(self, at: Pointer) -> bool:
        if self._around.scene.cloud is None:
            return False
        self._start = self._end = at
        self._begin(at)
        return True

    def move(self, at: Pointer) -> bool:
        if self._start is None:
            return False
        self._end = at
        self._extend(at)
        self.changed.emit()
        return True

    def release(self, at: Pointer) -> bool:
        start, self._end = self._start, None
        if start is None:
            return False
        self._extend(at)
        corners, way = self._corners(), _way(start)
        self._start = None
        if at.near(*start.xy) and not _spans(corners):
            if way == "replace":
                self._selection.clear()
        else:
            screen = self._around.screen()
            self._selection.outline(corners, screen.matrix(), way)
        self.changed.emit()
        return True

    def double(self, at: Pointer) -> bool:
        return self.press(at)

    def key(self, event: QKeyEvent) -> bool:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        match event.key():
            case Qt.Key.Key_Escape if self._start is not None:
                self._start = self._end = None
                self.changed.emit()
            case Qt.Key.Key_Escape if not self._selection.is_empty:
                self._selection.clear()
            case Qt.Key.Key_Escape:
                self._around.view.set_tool("")
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self._selection.delete()
            case Qt.Key.Key_I if modifiers & Qt.KeyboardModifier.ControlModifier:
                self._selection.invert()
            case _:
                return False
        return True

    def leave(self) -> None:
        self._start = self._end = None

    def paint(self, painter: QPainter, screen: Screen) -> None:
        if self._start is not None and self._end is not None:
            outline(painter, self._corners(), closed=True)
            way = _way(self._start)
            if way != "replace":
                sign = "+" if way == "add" else "−"
                plate(painter, QPointF(self._end.x + 20, self._end.y + 20), sign)
        elif not self._selection.is_empty:
            n = self._selection.n_selected
            text = trn("{n} point selected", "{n} points selected", n)
            plate(painter, QPointF(screen.width / 2, screen.height - 78), text)


def _way(at: Pointer) -> Way:
    """By what was held when the gesture began, as hands let go of keys and buttons in any order."""
    if at.holds(Qt.KeyboardModifier.ShiftModifier):
        return "add"
    if at.holds(Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
        return "subtract"
    return "replace"


def _spans(corners: tuple[tuple[float, float], ...]) -> bool:
    """Whether an outline that ends where it began went somewhere else in between."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return len(corners) > 3 and max(xs) - min(xs) > 4 and max(ys) - min(ys) > 4
