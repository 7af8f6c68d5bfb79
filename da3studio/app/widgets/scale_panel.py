"""Setting the true size from lengths that are known."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.known_lengths import KnownLengths
from da3studio.app.widgets.buttons import tool_button
from da3studio.app.widgets.card import Notice, heading, wrapping
from da3studio.base.i18n import tr

_ROW_PX = 30
_MOST_ROWS = 6


class ScalePanel(QWidget):
    """Shows and edits known lengths; keeps no state of its own but what is being typed."""

    def __init__(self, lengths: KnownLengths, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lengths = lengths
        self.warning, self.good = Notice("notice"), Notice("done")
        self.step = wrapping()
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("2.05 m"))
        self.field.setAccessibleName(tr("True length"))
        self.set_button = QPushButton(icon("check", "accent_text"), tr("Set"))
        self.set_button.setAutoDefault(False)
        set_kind(self.set_button, "primary")
        self.problem = wrapping("", "bad")
        self.table = self._build_table()
        self.remove_button = tool_button("trash", tr("Remove"), tr("Remove the selected length"))
        self._lay_out()
        self.field.returnPressed.connect(self._set)
        self.set_button.clicked.connect(self._set)
        self.remove_button.clicked.connect(self._remove)
        self.table.itemSelectionChanged.connect(self._show_removal)
        lengths.changed.connect(self._show)
        self._show()

    def _build_table(self) -> QTableWidget:
        table = QTableWidget(0, 3)
        table.setHorizontalHeaderLabels([tr("In the model"), tr("True"), tr("Differs")])
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setAccessibleName(tr("Known lengths"))
        return table

    def _lay_out(self) -> None:
        entry = QHBoxLayout()
        entry.addWidget(self.field, 1)
        entry.addWidget(self.set_button)
        under = QHBoxLayout()
        under.addStretch(1)
        under.addWidget(self.remove_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(heading(tr("Size of the model")))
        layout.addWidget(self.warning)
        layout.addWidget(self.good)
        layout.addSpacing(4)
        layout.addWidget(self.step)
        layout.addLayout(entry)
        layout.addWidget(self.problem)
        layout.addSpacing(8)
        self._list_heading = heading(tr("Known lengths"))
        layout.addWidget(self._list_heading)
        layout.addWidget(self.table)
        layout.addLayout(under)
        layout.addStretch(1)

    def _set(self) -> None:
        if self._lengths.set_length(self.field.text()):
            self.field.clear()

    def _remove(self) -> None:
        row = self.table.currentRow()
        if row >= 0:
            self._lengths.remove(row)

    def _show(self) -> None:
        lengths = self._lengths
        is_good = lengths.state == "set" and not lengths.is_doubtful
        self.warning.say("" if is_good else lengths.state_text)
        self.good.say(lengths.state_text if is_good else "")
        n = len(lengths.ends)
        self.step.setText(_step_text(n, lengths.ends_text))
        for widget in (self.field, self.set_button):
            widget.setEnabled(n == 2)
        if n == 2 and not self.field.text() and not self.field.hasFocus():
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.problem.setText(lengths.problem)
        self.problem.setVisible(bool(lengths.problem))
        self._show_rows()

    def _show_rows(self) -> None:
        rows = self._lengths.rows
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(rows))
            for i, row in enumerate(rows):
                texts = (row.measured, row.known, row.difference)
                for column, text in enumerate(texts):
                    item = QTableWidgetItem(text)
                    item.setToolTip(text)
                    if column == 2 and row.is_suspicious:
                        item.setIcon(icon("warning", "warning"))
                    self.table.setItem(i, column, item)
        shown = min(len(rows), _MOST_ROWS)
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(header + shown * _ROW_PX + 2 * self.table.frameWidth())
        for widget in (self._list_heading, self.table, self.remove_button):
            widget.setVisible(bool(rows))
        self._show_removal()

    def _show_removal(self) -> None:
        self.remove_button.setEnabled(bool(self.table.selectedItems()))


def _step_text(n_ends: int, measured: str) -> str:
    if n_ends == 0:
        return tr("Click one end of a length you know.")
    if n_ends == 1:
        return tr("Click the other end.")
    return tr("In the model it is {length}. Type how long it really is:").format(length=measured)
