"""The numbers of one edit, with what it would cut away, and the buttons that decide."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.adjusters import Adjuster, NumberField
from da3studio.app.viewmodels.clean import Clean
from da3studio.app.widgets.card import heading, wrapping
from da3studio.app.widgets.threshold_bars import ThresholdBars
from da3studio.base.i18n import tr
from da3studio.edits.planes import RemovePlane

_STEPS = 1000  # of a slider


class NumberRow(QWidget):
    """One number: its name, a slider and a box to type in."""

    def __init__(self, clean: Clean, field: NumberField) -> None:
        super().__init__()
        self._clean, self._field = clean, field
        self.label = wrapping(tr(field.label))
        self.box = QDoubleSpinBox()
        self.box.setKeyboardTracking(False)
        self.box.setAccessibleName(tr(field.label))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.slider.setAccessibleName(tr(field.label))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.slider, 1)
        line.addWidget(self.box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.label)
        layout.addLayout(line)
        self.label.setBuddy(self.box)
        self.slider.valueChanged.connect(lambda step: clean.set_position(field, step / _STEPS))
        self.box.valueChanged.connect(self._typed)
        self.slider.sliderReleased.connect(self.show_number)

    def _typed(self, number: float) -> None:
        self._clean.set_value(self._field, number / self._clean.shown_as(self._field)[0])

    def show_number(self) -> None:
        """Show what is kept; a slider in the hand stays where the hand is."""
        factor, suffix, decimals = self._clean.shown_as(self._field)
        with QSignalBlocker(self.box):
            self.box.setDecimals(decimals)
            self.box.setSuffix(suffix)
            least, most = self._clean.bounds(self._field)
            self.box.setRange(least * factor, most * factor)
            low, high = self._clean.reach(self._field)
            step = (high - low) * factor / 100
            self.box.setSingleStep(max(10.0**-decimals, round(step, decimals)))
            self.box.setValue(self._clean.value(self._field) * factor)
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(self._clean.position(self._field) * _STEPS))


class AdjustCard(QFrame):
    """Shows the edit that is being set; keeps no state of its own."""

    closed = Signal()  # applied or dropped

    def __init__(self, clean: Clean, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clean = clean
        self._row: Adjuster | None = None
        set_kind(self, "card")
        self.title = heading("")
        self.help = wrapping("", "soft")
        self.bars = ThresholdBars()
        self.rows: list[NumberRow] = []
        self.below = QCheckBox(tr("Also everything under it"))
        self.count = wrapping()
        self.apply_button = QPushButton()
        set_kind(self.apply_button, "primary")
        self.cancel_button = QPushButton(tr("Cancel"))
        self._numbers = QVBoxLayout()
        self._numbers.setSpacing(8)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.apply_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        for widget in (self.title, self.help, self.bars):
            layout.addWidget(widget)
        layout.addLayout(self._numbers)
        layout.addWidget(self.below)
        layout.addWidget(self.count)
        layout.addLayout(buttons)
        self.apply_button.clicked.connect(self._apply)
        self.cancel_button.clicked.connect(self._cancel)
        self.below.toggled.connect(clean.set_below)
        self.bars.dragged.connect(self._drag)
        for key, act in ((Qt.Key.Key_Escape, self._cancel), (Qt.Key.Key_Return, self._apply)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        clean.changed.connect(self._show)
        clean.counted.connect(self._show_count)
        self._show()

    def _apply(self) -> None:
        self._clean.apply()
        self.closed.emit()

    def _cancel(self) -> None:
        self._clean.cancel()
        self.closed.emit()

    def _drag(self, value: float) -> None:
        row = self._clean.row
        if row is not None:
            self._clean.set_value(row.fields[0], value)

    def _show(self) -> None:
        row = self._clean.row
        if row is not self._row:
            self._row = row
            self._build(row)
        draft, distribution = self._clean.draft, self._clean.distribution
        ready = row is not None and draft is not None
        self.bars.setVisible(ready and distribution is not None)
        self.below.setVisible(ready and isinstance(draft, RemovePlane))
        for number in self.rows:
            number.setVisible(ready)
        self.apply_button.setText(tr("Apply") if self._clean.is_new else tr("Change"))
        self.apply_button.setEnabled(self._clean.can_apply)
        if row is not None and ready:
            for number in self.rows:
                number.show_number()
            if distribution is not None:
                self.bars.show_counts(distribution.counts, distribution.low, distribution.high)
                self.bars.show_threshold(self._clean.threshold(), row.removes == "below")
            if isinstance(draft, RemovePlane):
                with QSignalBlocker(self.below):
                    self.below.setChecked(draft.below)
        self._show_count()

    def _build(self, row: Adjuster | None) -> None:
        for number in self.rows:
            self._numbers.removeWidget(number)
            number.hide()
            number.deleteLater()
        self.rows = []
        if row is None:
            return
        self.title.setText(tr(row.family.title))
        self.help.setText(tr(row.help))
        self.bars.setAccessibleName(tr(row.fields[0].label))
        self.rows = [NumberRow(self._clean, field) for field in row.fields]
        for number in self.rows:
            self._numbers.addWidget(number)
        for before, after in zip(self.rows, self.rows[1:], strict=False):
            QWidget.setTabOrder(before.slider, after.box)

    def _show_count(self) -> None:
        self.count.setText(self._clean.count_text)
