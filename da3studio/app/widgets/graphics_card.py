"""The box about the graphics card, above the networks."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.graphics import GraphicsSupport
from da3studio.app.widgets.card import IconLabel, heading, wrapping
from da3studio.base.i18n import tr

_FULL = 1000  # of the bar


class GraphicsBox(QFrame):
    """Says whether the card is used, and gets or removes what it needs."""

    def __init__(self, graphics: GraphicsSupport) -> None:
        super().__init__()
        set_kind(self, "card")
        self._graphics = graphics
        self._mark = IconLabel("check", "good", 16)
        self._words = wrapping("", "soft")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of the graphics card"))
        self._step = wrapping("", "small")
        self.get = QPushButton(icon("download"), "")
        self.pause = QPushButton(icon("pause"), tr("Pause"))
        self.remove = QPushButton(icon("trash"), tr("Remove"))
        for button, act in (
            (self.get, graphics.download),
            (self.pause, graphics.pause),
            (self.remove, graphics.remove),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(act)
        self.remove.setAccessibleName(tr("Remove the support for the graphics card"))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._mark)
        head.addWidget(heading(tr("Graphics card")))
        head.addStretch(1)
        for button in (self.get, self.pause, self.remove):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 10)
        layout.setSpacing(4)
        layout.addLayout(head)
        for widget in (self._words, self.bar, self._step):
            layout.addWidget(widget)
        graphics.changed.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        return self._words.text()

    def _show(self) -> None:
        row = self._graphics.row
        self.setVisible(row.state != "hidden")
        working = row.state in ("working", "waiting")
        self._words.setText(row.words)
        self._mark.setVisible(row.is_good)
        self.get.setText(tr("Go on") if row.state == "part" else tr("Download"))
        self.get.setAccessibleName(tr("Download support for the graphics card"))
        self.get.setVisible(row.state in ("absent", "part"))
        self.pause.setVisible(working)
        self.remove.setVisible(row.state in ("installed", "part"))
        self.bar.setVisible(working)
        self._step.setVisible(working)
        self._step.setText(row.step)
        known = row.fraction is not None
        self.bar.setRange(0, _FULL if known or row.state == "waiting" else 0)
        self.bar.setValue(round((row.fraction or 0.0) * _FULL))
