"""A part of a panel that is folded away under its title."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.base.i18n import tr

_ARROW_PX = 16
_HIT_PX = 28


class Fold(QWidget):
    """A title that shows and hides what is below it.

    Args:
        title: in the person's language.
        content: becomes a child of the fold.
        is_open: whether the content shows at first.
    """

    toggled = Signal(bool)

    def __init__(
        self,
        title: str,
        content: QWidget,
        is_open: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.content = content
        self.button = QToolButton(self)
        self.button.setCheckable(False)
        self.button.setText(title)
        self.button.setIconSize(QSize(_ARROW_PX, _ARROW_PX))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setMinimumHeight(_HIT_PX)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(lambda: self.set_open(not self.is_open))
        set_kind(self.button, "fold")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button)
        layout.addWidget(content)
        self._is_open = is_open
        self._show()

    @property
    def is_open(self) -> bool:
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        if is_open != self._is_open:
            self._is_open = is_open
            self._show()
            self.toggled.emit(is_open)

    def set_title(self, title: str) -> None:
        self.button.setText(title)
        self._show()

    def _show(self) -> None:
        self.content.setVisible(self._is_open)
        self.button.setIcon(icon("chevron-down" if self._is_open else "chevron-right"))
        self.button.setAccessibleDescription(tr("open") if self._is_open else tr("folded"))
