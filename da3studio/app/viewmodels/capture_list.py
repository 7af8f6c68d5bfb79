"""The photos of a project as an item model; changes touch only the rows that changed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage

from da3studio.app.viewmodels.photo_facts import (
    PhotoFacts,
    Standing,
    counts_text,
    facts_of_all,
    tooltip,
)
from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewmodels.thumbnails import Pixels, Thumbnails, Wish
from da3studio.base.errors import UserFacingError
from da3studio.project.change import Change
from da3studio.scene.view import View, ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session
    from da3studio.app.viewmodels.photo_check import PhotoCheck

PictureMode = Literal["photo", "depth", "confidence"]
Index = QModelIndex | QPersistentModelIndex

THUMBNAIL_PX = 256  # longer side that is read; enough for the largest tiles on dense screens
_NO_INDEX = QModelIndex()
_PENDING = PhotoFacts(Standing.PENDING)
_LEAVING = PhotoFacts(Standing.NEW)  # of a row that is just being removed


class Role(IntEnum):
    """What can be asked of a row besides Qt's own roles."""

    VIEW_ID = Qt.ItemDataRole.UserRole + 1  # "" = still being read
    FACTS = Qt.ItemDataRole.UserRole + 2  # PhotoFacts


@dataclass(frozen=True)
class _Row:
    key: str  # id of the view, or the path of a pending file
    name: str
    view: View | None  # `None` = pending


