"""All commands with their keys, to look up and to change; and what the mouse does."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.session import Session
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.shortcuts import Named, ShortcutRow, Shortcuts
from da3studio.app.widgets.card import wrapping
from da3studio.base.i18n import tr

_WIDTH_PX, _HEIGHT_PX = 620, 640
_HIT_PX = 28


class ShortcutsPage(QWidget):
    """A row for each command: name, keys, way back, and a warning where keys are taken twice."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search commands and keys"))
        self.search.setAccessibleName(tr("Search commands and keys"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show)
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        self.rows = {
            row.id: _Row(shortcuts, row, grid, 2 * at) for at, row in enumerate(shortcuts.rows)
        }
        grid.setRowStretch(grid.rowCount(), 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search)
        layout.addWidget(scroll, 1)
        shortcuts.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        wanted = self.search.text().casefold().strip()
        for row in self._shortcuts.rows:
            words = f"{row.name} {row.keys}".casefold()
            self.rows[row.id].show(row, wanted in words)


class _Row:
    def __init__(self, shortcuts: Shortcuts, row: ShortcutRow, grid: QGridLayout, at: int) -> None:
        self._name = QLabel(row.name)
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.setAccessibleName(tr("Keys for {command}").format(command=row.name))
        self.keys.editingFinished.connect(
            lambda: shortcuts.set(row.id, self.keys.keySequence().toString())
        )
        self._back = QToolButton()
        self._back.setIcon(icon("reset", "text_soft"))
        self._back.setIconSize(QSize(16, 16))
        self._back.setMinimumSize(_HIT_PX, _HIT_PX)
        self._back.setAccessibleName(tr("Reset the keys of {command}").format(command=row.name))
        self._back.setToolTip(self._back.accessibleName())
        self._back.clicked.connect(lambda: shortcuts.reset(row.id))
        policy = self._back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._back.setSizePolicy(policy)
        self.clash = wrapping("", "warning")
        grid.addWidget(self._name, at, 0)
        grid.addWidget(self.keys, at, 1)
        grid.addWidget(self._back, at, 2)
        grid.addWidget(self.clash, at + 1, 0, 1, 3)

    def show(self, row: ShortcutRow, is_wanted: bool) -> None:
        with QSignalBlocker(self.keys):
            self.keys.setKeySequence(QKeySequence(row.keys))
        for widget in (self._name, self.keys):
            widget.setVisible(is_wanted)
        self._back.setVisible(is_wanted and row.is_changed)
        others = ", ".join(row.clashes)
        self.clash.setText(tr("The same keys as: {commands}").format(commands=others))
        self.clash.setVisible(is_wanted and bool(row.clashes))


class ShortcutsDialog(QDialog):
    """The page in a window of its own."""

    def __init__(
        self, session: Session, commands: Sequence[Named], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard and mouse"))
        self.shortcuts = Shortcuts(session, commands, self)
        self.page = ShortcutsPage(self.shortcuts)
        mouse = wrapping(mouse_text(session.settings.navigation), "soft")
        buttons = QDialogButtonBox()
        reset = buttons.addButton(tr("Reset all"), QDialogButtonBox.ButtonRole.ResetRole)
        reset.setAutoDefault(False)
        reset.clicked.connect(self.shortcuts.reset_all)
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setAutoDefault(False)  # Enter ends the choice of keys, not the dialog
        close.clicked.connect(self.close)
        title = QLabel(tr("Mouse"))
        set_kind(title, "heading")
        layout = QVBoxLayout(self)
        layout.addWidget(self.page, 1)
        layout.addWidget(title)
        layout.addWidget(mouse)
        layout.addWidget(buttons)
        self.resize(_WIDTH_PX, _HEIGHT_PX)


def mouse_text(navigation: str) -> str:
    """What the mouse does in the viewport, by the navigation of the settings."""
    return {
        "photogrammetry": tr(
            "Left button turns, right or middle button moves, the wheel zooms to the pointer, a"
            " double click sets what the view turns around."
        ),
        "blender": tr(
            "Middle button turns, with Shift it moves, the wheel zooms to the pointer, a double"
            " click sets what the view turns around."
        ),
        "cloudcompare": tr(
            "Left button turns, right button moves, the wheel zooms to the pointer, a double click"
            " sets what the view turns around."
        ),
        "fly": tr(
            "Hold the right button to look around and fly with W A S D, Q and E go down and up;"
            " the wheel sets the speed."
        ),
    }[navigation]
