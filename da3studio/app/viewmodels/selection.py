"""The points a person outlined, before anything is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.session import Session
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.i18n import tr
from da3studio.edits.base import ListedEdit
from da3studio.edits.selection import MOST_STEPS, DeleteSelected, SelectStep, selected

Way = Literal["replace", "add", "subtract"]

_AT_ONCE = 1_000_000  # points whose test takes less time than a person notices


class Selection(QObject):
    """Outlines and inversions, each upon the one before; kept as gestures, never as rows."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._scene = session, session.scene
        self._newest = Newest(session.background, self)
        self._steps: tuple[SelectStep, ...] = ()
        self._known: tuple[tuple[SelectStep, ...], NDArray[np.bool_]] | None = None
        self._marked: NDArray[np.bool_] | None = None
        self._n_selected = 0
        self._scene.changed.connect(self._follow)
        self._scene.moved.connect(self.clear)  # an outline is about the world it was drawn in

    @property
    def steps(self) -> tuple[SelectStep, ...]:
        return self._steps

    @property
    def is_empty(self) -> bool:
        return not self._steps

    @property
    def n_selected(self) -> int:
        """Points that are selected and visible, as far as that is computed."""
        return self._n_selected

    def outline(
        self,
        polygon: Sequence[tuple[float, float]],
        matrix: NDArray[np.float64],
        way: Way,
        *,
        front: bool = True,
    ) -> None:
        """Select what appears inside an outline, instead of or on top of what is selected.

        Args:
            polygon: corners [px]; fewer than 3 enclose nothing.
            matrix: `(3, 4)` world → homogeneous pixels, when it was drawn.
            way: what it does to the selection so far.
            front: the matrix's third row is a depth that has to be positive.
        """
        if len(polygon) < 3:
            if way == "replace":
                self.clear()
            return
        if way == "subtract" and not self._steps:
            return
        numbers = tuple(float(value) for value in np.asarray(matrix).ravel())
        corners = tuple((float(x), float(y)) for x, y in polygon)
        step = SelectStep("subtract" if way == "subtract" else "add", corners, numbers, front)
        self._set((step,) if way == "replace" else (*self._steps, step))

    def invert(self) -> None:
        """Select what is not selected, and the reverse."""
        if self._scene.cloud is None:
            return
        if self._steps and self._steps[-1].op == "invert":
            self._set(self._steps[:-1])
        else:
            self._set((*self._steps, SelectStep("invert")))

    def clear(self) -> None:
        if self._steps:
            self._set(())

    def delete(self) -> None:
        """Cut the selected points away, as one step that can be undone and switched off."""
        if not self._steps:
            return
        edit = ListedEdit.new(DeleteSelected(self._steps))
        project = self._session.project
        self._set(())
        self._session.commit(
            tr("Delete selected points"), project.with_edits((*project.edits, edit))
        )  # fmt: skip

    def _set(self, steps: tuple[SelectStep, ...]) -> None:
        self._steps = steps[-MOST_STEPS:]
        self._compute()
        self.changed.emit()

    def _compute(self) -> None:
        cloud, steps = self._scene.cloud, self._steps
        if not steps or cloud is None:
            self._newest.drop()
            self._known = None
            self._show(None)
            return
        done, start = 0, None
        if self._known is not None and steps[: len(self._known[0])] == self._known[0]:
            done, start = len(self._known[0]), self._known[1]

        def work() -> NDArray[np.bool_]:
            return selected(steps[done:], cloud.xyz, start)

        def show(mask: NDArray[np.bool_]) -> None:
            self._known = steps, mask
            self._show(mask)

        if len(cloud) <= _AT_ONCE:
            self._newest.drop()
            show(work())
        else:
            self._newest.ask(work, show)

    def _show(self, mask: NDArray[np.bool_] | None) -> None:
        """Mark the visible part; leave what others marked where there is nothing to take back."""
        before = self._marked
        if mask is not None:
            keep = self._scene.keep
            mask = mask.copy() if keep is None else mask & keep
        self._marked = mask
        self._n_selected = 0 if mask is None else int(np.count_nonzero(mask))
        if mask is not None or (before is not None and self._scene.marked is before):
            self._scene.mark(mask)
        self.changed.emit()

    def _follow(self, parts: Part) -> None:
        if not self._steps:
            return
        if Part.CLOUD in parts:
            self._known = None
            self._compute()
        elif Part.KEEP in parts and self._known is not None:
            self._show(self._known[1])
        elif Part.MARKED in parts and self._scene.marked is not self._marked:
            # Something else shows what it would cut: a selection nobody sees must not be deleted.
            self._steps, self._known, self._marked, self._n_selected = (), None, None, 0
            self._newest.drop()
            self.changed.emit()
