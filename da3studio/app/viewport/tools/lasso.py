"""Selecting points in a free outline."""

from __future__ import annotations

from typing import ClassVar

from da3studio.app.viewport.tools.select import SelectTool
from da3studio.app.viewport.tools.tool import Pointer

_STEP_PX = 2.0  # corners closer than this add nothing that a mask of whole pixels would show
_MOST_CORNERS = 5000


class LassoTool(SelectTool):
    """Along the way of the pointer, back to its start in a straight line."""

    id: ClassVar[str] = "lasso"
    label: ClassVar[str] = "Lasso"

    def _begin(self, at: Pointer) -> None:
        self._way = [at.xy]

    def _extend(self, at: Pointer) -> None:
        if not at.near(*self._way[-1], within=_STEP_PX) and len(self._way) < _MOST_CORNERS:
            self._way.append(at.xy)

    def _corners(self) -> tuple[tuple[float, float], ...]:
        return tuple(self._way)
