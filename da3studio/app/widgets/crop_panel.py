"""The numbers of the crop box."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.crop_box import CropBoxModel, Number
from da3studio.app.viewmodels.view_state import ViewState
from da3studio.app.widgets.card import heading, wrapping
from da3studio.base.i18n import tr, trn

_FARTHEST = 1e6
_DECIMALS = 3
_SIZES: tuple[tuple[Number, str], ...] = (
    ("width", "Width"),
    ("depth", "Depth"),
    ("height", "Height"),
)
_PLACES: tuple[tuple[Number, str], ...] = (("x", "Sideways"), ("y", "Ahead"), ("z", "Up"))


class CropPanel(QWidget):
    """Shows and edits the crop box; keeps no state of its own.

    Args:
        crop: the box.
        view: left to navigation when the box is applied or dropped.
    """

    def __init__(self, crop: CropBoxModel, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._crop, self._view = crop, view
        self.numbers: dict[Number, QDoubleSpinBox] = {}
        self.count = wrapping("", "soft")
        self._sides = QButtonGroup(self)
        self.side_buttons = {
            False: self._side_button(False, tr("What is outside")),
            True: self._side_button(True, tr("What is inside")),
        }
        self.another_button = QPushButton(icon("plus"), tr("Another box"))
        self.fit_button = QPushButton(icon("frame"), tr("Fit to the points"))
        self.apply_button = QPushButton(icon("crop", "accent_text"), tr("Crop"))
        self.cancel_button = QPushButton(tr("Cancel"))
        set_kind(self.apply_button, "primary")
        self._lay_out()
        self.another_button.clicked.connect(crop.begin_another)
        self.fit_button.clicked.connect(crop.fit)
        self.apply_button.clicked.connect(self._apply)
        self.cancel_button.clicked.connect(lambda: view.set_tool(""))
        crop.changed.connect(self._show)
        self._show()

    def _side_button(self, inside: bool, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._crop.set_cuts_inside(inside))
        self._sides.addButton(button)
        return button

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(heading(tr("Cut away")))
        sides = QHBoxLayout()
        for button in self.side_buttons.values():
            sides.addWidget(button, 1)
        layout.addLayout(sides)
        layout.addWidget(self.another_button)
        form = QFormLayout()  # one for all, so that its numbers stand below each other
        form.setSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._add_rows(form, tr("Size"), _SIZES, 0.0)
        self._add_rows(form, tr("Middle"), _PLACES, -_FARTHEST)
        self._add_rows(form, tr("Turn"), (("angle", "Angle"),), -360.0)
        layout.addLayout(form)
        layout.addWidget(self.fit_button)
        layout.addWidget(self.count)
        ends = QHBoxLayout()
        ends.addWidget(self.apply_button, 1)
        ends.addWidget(self.cancel_button, 1)
        layout.addLayout(ends)
        layout.addStretch(1)
        for button in (
            self.another_button, self.fit_button, self.apply_button, self.cancel_button
        ):  # fmt: skip
            button.setAutoDefault(False)

    def _add_rows(
        self, form: QFormLayout, title: str, rows: tuple[tuple[Number, str], ...], low: float
    ) -> None:
        form.addRow(heading(title))
        for name, label in rows:
            box = QDoubleSpinBox(minimum=low, maximum=_FARTHEST, decimals=_DECIMALS)
            box.setKeyboardTracking(False)  # a half-typed number must not move the box
            box.setAccessibleName(tr(label))
            if name == "angle":
                box.setRange(low, 360.0)
                box.setDecimals(1)
                box.setSuffix("°")
            box.valueChanged.connect(
                lambda value, name=name: self._crop.set_number(name, value)
            )  # fmt: skip
            form.addRow(tr(label), box)
            self.numbers[name] = box

    def _apply(self) -> None:
        self._crop.apply()
        self._view.set_tool("")

    def _apply_words(self) -> str:
        crop = self._crop
        if crop.cuts_inside:
            return tr("Change the box") if crop.is_known else tr("Cut away")
        return tr("Change the crop") if crop.is_known else tr("Crop")

    def _show(self) -> None:
        crop = self._crop
        is_on = crop.box is not None
        largest = max((crop.number(name) for name, _ in _SIZES), default=1.0)
        for name, box in self.numbers.items():
            with QSignalBlocker(box):
                if name != "angle":
                    box.setSuffix(f" {crop.unit_name}")
                    box.setSingleStep(_step(largest))
                box.setValue(crop.number(name))
            box.setEnabled(is_on)
        for button in (self.fit_button, self.apply_button, self.cancel_button):
            button.setEnabled(is_on)
        for inside, button in self.side_buttons.items():
            button.setEnabled(is_on)
            button.setChecked(inside == crop.cuts_inside)
        self.another_button.setVisible(is_on and crop.is_known and crop.cuts_inside)
        self.apply_button.setText(self._apply_words())
        if not is_on:
            self.count.setText("")
        elif crop.n_cut is None:
            self.count.setText(tr("Counting …"))
        else:
            self.count.setText(
                trn("Cuts {n} point away.", "Cuts {n} points away.", crop.n_cut)
            )  # fmt: skip


def _step(size: float) -> float:
    """About a hundredth of a size, as a round number."""
    step = 10.0**-_DECIMALS
    while step * 200 < size:
        step *= 10
    return step
