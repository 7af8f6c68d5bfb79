"""One quiet line above everything, with buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.widgets.card import ElidedLabel, IconLabel
from da3studio.base.i18n import tr

_CROSS_PX = 16


class TopLine(QFrame):
    """News that can wait; any of its buttons closes it.

    Args:
        words: what there is to say.
        deeds: words of a button → what it does.
    """

    def __init__(
        self, words: str, deeds: Mapping[str, Callable[[], None]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        set_kind(self, "card")
        self.setAccessibleName(words)
        self.words = ElidedLabel(words, "")
        self.buttons = [QPushButton(label) for label in deeds]
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("cross"))
        self.close_button.setIconSize(QSize(_CROSS_PX, _CROSS_PX))
        self.close_button.setAccessibleName(tr("Close this message"))
        self.close_button.setToolTip(tr("Close this message"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(IconLabel("info", "accent"))
        row.addWidget(self.words, 1)
        for button, deed in zip(self.buttons, deeds.values(), strict=True):
            row.addWidget(button)
            button.clicked.connect(lambda _=False, deed=deed: deed())
            button.clicked.connect(self._go)
        row.addWidget(self.close_button)
        self.close_button.clicked.connect(self._go)

    def _go(self) -> None:
        self.hide()
        self.deleteLater()
