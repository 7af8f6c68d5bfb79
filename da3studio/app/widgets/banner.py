"""Troubles across the top of the window, never modal; and short notices that go by themselves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon, picture
from da3studio.app.problems import Trouble
from da3studio.app.theme import set_kind
from da3studio.base.i18n import tr

_TOAST_MS = 5000
_MARGIN_PX = 16
_WIDEST_PX = 460  # of a notice in one line
_ICON_PX = 22


class Banner(QFrame):
    """Shows one trouble with its reason, what to do, and the button that does it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_kind(self, "notice")
        self._trouble: Trouble | None = None
        self.mark = QLabel()
        self.what = QLabel()
        set_kind(self.what, "heading")
        self.why = QLabel()
        for label in (self.what, self.why):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.act = QPushButton()
        set_kind(self.act, "primary")
        self.more = QPushButton(tr("Details"))
        self.more.setCheckable(True)
        self.copy = QPushButton(icon("copy"), tr("Copy"))
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("cross"))
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.setAccessibleName(tr("Close this message"))
        self.close_button.setToolTip(tr("Close this message"))
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(160)
        self._lay_out()
        self.act.clicked.connect(self._do)
        self.more.toggled.connect(self._unfold)
        self.copy.clicked.connect(self._copy)
        self.close_button.clicked.connect(self.hide)
        self.hide()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.what)
        words.addWidget(self.why)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        for button in (self.act, self.copy, self.more, self.close_button):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 8, 8)
        column.addLayout(row)
        column.addWidget(self.details)

    def show_trouble(self, trouble: Trouble) -> None:
        """Show this one instead of the one before."""
        self._trouble = trouble
        self.mark.setPixmap(picture("warning", _ICON_PX, self.devicePixelRatioF(), "warning"))
        self.what.setText(trouble.what)
        self.why.setText(f"{trouble.why} {trouble.fix}")
        self.act.setText(trouble.button)
        self.act.setVisible(bool(trouble.button))
        self.details.setPlainText(trouble.details)
        self.more.setVisible(bool(trouble.details))
        self.more.setChecked(False)
        self._unfold(False)
        self.setAccessibleName(f"{trouble.what} {trouble.why} {trouble.fix}")
        self.show()

    def _unfold(self, open_: bool) -> None:
        self.details.setVisible(open_)
        self.copy.setVisible(open_)

    def _do(self) -> None:
        trouble = self._trouble
        self.hide()
        if trouble is not None and trouble.act is not None:
            trouble.act()

    def _copy(self) -> None:
        if self._trouble is not None:
            one = self._trouble
            QApplication.clipboard().setText("\n".join((one.what, one.why, one.details)))


class Toast(QLabel):
    """A short notice above the lower right corner of a widget.

    Args:
        over: what it floats over; the notice is its child and moves with it.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        set_kind(self, "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        over.installEventFilter(self)
        self.hide()

    def say(self, text: str) -> None:
        """Show the notice for some seconds."""
        self.setText(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(_TOAST_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        over = self._over
        widest = max(120, min(_WIDEST_PX, over.width() - 2 * _MARGIN_PX))
        self.setWordWrap(False)  # a label that wraps prefers to be narrow and tall
        size = self.sizeHint()
        if size.width() > widest:
            self.setWordWrap(True)
            size = QSize(widest, self.heightForWidth(widest))
        self.resize(size)
        bottom = over.height() - self.height() - 3 * _MARGIN_PX
        self.move(over.width() - self.width() - _MARGIN_PX, max(0, bottom))
