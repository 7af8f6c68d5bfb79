"""The cleaning list as an item model; every change of it is one step to undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from da3studio.app.units import extent_text, number_text, whole_text
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.i18n import tr, trn
from da3studio.edits.base import ListedEdit
from da3studio.edits.shapes import Box
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.project.change import Change

if TYPE_CHECKING:
    from da3studio.app.session import Session

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class EditRole(IntEnum):
    """What can be asked of a row besides Qt's own roles."""

    ID = Qt.ItemDataRole.UserRole + 1
    DETAIL = Qt.ItemDataRole.UserRole + 2  # the numbers of the edit, "" = none
    COUNT = Qt.ItemDataRole.UserRole + 3  # "12,340 points", "" = not known


class EditList(QAbstractListModel):
    """The edits of the project in their order.

    Args:
        session: has the project and the scene.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._scene = session, session.scene
        self._rows: list[ListedEdit] = list(session.project.edits)
        session.changed.connect(self._changed)
        session.settings_changed.connect(self._all_changed)
        self._scene.changed.connect(self._scene_changed)

    # The item model

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        listed = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return tr(listed.edit.title)
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if listed.on else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                words = (tr(listed.edit.title), self._detail(listed), self._count(listed))
                return ", ".join(word for word in words if word)
            case EditRole.ID:
                return listed.id
            case EditRole.DETAIL:
                return self._detail(listed)
            case EditRole.COUNT:
                return self._count(listed)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.switch(index.row(), Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled  # between the rows, not onto them
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsUserCheckable
            | Qt.ItemFlag.ItemIsDragEnabled
            | Qt.ItemFlag.ItemNeverHasChildren
        )

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def moveRows(
        self,
        source_parent: Index,
        source_row: int,
        count: int,
        destination_parent: Index,
        destination_child: int,
    ) -> bool:
        """Dragging with the mouse comes here; the row lands before `destination_child`."""
        if source_parent.isValid() or destination_parent.isValid() or count != 1:
            return False
        after = destination_child > source_row
        return self.move(source_row, destination_child - 1 if after else destination_child)

    # What a person does

    def switch(self, row: int, on: bool) -> None:
        """Switch an edit on or off."""
        title = tr(self._rows[row].edit.title)
        label = tr("Switch on “{what}”") if on else tr("Switch off “{what}”")
        edits = list(self._rows)
        edits[row] = replace(edits[row], on=on)
        self._commit(label.format(what=title), edits)

    def remove(self, row: int) -> None:
        """Take an edit out of the list: what it cut away comes back."""
        title = tr(self._rows[row].edit.title)
        edits = self._rows[:row] + self._rows[row + 1 :]
        self._commit(tr("Remove “{what}” from the list").format(what=title), edits)

    def move(self, row: int, to: int) -> bool:
        """Put an edit at another place; `False` where there is no such place, or it is there."""
        if row == to or not (0 <= row < len(self._rows) and 0 <= to < len(self._rows)):
            return False
        edits = list(self._rows)
        edits.insert(to, edits.pop(row))
        self._commit(tr("Reorder the cleaning list"), edits)
        return True

    def row_of(self, edit_id: str) -> int:
        """The row of an edit, -1 if it is not there."""
        return next((i for i, listed in enumerate(self._rows) if listed.id == edit_id), -1)

    @property
    def summary(self) -> str:
        """How many points are left, as a sentence; "" where there is no cloud."""
        cloud, keep = self._scene.cloud, self._scene.keep
        if cloud is None:
            return ""
        n = len(cloud)
        left = n if keep is None else int(np.count_nonzero(keep))
        if left == n:
            return tr("All {total} are kept").format(total=points_text(n))
        return tr("{left} of {total} are kept").format(left=count_text(left), total=points_text(n))

    def _commit(self, label: str, edits: Sequence[ListedEdit]) -> None:
        self._session.commit(label, self._session.project.with_edits(edits))

    # What is shown of a row

    def _detail(self, listed: ListedEdit) -> str:
        edit = listed.edit
        if isinstance(edit, Box):
            system = self._session.settings.units
            sizes = (2 * edit.half[0], 2 * edit.half[1], 2 * edit.half[2])
            return extent_text(sizes, self._scene.metres_per_unit, system=system)
        if isinstance(edit, (HideView, MaskPhoto)):
            views = self._session.project.views
            name = next((view.name for view in views if view.id == edit.view_id), "")
            return name or tr("a photo that was removed")
        return edit.detail()

    def _count(self, listed: ListedEdit) -> str:
        stack = self._scene.stack
        n = None if stack is None else stack.n_removed_by(listed.edit)
        return "" if n is None else points_text(n)

    # What happens elsewhere

    def _changed(self, change: Change) -> None:
        if change & Change.EDITS:
            self._show(self._session.project.edits)
        elif change & (Change.VIEWS | Change.PLACEMENT):
            self._all_changed()

    def _scene_changed(self, part: Part) -> None:
        if part & (Part.CLOUD | Part.KEEP | Part.CAMERAS):
            self._all_changed()

    def _all_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1), [])

    def _show(self, wanted: Sequence[ListedEdit]) -> None:
        """Bring the rows in line with the project, moving and telling as little as possible."""
        ids = {listed.id for listed in wanted}
        for row in reversed(range(len(self._rows))):
            if self._rows[row].id not in ids:
                self.beginRemoveRows(_NO_INDEX, row, row)
                del self._rows[row]
                self.endRemoveRows()
        for at, listed in enumerate(wanted):
            present = self.row_of(listed.id)
            if present < 0:
                self.beginInsertRows(_NO_INDEX, at, at)
                self._rows.insert(at, listed)
                self.endInsertRows()
                continue
            if present != at:
                self._bring(wanted, present, at)
            if self._rows[at] != listed:
                self._rows[at] = listed
                self.dataChanged.emit(self.index(at), self.index(at), [])

    def _bring(self, wanted: Sequence[ListedEdit], present: int, at: int) -> None:
        """Put the right row at `at`: where one row was moved down, by moving that one."""
        here = self._rows[at].id
        goal = next(i for i, listed in enumerate(wanted) if listed.id == here)
        if present == at + 1 and goal < len(self._rows):
            self._move(at, goal)
        else:
            self._move(present, at)

    def _move(self, row: int, to: int) -> None:
        self.beginMoveRows(_NO_INDEX, row, row, _NO_INDEX, to + 1 if to > row else to)
        self._rows.insert(to, self._rows.pop(row))
        self.endMoveRows()


def count_text(n: int) -> str:
    """A number of things for reading: "12,340", "1.2 million"."""
    if n >= 1_000_000:
        return tr("{n} million").format(n=number_text(n / 1e6, 1))
    return whole_text(n)


def points_text(n: int) -> str:
    """A number of points for reading: "12,340 points", "1.2 million points"."""
    if n >= 1_000_000:
        return tr("{n} million points").format(n=number_text(n / 1e6, 1))
    return trn("{n} point", "{n} points", n).replace(str(n), whole_text(n))
