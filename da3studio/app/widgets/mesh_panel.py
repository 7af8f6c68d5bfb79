"""The panel of the stage "Mesh"."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.mesh_options import Gauge, MeshOptions
from da3studio.app.viewmodels.targets import TARGETS
from da3studio.app.widgets.card import ChoiceCard, ChoiceCards, heading, wrapping
from da3studio.app.widgets.fold import Fold
from da3studio.app.widgets.form import FormWidget
from da3studio.base.i18n import tr

_SPACING = 10
_FULL = 1000  # of the bars


class MeshPanel(QWidget):
    """Target, numbers before and after, settings. Keeps no state of its own."""

    def __init__(self, options: MeshOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = options
        self.targets = ChoiceCards(
            (one.id, ChoiceCard(tr(one.label), f"{tr(one.help)} {one.limits}.", one.icon))
            for one in TARGETS
        )
        self.targets.chosen.connect(options.set_target)
        self._own = wrapping(tr("Own settings, without a limit to keep."), "soft")
        self._rows = [GaugeRow() for _ in options.gauges]
        forms = (options.mesh.form, options.texture.form)
        self.simple = [FormWidget(form, only="simple") for form in forms]
        details = QWidget()
        inside = QVBoxLayout(details)
        inside.setContentsMargins(0, 0, 0, 0)
        for form in forms:
            inside.addWidget(FormWidget(form, only="advanced"))
        self.advanced = Fold(tr("Advanced"), details)

        numbers = QGridLayout()
        numbers.setHorizontalSpacing(12)
        numbers.setVerticalSpacing(2)
        numbers.setColumnStretch(0, 1)
        self._heads = [QLabel(tr("now")), QLabel(tr("after"))]
        for column, head in enumerate(self._heads, 1):
            set_kind(head, "small")
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            numbers.addWidget(head, 0, column)
        for at, row in enumerate(self._rows):
            row.put(numbers, 3 * at + 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(_SPACING)
        layout.addWidget(heading(tr("Made for")))
        layout.addWidget(self.targets)
        layout.addWidget(self._own)
        layout.addWidget(heading(tr("Size")))
        layout.addLayout(numbers)
        layout.addWidget(heading(tr("Settings")))
        for widget in (*self.simple, self.advanced):
            layout.addWidget(widget)
        layout.addStretch(1)
        options.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        chosen = self._options.target
        self.targets.show_chosen(chosen)
        self._own.setVisible(not chosen)
        for row, gauge in zip(self._rows, self._options.gauges, strict=True):
            row.show(gauge)


class GaugeRow:
    """A number before and after, with a bar against its limit."""

    def __init__(self) -> None:
        self._label, self._now, self.after = QLabel(), QLabel(), QLabel()
        set_kind(self._now, "soft")
        for label in (self._now, self.after):
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _FULL)
        self.over = wrapping("", "bad")

    def put(self, grid: QGridLayout, at: int) -> None:
        """Take three rows of a grid."""
        grid.addWidget(self._label, at, 0)
        grid.addWidget(self._now, at, 1)
        grid.addWidget(self.after, at, 2)
        grid.addWidget(self.bar, at + 1, 0, 1, 3)
        grid.addWidget(self.over, at + 2, 0, 1, 3)

    def show(self, gauge: Gauge) -> None:
        """Show these numbers; past the limit in red, and in words."""
        self._label.setText(gauge.label)
        self._now.setText(gauge.now or "–")
        self.after.setText(gauge.after)
        self.bar.setVisible(gauge.share > 0)
        self.bar.setValue(min(_FULL, round(gauge.share * _FULL)))
        self.bar.setAccessibleName(gauge.label)
        self.bar.setToolTip(tr("{n} % of the limit").format(n=round(100 * gauge.share)))
        set_kind(self.bar, "over" if gauge.over else "slim")
        self.over.setText(gauge.over)
        self.over.setVisible(bool(gauge.over))
