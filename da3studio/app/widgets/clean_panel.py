"""Cleaning: the list of what was cut away, and everything that can be cut away."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QListView,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.adjusters import ADJUSTERS
from da3studio.app.viewmodels.clean import Clean
from da3studio.app.viewmodels.edit_list import EditList, EditRole
from da3studio.app.viewmodels.view_state import ViewState
from da3studio.app.widgets.adjust_card import AdjustCard
from da3studio.app.widgets.card import heading, wrapping
from da3studio.app.widgets.edit_tile import EditTile
from da3studio.base.i18n import tr

_ICON = QSize(18, 18)
_HIT_PX = 28
_ROWS_SHOWN = 4.5  # a half one says that there are more
_GROUP_GAP_PX = 8


@dataclass(frozen=True)
class _HandTool:
    """A tool of the viewport that cuts by hand."""

    id: str
    icon: str
    label: str
    help: str


_HAND_TOOLS = (
    _HandTool("crop", "crop", label="Crop box", help="Cut away what is outside a box, or inside."),
    _HandTool("lasso", "lasso", label="Lasso", help="Draw around points, then delete them."),
    _HandTool("box", "select-box", label="Rectangle", help="Drag over points, then delete them."),
)


class CleanPanel(QWidget):
    """Shows the cleaning list and offers what can be added to it; keeps no state of its own.

    Args:
        edits: the list.
        clean: sets one edit by its numbers.
        view: knows which tool of the viewport is active.
    """

    def __init__(
        self, edits: EditList, clean: Clean, view: ViewState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._edits, self._clean, self._view = edits, clean, view
        self.list = self._build_list()
        self.summary = wrapping("", "soft")
        self.empty = wrapping(
            tr("Nothing is cut away yet. What you cut stays in this list and can be switched off."),
            "soft",
        )
        self.adjust_button = _icon_button("settings", tr("Change its numbers"))
        self.up_button = _icon_button("up-arrow", tr("Move up"))
        self.down_button = _icon_button("down-arrow", tr("Move down"))
        self.remove_button = _icon_button("trash", tr("Remove from the list"))
        self.hand_buttons = {
            tool.id: _word_button(tool.icon, tr(tool.label), tr(tool.help)) for tool in _HAND_TOOLS
        }
        self.find_buttons = {
            row.kind: _word_button(row.icon, tr(row.family.title), tr(row.help))
            for row in ADJUSTERS
        }
        self.card = AdjustCard(clean)
        self._by_hand, self._by_number = heading(tr("Cut by hand")), heading(tr("Find and remove"))
        self._lay_out()
        self._connect()
        self._show_list()
        self._show_tool()
        self._show_card()

    def _build_list(self) -> QListView:
        view = QListView()
        view.setModel(self._edits)
        view.setItemDelegate(EditTile(view))
        view.setAccessibleName(tr("What is cut away"))
        view.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        view.setDefaultDropAction(Qt.DropAction.MoveAction)
        view.setDropIndicatorShown(True)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        return view

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(2)
        tools.addWidget(self.summary, 1)
        for button in (self.adjust_button, self.up_button, self.down_button, self.remove_button):
            tools.addWidget(button)
        hand = QGridLayout()  # the box across both columns: three words in a row are too wide
        hand.setSpacing(6)
        box, *others = self.hand_buttons.values()
        hand.addWidget(box, 0, 0, 1, len(others))
        for column, cut in enumerate(others):
            hand.addWidget(cut, 1, column)
        self._found = QWidget()
        found = QVBoxLayout(self._found)  # one a line: other languages need the width
        found.setContentsMargins(0, 0, 0, 0)
        found.setSpacing(4)
        for find in self.find_buttons.values():
            set_kind(find, "card")
            found.addWidget(find)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.empty)
        layout.addWidget(self.list)
        layout.addLayout(tools)
        layout.addSpacing(_GROUP_GAP_PX)
        layout.addWidget(self._by_hand)
        layout.addLayout(hand)
        layout.addSpacing(_GROUP_GAP_PX)
        layout.addWidget(self._by_number)
        layout.addWidget(self._found)
        layout.addWidget(self.card)
        layout.addStretch(1)

    def _connect(self) -> None:
        for signal in (
            self._edits.rowsInserted,
            self._edits.rowsRemoved,
            self._edits.rowsMoved,
            self._edits.dataChanged,
        ):
            signal.connect(self._show_list)
        self.list.selectionModel().selectionChanged.connect(self._show_list)
        self.list.doubleClicked.connect(self._adjust)
        self.adjust_button.clicked.connect(lambda: self._adjust(self._chosen()))
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button.clicked.connect(lambda: self._move(1))
        self.remove_button.clicked.connect(self._remove)
        for keys, act in (
            (QKeySequence(Qt.Key.Key_Delete), self._remove),
            (QKeySequence("Alt+Up"), lambda: self._move(-1)),
            (QKeySequence("Alt+Down"), lambda: self._move(1)),
            (QKeySequence(Qt.Key.Key_Return), lambda: self._adjust(self._chosen())),
        ):
            shortcut = QShortcut(keys, self.list)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        for id_, button in self.hand_buttons.items():
            button.setCheckable(True)
            button.clicked.connect(
                lambda checked, id_=id_: self._view.set_tool(id_ if checked else "")
            )
        for row in ADJUSTERS:
            find = self.find_buttons[row.kind]
            find.clicked.connect(lambda _=False, row=row: self._clean.start(row))
        self._view.tool_changed.connect(self._show_tool)
        self._clean.changed.connect(self._show_card)
        self._clean.counted.connect(self._show_card)

    def _chosen(self) -> QModelIndex:
        """The highlighted row; no row while none is, though one may have the focus."""
        rows = self.list.selectionModel().selectedRows()
        return rows[0] if rows else QModelIndex()

    # What a person does

    def _adjust(self, index: QModelIndex) -> None:
        if index.isValid() and self._clean.adjust(str(index.data(EditRole.ID))):
            self.card.cancel_button.setFocus()

    def _move(self, by: int) -> None:
        row = self._chosen().row()
        self._edits.move(row, row + by)

    def _remove(self) -> None:
        row = self._chosen().row()
        if row >= 0:
            self._edits.remove(row)

    # What is shown

    def _show_list(self) -> None:
        n, chosen = self._edits.rowCount(), self._chosen()
        self.empty.setVisible(n == 0)
        self.list.setVisible(n > 0)
        row = chosen.row()
        self.adjust_button.setEnabled(row >= 0 and self._clean.can_adjust(_id(chosen)))
        self.up_button.setEnabled(row > 0)
        self.down_button.setEnabled(0 <= row < n - 1)
        self.remove_button.setEnabled(row >= 0)
        for button in (self.adjust_button, self.up_button, self.down_button, self.remove_button):
            button.setVisible(n > 0)
        self.summary.setText(self._edits.summary)
        tall = self.list.sizeHintForRow(0) if n else 0
        self.list.setFixedHeight(int(min(n, _ROWS_SHOWN) * tall) + 4)

    def _show_tool(self) -> None:
        for id_, button in self.hand_buttons.items():
            button.setChecked(self._view.tool == id_)

    def _show_card(self) -> None:
        setting = self._clean.row is not None
        self.card.setVisible(setting)
        self._found.setVisible(not setting)
        self._by_number.setVisible(not setting)
        for button in (*self.hand_buttons.values(), *self.find_buttons.values()):
            button.setEnabled(self._clean.has_cloud)
        self.summary.setText(self._edits.summary)


def _id(index: QModelIndex) -> str:
    return str(index.data(EditRole.ID))


def _icon_button(name: str, words: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(_ICON)
    button.setAccessibleName(words)
    button.setToolTip(words)
    button.setMinimumSize(_HIT_PX, _HIT_PX)
    return button


def _word_button(name: str, words: str, tip: str) -> QPushButton:
    button = QPushButton(icon(name), words)
    button.setToolTip(tip)
    button.setIconSize(_ICON)
    button.setMinimumHeight(_HIT_PX)
    button.setAutoDefault(False)
    return button
