"""Measurements: the list, what each one says, and the one that is being made."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from da3studio.app.session import Session
from da3studio.app.units import UnitSystem, system_of
from da3studio.app.viewmodels.crop_box import CropBoxModel, fitted_box
from da3studio.app.viewmodels.readings import KINDS, measured, reading, remark
from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewmodels.selection import Selection
from da3studio.base.i18n import tr, trn
from da3studio.edits.shapes import CropBox
from da3studio.geometry.measuring import SurfacePoint
from da3studio.project.change import Change
from da3studio.scene.measurement import FEWEST_POINTS, Kind, Measurement
from da3studio.scene.placement import Placement, Vec3

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

_SAMPLE = 400_000  # points whose extent is measured
_STRAYS = 0.02  # percent of all points on each side that do not count; of a selection all do


class Measurements(QAbstractTableModel):
    """Rows: the project's measurements. Columns: name, value. And the draft of the next one."""

    draft_changed = Signal()  # kind, points so far, or what the draft says

    def __init__(self, session: Session, selection: Selection, crop: CropBoxModel) -> None:
        super().__init__(session)
        self._session, self._scene = session, session.scene
        self._selection, self._crop = selection, crop
        self._rows: tuple[Measurement, ...] = session.project.measurements
        self._kind: Kind = "distance"
        self._draft: tuple[SurfacePoint, ...] = ()
        session.changed.connect(self._follow)
        session.settings_changed.connect(self._values_changed)
        session.scene.changed.connect(self._scene_changed)

    # The list

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (tr("Name"), tr("Value"))[section]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.remark(row) or None
        if role == Qt.ItemDataRole.EditRole and index.column() == 0:
            return self.name(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(row) if index.column() == 0 else self.text(row)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == 0 else flags

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or index.column() != 0:
            return False
        row, name = self._rows[index.row()], str(value).strip()
        if name != self.name(row):
            self._replace(row.id, replace(row, name=name), tr("Rename a measurement"))
        return True

    @property
    def rows(self) -> tuple[Measurement, ...]:
        return self._rows

    def name(self, row: Measurement) -> str:
        """Its own name, or its kind with the number that it has among its kind."""
        if row.name:
            return row.name
        label = next(tr(kind.label) for kind in KINDS if kind.kind == row.kind)
        same = [one.id for one in self._rows if one.kind == row.kind]
        number = same.index(row.id) + 1 if row.id in same else len(same) + 1
        return tr("{kind} {number}").format(kind=label, number=number)

    def text(self, row: Measurement) -> str:
        """Its value, for lists and labels."""
        return reading(
            row, self._placement, self._scene.metres_per_unit, system=self._system
        )  # fmt: skip

    def remark(self, row: Measurement) -> str:
        return remark(row, self._placement, self._scene.metres_per_unit, system=self._system)

    @property
    def scale_note(self) -> str:
        """What the uncertainties leave out of the size, as a sentence; "" = nothing."""
        known = self._placement.known_lengths
        if len(known) == 1:
            return tr("± leaves out the error of the one length that the size follows from.")
        if not known and self._scene.metres_per_unit is not None:
            return tr("± leaves out the error of the size, which is only estimated.")
        return ""

    def copy_text(self, rows: Sequence[int] = ()) -> str:
        """Some rows, or all, one a line: name, tab, value."""
        chosen = [self._rows[i] for i in rows] if rows else self._rows
        return "\n".join(f"{self.name(row)}\t{self.text(row)}" for row in chosen)

    def remove(self, rows: Sequence[int]) -> None:
        """Delete rows, as one step to undo."""
        gone = {self._rows[i].id for i in rows}
        if gone:
            left = tuple(row for row in self._rows if row.id not in gone)
            label = trn("Delete a measurement", "Delete {n} measurements", len(gone))
            self._session.commit(label, self._session.project.with_measurements(left))

    # The draft

    @property
    def kind(self) -> Kind:
        return self._kind

    def set_kind(self, kind: Kind) -> None:
        """What the next clicks measure; what is unfinished is dropped."""
        self._kind, self._draft = kind, ()
        self.draft_changed.emit()

    @property
    def draft(self) -> tuple[SurfacePoint, ...]:
        """The points clicked so far."""
        return self._draft

    @property
    def draft_text(self) -> str:
        """What the points so far come to; empty where they are too few."""
        n_wanted = 2 if self._kind == "height" else FEWEST_POINTS[self._kind]
        return self.text(self._made("draft")) if len(self._draft) >= n_wanted else ""

    def add_point(self, point: SurfacePoint) -> None:
        """One more click; the last one that a kind needs finishes it."""
        self._draft = (*self._draft, point)
        most = next(row.most_points for row in KINDS if row.kind == self._kind)
        if most is not None and len(self._draft) >= most:
            self.finish()
        else:
            self.draft_changed.emit()

    def drop_point(self) -> None:
        """Take the last click back."""
        self._draft = self._draft[:-1]
        self.draft_changed.emit()

    def cancel(self) -> None:
        """Drop the draft."""
        self._draft = ()
        self.draft_changed.emit()

    def finish(self) -> None:
        """Keep the draft, if it has enough points, as one step to undo."""
        if len(self._draft) < FEWEST_POINTS[self._kind] or self._kind == "box":
            return
        if self._kind == "height" and len(self._draft) == 1 and self._placement.origin is None:
            self._session.said.emit(tr("Set the floor first, or click a second point."))
            return
        self._keep(self._made(secrets.token_hex(6)))

    def measure_size(self) -> None:
        """Keep the width, depth and height of what is selected, or else of all that is left."""
        corners = self._size_corners()
        if corners is not None:
            self._keep(Measurement(secrets.token_hex(6), "box", corners))

    def _keep(self, made: Measurement) -> None:
        self._draft = ()
        project = self._session.project
        label = next(tr(row.label) for row in KINDS if row.kind == made.kind)
        self._session.commit(
            tr("Measure: {kind}").format(kind=label),
            project.with_measurements((*project.measurements, made)),
        )
        self.draft_changed.emit()

    def _made(self, id_: str) -> Measurement:
        points = tuple(_vec3(point.xyz) for point in self._draft)
        bare = Measurement(id_, self._kind, points)
        found = measured(bare, self._placement)
        if found is None:
            return bare
        sigma = tuple(
            point.sigma_along(gradient)
            for point, gradient in zip(self._draft, found.gradient, strict=True)
        )
        return replace(bare, sigma=sigma)

    def _size_corners(self) -> tuple[Vec3, ...] | None:
        """A corner and its three neighbours, of the box aligned to up."""
        cloud = self._scene.cloud
        if cloud is None:
            return None
        marked, edits = self._scene.marked, self._session.project.edits
        outside = _STRAYS
        if not self._selection.is_empty and marked is not None:
            chosen, outside = marked, 0.0
        else:
            crop = next(
                (one.edit for one in edits if one.on and isinstance(one.edit, CropBox)), None
            )
            if crop is not None:
                axes = np.array(crop.axes) * np.array(crop.half)[:, None]
                return _corners(np.array(crop.centre), axes)
            chosen = np.ones(len(cloud), np.bool_) if self._scene.keep is None else self._scene.keep
        rows = np.flatnonzero(chosen)[:_SAMPLE]
        if not len(rows):
            return None
        box = fitted_box(cloud.xyz[rows].astype(np.float64), self._crop.frame(), outside)
        return _corners(box.centre, box.axes * box.half[:, None])

    # Following

    @property
    def _placement(self) -> Placement:
        return self._session.project.placement

    @property
    def _system(self) -> UnitSystem:
        return system_of(self._session.settings)

    def _replace(self, id_: str, new: Measurement, label: str) -> None:
        rows = tuple(new if row.id == id_ else row for row in self._rows)
        self._session.commit(label, self._session.project.with_measurements(rows))

    def _follow(self, change: Change) -> None:
        if Change.MEASUREMENTS in change:
            self._take(self._session.project.measurements)
        if change & (Change.MEASUREMENTS | Change.PLACEMENT):
            self._values_changed()

    def _take(self, wanted: tuple[Measurement, ...]) -> None:
        """Row by row, so that views keep what is selected in them."""
        ids = {row.id for row in wanted}
        for i in reversed(range(len(self._rows))):
            if self._rows[i].id not in ids:
                self.beginRemoveRows(QModelIndex(), i, i)
                self._rows = self._rows[:i] + self._rows[i + 1 :]
                self.endRemoveRows()
        for i, row in enumerate(wanted):
            if i >= len(self._rows) or self._rows[i].id != row.id:
                self.beginInsertRows(QModelIndex(), i, i)
                self._rows = (*self._rows[:i], row, *self._rows[i:])
                self.endInsertRows()
        self._rows = wanted

    def _values_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 1))
        self.draft_changed.emit()

    def _scene_changed(self, parts: Part) -> None:
        if Part.CAMERAS in parts:  # they say whether the world is in metres
            self._values_changed()


def _corners(centre: NDArray[np.float64], edges: NDArray[np.float64]) -> tuple[Vec3, ...]:
    first = centre - edges.sum(axis=0)
    return (_vec3(first), *(_vec3(first + 2 * edge) for edge in edges))


def _vec3(values: NDArray[np.float64]) -> Vec3:
    x, y, z = (float(value) for value in values)
    return x, y, z
