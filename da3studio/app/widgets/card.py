"""Cards: framed groups, choices with a sentence each, and notices with a button."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from PySide6.QtCore import QEvent, QMargins, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import Tint, icon
from da3studio.app.theme import set_kind

DIALOG_MARGINS = QMargins(16, 16, 16, 16)  # between the edge of a dialog and what is in it

_ICON_PX = 20
_NOTICES: dict[str, tuple[str, Tint]] = {
    "notice": ("warning", "warning"),
    "error": ("error", "bad"),
    "done": ("check", "good"),
    "card": ("info", "accent"),
}


def wrapping(text: str = "", kind: str = "") -> QLabel:
    """A label that breaks its lines."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    if kind:
        set_kind(label, kind)
    return label


def heading(text: str) -> QLabel:
    """The title of a group in a panel."""
    label = QLabel(text)
    set_kind(label, "heading")
    return label


class ElidedLabel(QLabel):
    """One line that ends in "…" where there is no room for all of it."""

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__()
        self._full = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        set_kind(self, kind)
        self.say(text)

    def say(self, text: str) -> None:
        """Show another text."""
        self._full = text
        self.setToolTip(text)
        if self.isVisible():
            self._elide(self.width())
        else:  # its width is not known yet
            self.setText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide(event.size().width())

    def _elide(self, room: int) -> None:
        self.setText(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, room))


class IconLabel(QLabel):
    """An icon that is not clicked; sharp at every scale, and in step with the theme."""

    def __init__(self, name: str, tint: Tint = "text", side_px: int = _ICON_PX) -> None:
        super().__init__()
        self._name, self._tint, self._side_px = name, tint, side_px
        self.setFixedSize(side_px, side_px)
        self.setPixmap(icon(name, tint).pixmap(QSize(side_px, side_px), self.devicePixelRatioF()))

    def set_icon(self, name: str, tint: Tint) -> None:
        self._name, self._tint = name, tint
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange):
            self._draw()
        super().changeEvent(event)

    def _draw(self) -> None:
        size = QSize(self._side_px, self._side_px)
        self.setPixmap(icon(self._name, self._tint).pixmap(size, self.devicePixelRatioF()))


class ChoiceCard(QPushButton):
    """A choice with a title and a sentence about it."""

    def __init__(self, title: str, body: str = "", icon_name: str = "", aside: str = "") -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoDefault(False)
        set_kind(self, "card")
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(filter(None, (body, aside))))
        self._title, self._body, self._aside = QLabel(title), wrapping(body, "soft"), QLabel(aside)
        set_kind(self._title, "heading")
        set_kind(self._aside, "small")
        for label in (self._title, self._body, self._aside):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        head = QHBoxLayout()
        head.setSpacing(8)
        if icon_name:
            picture = IconLabel(icon_name)
            picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            head.addWidget(picture)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._aside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 9, 12, 9)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self._body)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._body.setVisible(bool(body))

    def set_aside(self, text: str) -> None:
        """The short text at the right, a time or a size."""
        self._aside.setText(text)

    def sizeHint(self) -> QSize:
        return self._layout_size()

    def minimumSizeHint(self) -> QSize:
        return self._layout_size()

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout is not None else -1

    def hasHeightForWidth(self) -> bool:
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        needed = self.heightForWidth(event.size().width())
        if (
            needed > 0 and self.minimumHeight() != needed
        ):  # scroll areas ask nobody for a height for a width
            self.setMinimumHeight(needed)

    def _layout_size(self) -> QSize:
        layout = self.layout()
        return layout.totalMinimumSize() if layout is not None else QSize()


class ChoiceCards(QWidget):
    """Cards of which one is chosen; the arrow keys go from one to the next."""

    chosen = Signal(str)

    def __init__(self, cards: Iterable[tuple[str, ChoiceCard]]) -> None:
        super().__init__()
        self.cards = dict(cards)
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for name, card in self.cards.items():
            self._group.addButton(card)
            layout.addWidget(card)
            card.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))

    def show_chosen(self, name: str) -> None:
        """Mark one of them, or none."""
        self._group.setExclusive(False)
        for key, card in self.cards.items():
            card.setChecked(key == name)
        self._group.setExclusive(True)


class Notice(QFrame):
    """A sentence with its icon, and a button that does something about it."""

    clicked = Signal()

    def __init__(
        self, kind: Literal["notice", "error", "done", "card"] = "notice", text: str = ""
    ) -> None:
        super().__init__()
        name, tint = _NOTICES[kind]
        set_kind(self, kind)
        self._icon = IconLabel(name, tint)
        self._text = wrapping(text)
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self.clicked)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.addLayout(row)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.say(text)

    @property
    def text(self) -> str:
        return self._text.text()

    def say(self, text: str, button: str = "") -> None:
        """Show a sentence; "" hides the notice."""
        self._text.setText(text)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.setVisible(bool(text))


def rule() -> QFrame:
    """A line between two groups."""
    line = QFrame()
    set_kind(line, "rule")
    return line
