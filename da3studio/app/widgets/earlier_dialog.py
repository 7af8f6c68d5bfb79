"""Earlier versions of a project, to go back to one of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.theme import set_kind
from da3studio.app.widgets.card import DIALOG_MARGINS
from da3studio.base.i18n import tr
from da3studio.project.earlier import Earlier

_ROW_SPACING_PX = 4


class EarlierDialog(QDialog):
    """Lets one version be chosen.

    Args:
        versions: newest first.
    """

    chosen = Signal(object)  # Path

    def __init__(self, versions: Sequence[Earlier], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Earlier versions"))
        words = QLabel(
            tr(
                "The project is kept each time it is saved. Going back can be undone,"
                " and what is there now stays in this list."
            )
            if versions
            else tr("There is no earlier version yet.")
        )
        words.setWordWrap(True)
        set_kind(words, "soft")
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Earlier versions"))
        self.list.setSpacing(_ROW_SPACING_PX)
        for version in versions:
            when = QDateTime.fromSecsSinceEpoch(int(version.when.timestamp()))
            item = QListWidgetItem(_text(when))
            item.setData(Qt.ItemDataRole.UserRole, version.path)
            self.list.addItem(item)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go_back = buttons.addButton(
            tr("Go back to this version"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        set_kind(self.go_back, "primary")
        self.go_back.setEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(DIALOG_MARGINS)
        column.setSpacing(10)
        column.addWidget(words)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)
        self.list.itemSelectionChanged.connect(
            lambda: self.go_back.setEnabled(bool(self.list.selectedItems()))
        )
        self.list.itemActivated.connect(lambda _: self.accept())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(self._choose)

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))


def _text(when: QDateTime) -> str:
    """Date and time in the person's form, with seconds: versions can follow each other quickly."""
    locale, short = QLocale(), QLocale.FormatType.ShortFormat
    to_the_second = locale.timeFormat(short).replace("mm", "mm:ss")
    return f"{locale.toString(when.date(), short)}  {locale.toString(when.time(), to_the_second)}"
