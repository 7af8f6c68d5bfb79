"""Undo as stepping to an older value: nothing has an inverse that could be wrong."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from da3studio.project.document import Project

_MOST_STEPS = 1000  # snapshots share what did not change: some kilobytes a step


@dataclass(frozen=True)
class _Step:
    label: str  # what was done to leave `project`, or to reach it again
    project: Project


class History:
    """The present project, what it was before, and what was undone.

    Args:
        present: where it starts; there is nothing to undo.
        most_steps: the oldest step is forgotten beyond that.
    """

    def __init__(self, present: Project, most_steps: int = _MOST_STEPS) -> None:
        self._present = present
        self._past: deque[_Step] = deque(maxlen=most_steps)
        self._future: list[_Step] = []
        self._gesture: str | None = None

    @property
    def present(self) -> Project:
        """The project as it is now."""
        return self._present

    def commit(self, label: str, project: Project, gesture: str | None = None) -> None:
        """Make `project` the present one.

        Args:
            label: of the step, for the menu; one short phrase.
            project: the new value; if it equals the present one nothing happens.
            gesture: of one drag or stroke: steps of one gesture in a row are one to undo.
        """
        goes_on = gesture is not None and gesture == self._gesture
        if project == self._present:
            return
        self._future.clear()
        if not goes_on:
            self._past.append(_Step(label, self._present))
        elif self._past and self._past[-1].project == project:  # dragged back to where it began
            self._past.pop()
            gesture = None
        self._present, self._gesture = project, gesture

    def replace_present(self, project: Project) -> None:
        """Put the present value otherwise, without a step: what is meant stays the same."""
        self._present = project

    def undo(self) -> Project:
        """Go one step back.

        Raises:
            IndexError: there is none.
        """
        step = self._past.pop()
        self._future.append(_Step(step.label, self._present))
        self._present, self._gesture = step.project, None
        return self._present

    def redo(self) -> Project:
        """Go one step forward again.

        Raises:
            IndexError: there is none.
        """
        step = self._future.pop()
        self._past.append(_Step(step.label, self._present))
        self._present, self._gesture = step.project, None
        return self._present

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    @property
    def undo_label(self) -> str:
        """Of the step that `undo` takes back, "" if there is none."""
        return self._past[-1].label if self._past else ""

    @property
    def redo_label(self) -> str:
        """Of the step that `redo` repeats, "" if there is none."""
        return self._future[-1].label if self._future else ""
