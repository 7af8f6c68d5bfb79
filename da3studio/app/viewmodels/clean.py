"""Setting one edit by its numbers: what it would cut is shown before it is done."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QLocale, QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.units import METRES_PER_INCH
from da3studio.app.viewmodels.adjusters import (
    Adjuster,
    Counted,
    Distribution,
    NumberField,
    Prepared,
    adjuster_of,
    count,
)
from da3studio.app.viewmodels.edit_list import count_text, points_text
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.i18n import tr
from da3studio.edits.base import Edit, ListedEdit
from da3studio.edits.planes import RemovePlane
from da3studio.edits.shapes import Box
from da3studio.edits.stack import EditStack
from da3studio.project.change import Change

if TYPE_CHECKING:
    from da3studio.app.session import Session

_LENGTH_REACH = 5.0  # how many times its first value a length can be dragged to


class Clean(QObject):
    """One edit being set, new or from the list, before it is applied or dropped.

    What it would cut is marked in the viewport. Nothing of this is in the project until `apply`.

    Args:
        session: has the project, the scene and the tools of the viewport.
    """

    changed = Signal()  # what is being set, or one of its numbers
    counted = Signal()  # `count_text` or `busy`
    box_wanted = Signal(str)  # id of an entry that its tool is to take up

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._scene, self._view = session, session.scene, session.view
        self._prepares = Newest(session.background, self)
        self._counts = Newest(session.background, self)
        self._forget()
        session.changed.connect(self._project_changed)
        session.folder_changed.connect(self.cancel)
        self._scene.changed.connect(self._scene_changed)
        self._scene.moved.connect(self.cancel)
        self._view.tool_changed.connect(self._tool_changed)

    def _forget(self) -> None:
        self._row: Adjuster | None = None
        self._list_id = ""  # of the entry that is being changed, "" = a new one
        self._draft: Edit | None = None
        self._distribution: Distribution | None = None
        self._count: Counted | None = None
        self._longest = 0.0  # where the slider of a length ends [world units]

    # What is shown

    @property
    def row(self) -> Adjuster | None:
        """The kind of edit that is being set, `None` = none is."""
        return self._row

    @property
    def draft(self) -> Edit | None:
        """The edit as set so far; `None` while it is being looked for."""
        return self._draft

    @property
    def is_new(self) -> bool:
        """Whether applying adds an entry to the list."""
        return not self._list_id

    @property
    def has_cloud(self) -> bool:
        return self._scene.stack is not None

    @property
    def distribution(self) -> Distribution | None:
        """Of the measure that the first number is a threshold of."""
        return self._distribution

    @property
    def busy(self) -> bool:
        """Whether the count is still of an earlier number, or none is there."""
        return self._row is not None and (self._count is None or self._count.edit != self._draft)

    @property
    def can_apply(self) -> bool:
        return self._draft is not None

    @property
    def count_text(self) -> str:
        """What the edit would cut, as a sentence."""
        if self._row is None:
            return ""
        if self._draft is None:
            return tr("Looking at the points…")
        if self._count is None:
            return tr("Counting…")
        n, there = self._count.n_marked, self._count.n_there
        if n == 0:
            return tr("Removes nothing of {total}").format(total=points_text(there))
        percent = QLocale().toString(100 * n / max(1, there), "g", 2)
        return tr("Removes {n} of {total} ({percent} %)").format(
            n=count_text(n), total=points_text(there), percent=percent
        )

    # Numbers

    def value(self, field: NumberField) -> float:
        """A number of the draft, as it is stored."""
        return float(getattr(self._draft, field.name))

    def reach(self, field: NumberField) -> tuple[float, float]:
        """Where the slider of a number begins and ends."""
        if field.is_length:
            return 0.0, self._longest
        if self._distribution is not None and field.decimals == 0:
            return max(field.low, np.ceil(self._distribution.low)), self._distribution.high + 0.5
        return field.low, field.high

    def shown_as(self, field: NumberField) -> tuple[float, str, int]:
        """How a number is written: factor from what is stored, what stands behind it, decimals."""
        if not field.is_length:
            return 1.0, tr(field.text) if field.text else "", field.decimals
        metres = self._scene.metres_per_unit
        if metres is None:
            decimals = 3 - math.floor(math.log10(self._longest)) if self._longest > 0 else 3
            return 1.0, " " + tr("units"), min(9, max(0, decimals))
        if self._session.settings.units == "imperial":
            return metres / METRES_PER_INCH, " " + tr("in"), 2
        return 100 * metres, " cm", 2

    def bounds(self, field: NumberField) -> tuple[float, float]:
        """What can be typed, as it is stored: no wider than makes sense here."""
        if field.is_length:
            return 0.0, 20 * self._longest
        if self._distribution is None or not self._by_share(field):
            return field.low, field.high
        least, most = self._distribution.values[0], self._distribution.values[-1]
        value = self.value(field)
        return max(field.low, min(value, least)), min(field.high, max(value, 2 * most))

    def threshold(self) -> float:
        """Where the first number stands among the values of its measure."""
        assert self._row is not None  # noqa: S101  asked while something is set
        field = self._row.fields[0]
        between = 0.5 if field.decimals == 0 else 0.0  # of two whole numbers
        return self.value(field) - between

    def set_value(self, field: NumberField, value: float) -> None:
        """Take a number, brought into its range; always answers with `changed`."""
        if self._draft is None:
            return
        low = min(max(value, field.low), field.high)
        number: Any = round(low) if field.decimals == 0 and not field.is_length else float(low)
        self._set_draft(replace(self._draft, **{field.name: number}))  # type: ignore[type-var]

    def position(self, field: NumberField) -> float:
        """Where the slider of a number stands, 0 = removes nothing ... 1.

        A threshold moves by the share of points it cuts, its square root for fine steps where it
        matters: at the few worst ones.
        """
        if self._draft is None:
            return 0.0
        value = self.value(field)
        if self._by_share(field):
            assert self._row is not None  # noqa: S101  for mypy: there is a draft
            assert self._distribution is not None  # noqa: S101
            return float(np.sqrt(self._distribution.share_at(value, self._row.removes)))
        low, high = self.reach(field)
        return float(np.clip((value - low) / (high - low), 0, 1)) if high > low else 0.0

    def set_position(self, field: NumberField, position: float) -> None:
        """Take a number from where its slider was put, 0...1."""
        if self._by_share(field):
            assert self._row is not None  # noqa: S101  for mypy: there is a distribution
            assert self._distribution is not None  # noqa: S101
            self.set_value(field, self._distribution.at_share(position**2, self._row.removes))
            return
        low, high = self.reach(field)
        self.set_value(field, low + position * (high - low))

    def _by_share(self, field: NumberField) -> bool:
        return (
            self._row is not None
            and self._distribution is not None
            and field is self._row.fields[0]
            and field.decimals > 0
            and len(self._distribution.values) > 0
        )

    def set_below(self, below: bool) -> None:
        """Whether what lies under a plane goes with it."""
        if isinstance(self._draft, RemovePlane):
            self._set_draft(replace(self._draft, below=below))

    def _set_draft(self, draft: Edit) -> None:
        self._draft = draft
        self.changed.emit()
        self._ask_count()

    # What a person does

    def start(self, row: Adjuster) -> None:
        """Begin to set a new edit of this kind."""
        self._begin(row, None)

    def can_adjust(self, edit_id: str) -> bool:
        """Whether an entry of the list has numbers to change."""
        listed = self._listed(edit_id)
        if not self.has_cloud or listed is None:
            return False
        return isinstance(listed.edit, Box) or adjuster_of(listed.edit) is not None

    def adjust(self, edit_id: str) -> bool:
        """Change an entry of the list; `False` if it has no numbers or is not there.

        A box is changed in the viewport, by its tool.
        """
        listed = self._listed(edit_id)
        if listed is None or not self.can_adjust(edit_id):
            return False
        row = adjuster_of(listed.edit)
        if row is None:
            self.box_wanted.emit(edit_id)
            self._view.set_tool("crop")
        else:
            self._begin(row, listed)
        return True

    def apply(self) -> None:
        """Put the edit into the project, as one step to undo."""
        if self._row is None or self._draft is None:
            return
        row, draft, list_id = self._row, self._draft, self._list_id
        stack, counted = self._scene.stack, self._count
        if stack is not None and counted is not None and counted.edit == draft:
            stack.put(draft, counted.removed)  # so that the points go at once
        self._end()
        edits = self._session.project.edits
        if list_id:
            edits = tuple(
                ListedEdit(list_id, draft) if listed.id == list_id else listed for listed in edits
            )
        else:
            edits += (ListedEdit.new(draft),)
        unchanged = edits == self._session.project.edits
        self._session.commit(tr(row.label), self._session.project.with_edits(edits))
        if unchanged:
            self._scene.edits_changed(edits)
        self._unmark(counted)
        self.changed.emit()
        self.counted.emit()

    def cancel(self) -> None:
        """Drop what was set; the project is as it was."""
        if self._row is None:
            return
        changing, counted = bool(self._list_id), self._count
        self._end()
        self._unmark(counted)
        if changing:
            self._scene.edits_changed(self._session.project.edits)
        self.changed.emit()
        self.counted.emit()

    def _unmark(self, counted: Counted | None) -> None:
        """Take the marks away, unless a tool has set others by now."""
        if counted is not None and self._scene.marked is counted.marked:
            self._scene.mark(None)

    def _end(self) -> None:
        self._prepares.drop()
        self._counts.drop()
        self._forget()

    def _begin(self, row: Adjuster, listed: ListedEdit | None) -> None:
        self.cancel()
        stack = self._scene.stack
        if stack is None:
            self._session.said.emit(tr("There are no points yet: reconstruct first."))
            return
        self._view.set_tool("")
        self._row = row
        if listed is not None:
            self._list_id = listed.id
            self._scene.edits_changed(self._others())  # its points are back, to be marked
        self.changed.emit()
        self.counted.emit()
        self._prepare(stack, listed.edit if listed else None)

    # Work beside the window

    def _prepare(self, stack: EditStack, edit: Edit | None) -> None:
        row, others, up = self._row, self._others(), self._scene.up
        assert row is not None  # noqa: S101  for mypy
        self._prepares.ask(lambda: row.prepare(stack, others, up, edit), self._take)

    def _take(self, prepared: Prepared) -> None:
        if prepared.draft is None:
            self.cancel()
            self._session.said.emit(tr("No flat surface was found in these points."))
            return
        self._distribution = prepared.distribution
        if isinstance(prepared.draft, RemovePlane):
            self._longest = max(self._longest, _LENGTH_REACH * prepared.draft.thickness)
        self._set_draft(prepared.draft)

    def _ask_count(self) -> None:
        stack, draft, others = self._scene.stack, self._draft, self._others()
        if stack is None or draft is None:
            return

        self._counts.ask(lambda: count(stack, others, draft), self._show_count)
        self.counted.emit()

    def _show_count(self, counted: Counted) -> None:
        self._count = counted
        self._scene.mark(counted.marked)
        self.counted.emit()

    # What happens elsewhere

    def _others(self) -> tuple[ListedEdit, ...]:
        edits = self._session.project.edits
        return tuple(listed for listed in edits if listed.id != self._list_id)

    def _listed(self, edit_id: str) -> ListedEdit | None:
        edits = self._session.project.edits
        return next((listed for listed in edits if listed.id == edit_id), None)

    def _project_changed(self, change: Change) -> None:
        if self._row is None or not change & Change.EDITS:
            return
        if not self._list_id:
            self._ask_count()
        elif self._listed(self._list_id) is None:
            self.cancel()
        else:
            self._scene.edits_changed(self._others())
            self._ask_count()

    def _scene_changed(self, part: Part) -> None:
        if not part & Part.CLOUD:
            return
        stack = self._scene.stack
        if self._list_id or stack is None:
            self.cancel()
        elif self._row is not None:
            self._count = None
            self._prepare(stack, self._draft)
        self.counted.emit()

    def _tool_changed(self) -> None:
        if self._view.tool:
            self.cancel()
