"""The panel of the stage "Reconstruct"."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.reconstruct_options import QUALITIES, ReconstructOptions
from da3studio.app.widgets.card import ChoiceCard, ChoiceCards, Notice, heading, wrapping
from da3studio.app.widgets.fold import Fold
from da3studio.app.widgets.form import FormWidget
from da3studio.base.i18n import tr

_SPACING = 10


class ReconstructPanel(QWidget):
    """Quality, engine and, folded away, every setting. Keeps no state of its own."""

    models_wanted = Signal()  # the person wants to see all networks

    def __init__(self, options: ReconstructOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = options
        self.quality = ChoiceCards(
            (one.id, ChoiceCard(tr(one.label), tr(one.help), one.icon)) for one in QUALITIES
        )
        self.quality.chosen.connect(options.set_quality)
        self._own = wrapping(tr("Own settings, see Advanced."), "soft")
        self.engine = QComboBox()
        self.engine.setAccessibleName(tr("Engine"))
        self.engine.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for value, words in options.engines:
            self.engine.addItem(words, value)
        self.engine.activated.connect(lambda at: options.set_engine(self.engine.itemData(at)))
        self._explanation = wrapping("", "soft")
        self.advice = Notice("card")
        self.advice.button.setIcon(icon("download"))
        self.advice.clicked.connect(options.download)
        self.models = QPushButton(tr("All networks …"))
        set_kind(self.models, "link")
        self.models.clicked.connect(self.models_wanted)
        self.depth_form = FormWidget(options.depth.form)
        self.fuse_form = FormWidget(options.fuse.form)
        self.advanced = Fold(tr("Advanced"), self._details())

        layout = QVBoxLayout(self)
        layout.setSpacing(_SPACING)
        layout.addWidget(heading(tr("Quality")))
        layout.addWidget(self.quality)
        layout.addWidget(self._own)
        row = QHBoxLayout()
        row.addWidget(heading(tr("Engine")), 1)
        row.addWidget(self.models)
        layout.addLayout(row)
        layout.addWidget(self.engine)
        layout.addWidget(self._explanation)
        layout.addWidget(self.advice)
        layout.addWidget(self.advanced)
        layout.addStretch(1)
        options.changed.connect(self._show)
        for link in (options.depth, options.fuse):
            link.form.changed.connect(self._show)
        self._show()

    def _details(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.depth_form)
        layout.addWidget(heading(tr("From depth to points")))
        layout.addWidget(self.fuse_form)
        return box

    def _show(self) -> None:
        options = self._options
        self.quality.show_chosen(options.quality)
        for name, card in self.quality.cards.items():
            card.set_aside(options.time_text(name))
        self._own.setVisible(not options.quality)
        with QSignalBlocker(self.engine):
            self.engine.setCurrentIndex(self.engine.findData(options.engine))
        self._explanation.setText(options.explanation)
        if options.is_downloading:
            self.advice.say(options.download_text)
        else:
            self.advice.say(options.advice, tr("Download"))
        n = options.depth.form.n_changed + options.fuse.form.n_changed
        title = tr("Advanced ({n} changed)").format(n=n) if n else tr("Advanced")
        self.advanced.set_title(title)
