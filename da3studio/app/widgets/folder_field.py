"""A field for the path of a folder, with a button that asks the system for one."""

from __future__ import annotations

from PySide6.QtCore import QDir, QSize, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QToolButton, QWidget

from da3studio.app.icons import icon
from da3studio.base.i18n import tr

_ICON_PX = 16
_HIT_PX = 28


class FolderField(QWidget):
    """Takes a path that is typed or chosen; "" = none.

    Args:
        title: of the system's dialog.
    """

    entered = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.line = QLineEdit()
        self.line.editingFinished.connect(lambda: self.entered.emit(self.line.text()))
        self.button = QToolButton()
        self.button.setIcon(icon("folder"))
        self.button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.button.setMinimumSize(_HIT_PX, _HIT_PX)
        words = tr("Choose a folder …")
        self.button.setAccessibleName(words)
        self.button.setToolTip(words)
        self.button.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.setFocusProxy(self.line)

    def set_text(self, text: str) -> None:
        """Show a path."""
        self.line.setText(text)

    def _ask(self) -> None:
        start = self.line.text() or QDir.homePath()
        chosen = QFileDialog.getExistingDirectory(self, self._title, start)
        if chosen:
            self.entered.emit(QDir.toNativeSeparators(chosen))
