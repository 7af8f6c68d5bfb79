"""The panel of the stage "Export"."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from da3studio.app.icons import icon
from da3studio.app.viewmodels.export_options import ExportOptions, Remark
from da3studio.app.viewmodels.targets import TARGETS, size_text
from da3studio.app.widgets.card import ChoiceCard, ChoiceCards, Notice, heading, wrapping
from da3studio.app.widgets.form import FormWidget
from da3studio.base.i18n import tr

_SPACING = 10
_MOST_REMARKS = 3


class ExportPanel(QWidget):
    """Target, format, what is in the file, and what stands in the way. Keeps no state."""

    def __init__(self, options: ExportOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = options
        self.remarks = [Notice("notice") for _ in range(_MOST_REMARKS)]
        self._shown: tuple[Remark, ...] = ()
        for at, notice in enumerate(self.remarks):
            notice.clicked.connect(lambda at=at: options.mend(self._shown[at].mending))
        self.targets = ChoiceCards(
            [
                *((one.id, ChoiceCard(tr(one.label), tr(one.help), one.icon)) for one in TARGETS),
                ("", ChoiceCard(tr("Anything else"), tr("Choose the format yourself."), "file")),
            ]
        )
        self.targets.chosen.connect(options.set_target)
        self.format = QComboBox()
        self.format.setAccessibleName(tr("Format"))
        self.format.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for suffix, words in options.formats:
            self.format.addItem(words, suffix)
        self.format.activated.connect(lambda at: options.set_suffix(self.format.itemData(at)))
        self.form = FormWidget(options.form, fold=True)
        self._size = wrapping("", "soft")
        self.done = Notice("done")
        self.done.button.setIcon(icon("folder"))
        self.done.clicked.connect(options.show_in_folder)

        layout = QVBoxLayout(self)
        layout.setSpacing(_SPACING)
        for notice in (*self.remarks, self.done):
            layout.addWidget(notice)
        layout.addWidget(heading(tr("For")))
        layout.addWidget(self.targets)
        layout.addWidget(heading(tr("Format")))
        layout.addWidget(self.format)
        layout.addWidget(self._size)
        layout.addWidget(self.form)
        layout.addStretch(1)
        options.changed.connect(self._show)
        self._show()

    def ask_and_export(self) -> None:
        """Ask for the place of the file and write it, unless something stands in the way."""
        options = self._options
        if not options.can_export:
            options.say_refusal()
            self.remarks[0].button.setFocus()  # where the reason and its remedy are
            return
        words = next(words for suffix, words in options.formats if suffix == options.suffix)
        start = str(options.folder / options.file_name)
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Export"), start, f"{words} (*{options.suffix})"
        )
        if chosen:
            options.export(Path(chosen))

    def _show(self) -> None:
        options = self._options
        self.targets.show_chosen(options.target)
        with QSignalBlocker(self.format):
            self.format.setCurrentIndex(self.format.findData(options.suffix))
        heeded = options.heeded
        for name, row in self.form.rows.items():
            row.set_visible(name in heeded)
        if self.form.advanced is not None:
            inside = [field.name for field in options.form.fields if not field.info.simple]
            self.form.advanced.setVisible(any(name in heeded for name in inside))
        size = options.size_bytes
        self._size.setText(tr("About {size}").format(size=size_text(size)) if size else "")
        self._size.setVisible(bool(size))
        self._shown = options.remarks[:_MOST_REMARKS]
        for at, notice in enumerate(self.remarks):
            remark = self._shown[at] if at < len(self._shown) else None
            notice.say(remark.text if remark else "", remark.button if remark else "")
        last = options.last_export
        self.done.say(
            tr("{file} is written").format(file=last.name) if last else "", tr("Show in folder")
        )
