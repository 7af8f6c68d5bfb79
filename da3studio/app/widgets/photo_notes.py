"""What there is to say about the photos: advice, never an obstacle."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import Tint, icon, picture
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.photo_check import PhotoCheck
from da3studio.base.i18n import tr, trn

_ICON_PX = 18


class PhotoNotes(QWidget):
    """Binds a `PhotoCheck`: the page of the first stage, which scrolls where it is shown."""

    def __init__(self, check: PhotoCheck, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check = check
        self.leave_out = QPushButton(icon("trash"), "", self)
        self.leave_out.setToolTip(
            tr("They are taken out of the project; the files stay, and Undo brings them back.")
        )
        self.leave_out.clicked.connect(check.leave_out_blurred)
        self.notes = QVBoxLayout()
        self.notes.setSpacing(8)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addLayout(self.notes)
        box.addStretch(1)
        check.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        check = self._check
        self.notes.removeWidget(self.leave_out)  # stays ours: without a parent it were a window
        self.leave_out.hide()
        _empty(self.notes)
        if not check.n_photos:
            self._heading(tr("Start with photos"))
            self._say("info", "text_soft", [tr("Add photos, a folder or a video of your subject.")])
            self._tips()
            return
        self._heading(tr("All photos"))
        if check.advice:
            self._say("warning", "warning", check.advice)
        else:
            self._say("check", "good", [tr("The photos look good.")])
        if check.blurred:
            n = len(check.blurred)
            text = trn("Leave out the blurred one", "Leave out the {n} blurred ones", n)
            self.leave_out.setText(text)
            self.notes.addWidget(self.leave_out, 0, Qt.AlignmentFlag.AlignLeft)
            self.leave_out.show()
        if check.import_notes:
            self._heading(tr("When they were added"))
            self._say("info", "text_soft", check.import_notes)
        self._tips()

    def _tips(self) -> None:
        self._heading(tr("For a good result"))
        self._say(
            "check",
            "text_soft",
            [
                tr("Walk around it and move sideways between photos: turning on the spot shows"
                   " nothing of depth."),
                tr("Let each photo share about two thirds with the one before."),
                tr("Even light, no flash, one zoom setting; still things only."),
                tr("Shiny, transparent and blank surfaces come out badly; a bit of dust helps."),
            ],
        )  # fmt: skip

    def _heading(self, text: str) -> None:
        label = QLabel(text)
        set_kind(label, "heading")
        if self.notes.count():
            self.notes.addSpacing(8)
        self.notes.addWidget(label)

    def _say(self, icon_name: str, tint: Tint, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            row = QFrame()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(8)
            sign = QLabel()
            sign.setPixmap(picture(icon_name, _ICON_PX, self.devicePixelRatioF(), tint))
            words = QLabel(sentence)
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            line.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(words, 1)
            self.notes.addWidget(row)


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.deleteLater()
