"""Measuring: what kind, the points so far, and the list of what was measured."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.measurements import Measurements
from da3studio.app.viewmodels.readings import KINDS
from da3studio.app.widgets.buttons import tool_button
from da3studio.app.widgets.card import heading, wrapping
from da3studio.base.i18n import tr, trn

_ACROSS = 3
_LEAST_LIST_PX = 120


class MeasurePanel(QWidget):
    """Shows and edits measurements; keeps no state of its own."""

    def __init__(self, measurements: Measurements, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = measurements
        self.kind_buttons = {row.kind: self._kind_button(row.label) for row in KINDS}
        self._kinds = QButtonGroup(self)
        self.help = wrapping("", "soft")
        self.draft = wrapping()
        self.finish_button = QPushButton(tr("Finish"))
        self.back_button = QPushButton(icon("undo"), tr("Take back"))
        self.size_button = QPushButton(icon("measure", "accent_text"), tr("Measure the size"))
        set_kind(self.size_button, "primary")
        self.list = self._build_list()
        self.empty = wrapping(tr("Nothing was measured yet."), "soft")
        self.scale_note = wrapping("", "soft")
        self.copy_button = tool_button("copy", tr("Copy"), tr("Copy names and values as text"))
        self.remove_button = tool_button("trash", tr("Delete"), tr("Delete what is selected"))
        self._lay_out()
        self._connect()
        self._show_draft()
        self._show_list()

    def _kind_button(self, label: str) -> QPushButton:
        button = QPushButton(tr(label))
        button.setCheckable(True)
        button.setAutoDefault(False)
        return button

    def _build_list(self) -> QTreeView:
        view = QTreeView()
        view.setModel(self._model)
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        view.setAccessibleName(tr("Measurements"))
        view.setMinimumHeight(_LEAST_LIST_PX)
        view.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = view.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        return view

    def _lay_out(self) -> None:
        kinds = QGridLayout()
        kinds.setSpacing(6)
        for i, button in enumerate(self.kind_buttons.values()):
            self._kinds.addButton(button)
            kinds.addWidget(button, i // _ACROSS, i % _ACROSS)
        steps = QHBoxLayout()
        for button in (self.finish_button, self.back_button):
            button.setAutoDefault(False)
            steps.addWidget(button)
        steps.addStretch(1)
        under = QHBoxLayout()
        under.addStretch(1)
        under.addWidget(self.copy_button)
        under.addWidget(self.remove_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(heading(tr("Measure")))
        layout.addLayout(kinds)
        layout.addWidget(self.help)
        layout.addWidget(self.draft)
        layout.addLayout(steps)
        layout.addWidget(self.size_button)
        layout.addSpacing(8)
        layout.addWidget(heading(tr("Measured")))
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.scale_note)
        layout.addLayout(under)
        layout.addStretch(0)

    def _connect(self) -> None:
        model = self._model
        for kind, button in self.kind_buttons.items():
            button.clicked.connect(lambda _=False, kind=kind: model.set_kind(kind))
        self.finish_button.clicked.connect(model.finish)
        self.back_button.clicked.connect(model.drop_point)
        self.size_button.clicked.connect(model.measure_size)
        self.copy_button.clicked.connect(self._copy)
        self.remove_button.clicked.connect(lambda: model.remove(self._selected()))
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(lambda: model.remove(self._selected()))
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.list)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy)
        model.draft_changed.connect(self._show_draft)
        for signal in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            signal.connect(self._show_list)
        self.list.selectionModel().selectionChanged.connect(self._show_list)

    def _selected(self) -> list[int]:
        return sorted(index.row() for index in self.list.selectionModel().selectedRows())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._model.copy_text(self._selected()))

    def _show_draft(self) -> None:
        model = self._model
        for kind, button in self.kind_buttons.items():
            with QSignalBlocker(button):
                button.setChecked(kind == model.kind)
        self.help.setText(next(tr(row.help) for row in KINDS if row.kind == model.kind))
        n, is_size = len(model.draft), model.kind == "box"
        count = trn("{n} point", "{n} points", n)
        self.draft.setText(f"{count}: {model.draft_text}" if model.draft_text else count)
        self.draft.setVisible(n > 0)
        self.finish_button.setVisible(n > 0)
        self.back_button.setVisible(n > 0)
        self.size_button.setVisible(is_size)
        self._show_note()

    def _show_list(self) -> None:
        n = self._model.rowCount()
        self.empty.setVisible(n == 0)
        for widget in (self.list, self.copy_button, self.remove_button):
            widget.setVisible(n > 0)
        self.remove_button.setEnabled(bool(self._selected()))
        self._show_note()

    def _show_note(self) -> None:
        """Only where there is something with ±."""
        note = self._model.scale_note
        self.scale_note.setText(note)
        has_sigma = bool(self._model.draft) or any(row.sigma for row in self._model.rows)
        self.scale_note.setVisible(bool(note) and has_sigma)
