"""The five stages across the top of the window, each with its state, and the one next button."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from da3studio.app.icons import Tint, icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.next_step import NextStep
from da3studio.app.viewmodels.stages import (
    STAGE_ROWS,
    STATE_WORDS,
    StageId,
    StageRow,
    StageState,
)
from da3studio.base.i18n import tr

_MARKS: dict[StageState, tuple[str, Tint]] = {
    StageState.EMPTY: ("minus", "text_soft"),
    StageState.READY: ("chevron-right", "accent"),
    StageState.RUNNING: ("play", "accent"),
    StageState.DONE: ("check", "good"),
    StageState.STALE: ("warning", "warning"),
}
_ICON = QSize(18, 18)


class StageRail(QFrame):
    """Shows the stages; clicking one makes it the current one."""

    chosen = Signal(str)  # StageId
    next_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_kind(self, "rail")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(4)
        self._group = QButtonGroup(self)
        self._buttons: dict[StageId, QToolButton] = {}
        for number, stage in enumerate(STAGE_ROWS, start=1):
            button = self._button(number, stage)
            self._buttons[stage.id] = button
            self._group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self.next = QPushButton()
        set_kind(self.next, "primary")
        self.next.setIconSize(_ICON)
        self.next.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.next.clicked.connect(self.next_wanted)
        row.addWidget(self.next)

    def _button(self, number: int, stage: StageRow) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(_ICON)
        button.setText(f"{number}  {tr(stage.label)}")
        button.setShortcut(QKeySequence(stage.keys))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda _checked=False: self.chosen.emit(stage.id))
        return button

    def button(self, stage: StageId) -> QToolButton:
        """The button of a stage."""
        return self._buttons[stage]

    def show_current(self, stage: StageId) -> None:
        self._buttons[stage].setChecked(True)

    def show_states(self, states: Mapping[StageId, StageState]) -> None:
        """Mark how far each stage is, by a picture, in words for those who hear, and in the tip."""
        for row in STAGE_ROWS:
            state = states[row.id]
            mark, tint = _MARKS[state]
            button = self._buttons[row.id]
            button.setIcon(icon(mark, tint))
            words = tr(STATE_WORDS[state])
            button.setAccessibleName(f"{tr(row.label)}: {words}")
            button.setToolTip(f"{tr(row.help)}\n{words}")

    def show_next(self, step: NextStep) -> None:
        """The one button that leads on from the current stage."""
        self.next.setText(step.text)
        self.next.setIcon(icon(step.icon, "accent_text"))
        self.next.setEnabled(step.enabled)
        self.next.setToolTip(step.why)
