"""All commands with their keys, to look up and to change; what the mouse and fixed keys do."""

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
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.session import Session
from da3studio.app.viewmodels.shortcuts import Named, ShortcutRow, Shortcuts
from da3studio.app.viewport.bindings import preset_of
from da3studio.app.viewport.controls import (
    ControlRow,
    key_rows,
    mouse_rows,
    stage_rows,
    taken_keys,
)
from da3studio.app.widgets.card import DIALOG_MARGINS, heading, wrapping
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
        layout.setContentsMargins(0, 8, 0, 0)  # below the tabs
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


class ControlsPage(QScrollArea):
    """What cannot be changed here: mouse and keys of the 3D view, and the keys of the stages."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._navigation = ""  # that is shown
        self._chosen = wrapping("", "soft")
        self._mouse = QGridLayout()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setSpacing(8)
        column.addWidget(heading(tr("Mouse in the 3D view")))
        column.addWidget(self._chosen)
        column.addLayout(self._mouse)
        for words in (
            tr("With other keys held a button does what it does without them."),
            tr("Middle button, right button and wheel do so whatever tool is in hand."),
        ):
            column.addWidget(wrapping(words, "soft"))
        column.addWidget(heading(tr("Keys in the 3D view, after a click into it")))
        column.addLayout(_filled(QGridLayout(), key_rows()))
        column.addWidget(heading(tr("Stages")))
        column.addLayout(_filled(QGridLayout(), stage_rows()))
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setWidget(inside)
        self.setAccessibleName(tr("Mouse and fixed keys"))
        session.settings_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        navigation = self._session.settings.navigation
        if navigation == self._navigation:
            return
        self._navigation = navigation
        preset = preset_of(navigation)
        self._chosen.setText(
            tr("{program}: chosen in the settings as “Mouse navigation”.").format(
                program=tr(preset.label)
            )
        )
        while (item := self._mouse.takeAt(0)) is not None:
            if (label := item.widget()) is not None:
                label.deleteLater()
        _filled(self._mouse, mouse_rows(preset))


def _filled(grid: QGridLayout, rows: Sequence[ControlRow]) -> QGridLayout:
    """Two columns: how, what."""
    grid.setVerticalSpacing(4)
    grid.setHorizontalSpacing(16)
    grid.setColumnStretch(0, 2)
    grid.setColumnStretch(1, 3)
    for at, row in enumerate(rows):
        grid.addWidget(wrapping(row.how), at, 0)
        grid.addWidget(wrapping(row.what, "soft"), at, 1)
    return grid


class ShortcutsDialog(QDialog):
    """Both pages in a window of their own."""

    def __init__(
        self, session: Session, commands: Sequence[Named], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard and mouse"))
        self.shortcuts = Shortcuts(session, commands, self, taken=taken_keys())
        self.page, self.controls = ShortcutsPage(self.shortcuts), ControlsPage(session)
        self.pages = QTabWidget()
        self.pages.addTab(self.page, tr("Keys of the commands"))
        self.pages.addTab(self.controls, tr("Mouse and 3D view"))
        buttons = QDialogButtonBox()
        reset = buttons.addButton(tr("Reset all"), QDialogButtonBox.ButtonRole.ResetRole)
        reset.setAutoDefault(False)
        reset.clicked.connect(self.shortcuts.reset_all)
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setAutoDefault(False)  # Enter ends the choice of keys, not the dialog
        close.clicked.connect(self.close)
        self.pages.currentChanged.connect(lambda at: reset.setVisible(at == 0))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(DIALOG_MARGINS)
        layout.setSpacing(10)
        layout.addWidget(self.pages, 1)
        layout.addWidget(buttons)
        self.resize(_WIDTH_PX, _HEIGHT_PX)
