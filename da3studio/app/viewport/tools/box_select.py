"""Selecting points in a rectangle on the screen."""

from __future__ import annotations

from typing import ClassVar

from da3studio.app.viewport.tools.select import SelectTool
from da3studio.app.viewport.tools.tool import Pointer


class BoxSelectTool(SelectTool):
    """From one corner to the opposite one."""

    id: ClassVar[str] = "box"
    label: ClassVar[str] = "Select"

    def _begin(self, at: Pointer) -> None:
        self._first = self._second = at.xy

    def _extend(self, at: Pointer) -> None:
        self._second = at.xy

    def _corners(self) -> tuple[tuple[float, float], ...]:
        (x0, y0), (x1, y1) = self._first, self._second
        if x0 == x1 or y0 == y1:
            return ()
        return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
