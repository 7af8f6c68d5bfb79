"""Standing the model upright, and where its origin and front are."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.placing import Placing
from da3studio.app.widgets.card import Notice, heading, wrapping
from da3studio.base.i18n import tr

_STEPS_DEG = (1.0, 15.0, 90.0)


class PlacePanel(QWidget):
    """Shows and edits the placement; keeps only the size of a step."""

    def __init__(self, placing: Placing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._placing = placing
        self._step_deg = _STEPS_DEG[0]
        self.find_button = _primary(tr("Stand it upright"), "floor")
        self.proposal = Notice("card")
        self.apply_button = _primary(tr("Apply"), "check")
        self.cancel_button = _button(tr("Cancel"))
        self.tip_buttons = {
            ("forwards", 1): _button(tr("Tip back"), "up-arrow"),
            ("forwards", -1): _button(tr("Tip to the front"), "down-arrow"),
            ("sideways", -1): _button(tr("Tip left"), "rotate-left"),
            ("sideways", 1): _button(tr("Tip right"), "rotate-right"),
        }
        self.step_buttons = {step: _button(f"{step:g}°") for step in _STEPS_DEG}
        self.flip_button = _button(tr("Upside down"), "invert")
        self.base_button = _button(tr("Origin to the middle of the base"), "origin")
        self.front_button = _button(tr("This view is the front"), "front")
        self.reset_button = _button(tr("Back to how it was made"), "reset")
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(heading(tr("Upright")))
        layout.addWidget(self.find_button)
        layout.addWidget(
            wrapping(tr("Or click the floor or table in the model with the Floor tool."), "soft")
        )
        layout.addWidget(self.proposal)
        ends = QHBoxLayout()
        ends.addWidget(self.apply_button, 1)
        ends.addWidget(self.cancel_button, 1)
        layout.addLayout(ends)
        layout.addWidget(heading(tr("By hand")))
        steps = QHBoxLayout()
        self._steps = QButtonGroup(self)
        for step, button in self.step_buttons.items():
            button.setCheckable(True)
            button.setChecked(step == self._step_deg)
            button.setAccessibleName(tr("Steps of {degrees} degrees").format(degrees=f"{step:g}"))
            self._steps.addButton(button)
            steps.addWidget(button, 1)
        layout.addLayout(steps)
        tips = QGridLayout()
        tips.setSpacing(6)
        for i, button in enumerate(self.tip_buttons.values()):
            tips.addWidget(button, i // 2, i % 2)
        layout.addLayout(tips)
        layout.addWidget(self.flip_button)
        layout.addWidget(heading(tr("Origin and front")))
        layout.addWidget(self.base_button)
        layout.addWidget(
            wrapping(tr("Or click a point in the model with the Origin tool."), "soft")
        )  # fmt: skip
        layout.addWidget(self.front_button)
        layout.addSpacing(8)
        layout.addWidget(self.reset_button)
        layout.addStretch(1)

    def _connect(self) -> None:
        placing = self._placing
        self.find_button.clicked.connect(placing.stand_upright)
        self.apply_button.clicked.connect(placing.apply)
        self.cancel_button.clicked.connect(placing.cancel)
        for (way, sign), button in self.tip_buttons.items():
            button.clicked.connect(
                lambda _=False, way=way, sign=sign: placing.tip(way, sign * self._step_deg)
            )
        for step, button in self.step_buttons.items():
            button.clicked.connect(lambda _=False, step=step: self._set_step(step))
        self.flip_button.clicked.connect(placing.flip)
        self.base_button.clicked.connect(placing.origin_to_base)
        self.front_button.clicked.connect(placing.make_this_the_front)
        self.reset_button.clicked.connect(placing.reset)
        placing.changed.connect(self._show)

    def _set_step(self, step: float) -> None:
        self._step_deg = step

    def _show(self) -> None:
        placing, proposal = self._placing, self._placing.proposal
        self.find_button.setText(
            tr("Looking for the floor …") if placing.is_searching else tr("Stand it upright")
        )
        self.find_button.setEnabled(placing.is_possible and not placing.is_searching)
        self.proposal.say(proposal.says if proposal is not None else "")
        for button in (self.apply_button, self.cancel_button):
            button.setVisible(proposal is not None)
        for button in (
            *self.tip_buttons.values(),
            self.flip_button,
            self.base_button,
            self.front_button,
            self.reset_button,
        ):
            button.setEnabled(placing.is_possible)


def _button(text: str, icon_name: str = "") -> QPushButton:
    button = QPushButton(text)
    if icon_name:
        button.setIcon(icon(icon_name))
    button.setAutoDefault(False)
    return button


def _primary(text: str, icon_name: str) -> QPushButton:
    button = _button(text)
    button.setIcon(icon(icon_name, "accent_text"))
    set_kind(button, "primary")
    return button
