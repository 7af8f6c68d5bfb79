"""The tool in hand: made anew each time it is taken up."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from da3studio.app.viewmodels.view_state import ViewState
from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.tools.tool import Surroundings, Tool, ToolRow


class ToolBelt(QObject):
    """Follows `ViewState.tool`: gives the canvas the tool of that id and takes the last one away.

    Args:
        canvas: asks the tool before it navigates.
        view: says which tool is wanted.
        rows: the tools there are.
        around: what tools may look at; without it there are none.
    """

    changed = Signal()  # another tool, or none

    def __init__(
        self,
        canvas: ViewportCanvas,
        view: ViewState,
        rows: Sequence[ToolRow],
        around: Surroundings | None,
    ) -> None:
        super().__init__(canvas)
        self._canvas, self._view, self._around = canvas, view, around
        self.rows = tuple(rows) if around is not None else ()
        self.tool: Tool | None = None
        view.tool_changed.connect(self._follow)

    def _follow(self) -> None:
        last, self.tool = self.tool, None
        self._canvas.set_tool(None)
        if last is not None:
            last.leave()
        row = next((row for row in self.rows if row.id == self._view.tool), None)
        if row is not None and self._around is not None:
            self.tool = row.factory(self._around)
            self._canvas.set_tool(self.tool)
            self._canvas.native.setFocus()  # its keys work at once
        self.changed.emit()
        if last is not None:
            last.deleteLater()