class CaptureList(QAbstractListModel):
    """Views in the order of the project, then the files that are being read in.

    Args:
        session: has the project, the scene and what is pending.
        check: knows which photos are blurred.
    """

    counted = Signal()  # `counts_text` or `n_not_used` may have changed
    mode_changed = Signal()

    def __init__(self, session: Session, check: PhotoCheck, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._scene, self._check = session, session.scene, check
        self._rows: list[_Row] = []
        self._places: dict[str, int] = {}  # key → row
        self._facts: dict[ViewId, PhotoFacts] = {}
        self._troubles: dict[ViewId, str] = {}
        self._mode: PictureMode = "photo"
        self.thumbnails = Thumbnails(self)
        self.thumbnails.arrived.connect(self._arrived)
        self.thumbnails.failed.connect(self._failed)
        session.changed.connect(self._changed)
        session.folder_changed.connect(self._another_project)
        session.import_changed.connect(self._refresh_rows)
        self._scene.changed.connect(self._scene_changed)
        self._scene.planned.connect(self._planned)
        check.changed.connect(self._refresh_facts)
        self._refresh_rows()

    def close(self) -> None:
        """End the threads; the model shows what it has, and reads no more."""
        self.thumbnails.close()

    # What is shown

    @property
    def mode(self) -> PictureMode:
        """What the small pictures show."""
        return self._mode

    def set_mode(self, mode: PictureMode) -> None:
        self._mode = mode
        self._all_changed([Qt.ItemDataRole.DecorationRole])
        self.mode_changed.emit()

    @property
    def counts_text(self) -> str:
        """How many photos there are, and what became of them."""
        return counts_text([self._facts_of(row) for row in self._rows])

    @property
    def n_not_used(self) -> int:
        """How many photos the present result could not use."""
        return sum(one.standing is Standing.NOT_USED for one in self._facts.values())

    @property
    def is_empty(self) -> bool:
        return not self._rows

    def row_of(self, view_id: ViewId) -> int:
        """The row of a photo, -1 if it is not there."""
        return self._places.get(view_id, -1)

    def view_ids(self) -> tuple[ViewId, ...]:
        """Of all rows that are not pending."""
        return tuple(row.view.id for row in self._rows if row.view is not None)

    # The item model

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.name
            case Qt.ItemDataRole.DecorationRole:
                return self._picture(row)
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(row.view, self._facts_of(row)) if row.view else row.key
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join([row.name, *(b.text for b in self._facts_of(row).badges)])
            case Role.VIEW_ID:
                return row.view.id if row.view else ""
            case Role.FACTS:
                return self._facts_of(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        if self._rows[index.row()].view is not None:
            flags |= Qt.ItemFlag.ItemIsSelectable
        return flags

    # Pictures

    def _picture(self, row: _Row) -> QImage | None:
        """What to draw now; asking for it makes it be read."""
        if row.view is None:
            path = Path(row.key)
            return self.thumbnails.picture(_photo_wish(row.key, path, row.key))
        folder = self._session.folder
        if folder is None:
            return None
        if self._mode == "photo":
            source = row.view.source
            return self.thumbnails.picture(
                _photo_wish(row.key, folder.path / source.path, (source.path, source.digest))
            )
        key = self._scene.depth_key(row.view.id)
        return self.thumbnails.picture(self._depth_wish(row.view.id, key)) if key else QImage()

    def _depth_wish(self, view_id: ViewId, key: str) -> Wish:
        scene, mode = self._scene, self._mode

        def make() -> Pixels | None:
            from da3studio.media.depth_colours import confidence_picture, depth_picture

            depth = scene.depth_of(view_id)
            if depth is None:
                return None
            return depth_picture(depth) if mode == "depth" else confidence_picture(depth)

        return Wish((mode, view_id), key, make)

    def _arrived(self, slot: tuple[PictureMode, str]) -> None:
        mode, key = slot
        if mode == self._mode or mode == "photo":
            self._row_changed(key, [Qt.ItemDataRole.DecorationRole])

    def _failed(self, slot: tuple[PictureMode, str], error: UserFacingError) -> None:
        mode, key = slot
        if mode == "photo" and key in self._facts:
            self._troubles[ViewId(key)] = f"{error.what} {error.fix}"
            self._refresh_facts()

    # What happens elsewhere

    def _changed(self, change: Change) -> None:
        if change & Change.VIEWS:
            self._forget_troubles()
            self._refresh_rows()
        elif change & Change.EDITS:
            self._refresh_facts()

    def _scene_changed(self, part: Part) -> None:
        if part & Part.CAMERAS:
            self._refresh_facts()

    def _planned(self) -> None:
        if self._mode != "photo":
            self._all_changed([Qt.ItemDataRole.DecorationRole])

    def _another_project(self) -> None:
        self.thumbnails.forget()
        self._troubles = {}
        self._refresh_rows()

    def _forget_troubles(self) -> None:
        """Moved photos may have been found again."""
        for view_id in self._troubles:
            self.thumbnails.forget_slot(("photo", view_id))
        self._troubles = {}

    # Rows

    def _refresh_rows(self) -> None:
        """Bring the rows in line, moving and telling as little as possible."""
        self._renew_facts()
        pending = [_Row(str(p), p.name, None) for p in self._session.pending_imports]
        views = self._session.project.views
        wanted = [_Row(view.id, view.name, view) for view in views] + pending
        self._remove_all_but({row.key for row in wanted})
        for at, row in enumerate(wanted):
            if at < len(self._rows) and self._rows[at].key == row.key:
                self._rows[at] = row
                continue
            present = self._row_index(row.key, start=at)
            if present < 0:
                end = at + _new_run(wanted[at:], {one.key for one in self._rows})
                self.beginInsertRows(_NO_INDEX, at, end - 1)
                self._rows[at:at] = wanted[at:end]
                self.endInsertRows()
            else:
                self.beginMoveRows(_NO_INDEX, present, present, _NO_INDEX, at)
                self._rows.insert(at, self._rows.pop(present))
                self._rows[at] = row
                self.endMoveRows()
        self._places = {row.key: at for at, row in enumerate(self._rows)}
        self._all_changed([])
        self.counted.emit()

    def _remove_all_but(self, keys: set[str]) -> None:
        last = len(self._rows) - 1
        while last >= 0:
            if self._rows[last].key in keys:
                last -= 1
                continue
            first = last
            while first > 0 and self._rows[first - 1].key not in keys:
                first -= 1
            self.beginRemoveRows(_NO_INDEX, first, last)
            del self._rows[first : last + 1]
            self.endRemoveRows()
            last = first - 1

    def _renew_facts(self) -> None:
        self._facts = facts_of_all(
            self._session.project, self._scene.registration, self._check.blurred, self._troubles
        )

    def _refresh_facts(self) -> None:
        self._renew_facts()
        self._all_changed([])
        self.counted.emit()

    def _facts_of(self, row: _Row) -> PhotoFacts:
        return self._facts.get(row.view.id, _LEAVING) if row.view else _PENDING

    def _row_index(self, key: str, start: int = 0) -> int:
        return next((i for i in range(start, len(self._rows)) if self._rows[i].key == key), -1)

    def _row_changed(self, key: str, roles: list[Qt.ItemDataRole]) -> None:
        row = self._places.get(key, -1)
        if 0 <= row < len(self._rows):
            self.dataChanged.emit(self.index(row), self.index(row), roles)

    def _all_changed(self, roles: list[Qt.ItemDataRole]) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1), roles)


class NotUsedFilter(QSortFilterProxyModel):
    """Of the photos all, or only those that the result could not use."""

    def __init__(self, photos: CaptureList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._only = False
        self.setSourceModel(photos)

    @property
    def only_not_used(self) -> bool:
        return self._only

    def set_only_not_used(self, only: bool) -> None:
        if only != self._only:
            self._only = only
            self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        if not self._only:
            return True
        index = self.sourceModel().index(source_row, 0, source_parent)
        facts: PhotoFacts = index.data(Role.FACTS)
        return facts.standing is Standing.NOT_USED


def _photo_wish(key: str, path: Path, version: Hashable) -> Wish:
    def make() -> Pixels:
        from da3studio.media.thumbs import thumbnail

        return thumbnail(path, THUMBNAIL_PX)

    return Wish(("photo", key), version, make)


def _new_run(wanted: Sequence[_Row], present: set[str]) -> int:
    """How many rows at the start are all new."""
    n = 0
    while n < len(wanted) and wanted[n].key not in present:
        n += 1
    return n
