"""The numbers of the crop box."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
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
        self.fit_button = QPushButton(icon("frame"), tr("Fit to the points"))
        self.apply_button = QPushButton(icon("crop", "accent_text"), tr("Crop"))
        self.cancel_button = QPushButton(tr("Cancel"))
        set_kind(self.apply_button, "primary")
        self._lay_out()
        self.fit_button.clicked.connect(crop.fit)
        self.apply_button.clicked.connect(self._apply)
        self.cancel_button.clicked.connect(lambda: view.set_tool(""))
        crop.changed.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(heading(tr("Crop box")))
        layout.addWidget(
            wrapping(tr("Everything outside the box is cut away. It can be changed later."), "soft")
        )
        layout.addWidget(heading(tr("Size")))
        layout.addLayout(self._rows(_SIZES, 0.0))
        layout.addWidget(heading(tr("Middle")))
        layout.addLayout(self._rows(_PLACES, -_FARTHEST))
        layout.addWidget(heading(tr("Turn")))
        layout.addLayout(self._rows((("angle", "Angle"),), -360.0))
        layout.addWidget(self.fit_button)
        layout.addWidget(self.count)
        ends = QHBoxLayout()
        ends.addWidget(self.apply_button, 1)
        ends.addWidget(self.cancel_button, 1)
        layout.addLayout(ends)
        layout.addStretch(1)
        for button in (self.fit_button, self.apply_button, self.cancel_button):
            button.setAutoDefault(False)

    def _rows(self, rows: tuple[tuple[Number, str], ...], low: float) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
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
        return form

    def _apply(self) -> None:
        self._crop.apply()
        self._view.set_tool("")

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
        self.apply_button.setText(tr("Change the crop") if crop.is_known else tr("Crop"))
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
