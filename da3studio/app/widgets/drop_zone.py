"""What is shown where photos will be: a place to drop them, and buttons to find them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from da3studio.app.icons import icon, picture
from da3studio.app.theme import set_kind
from da3studio.app.widgets.choose_files import Addition
from da3studio.base.i18n import tr

_PICTURE_PX = 48


class DropZone(QFrame):
    """Asks for photos; what is dropped on it goes to the widget around it."""

    asked = Signal(str)  # Addition

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_kind(self, "drop")
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title = QLabel(tr("Drop photos, a folder or a video here"))
        self.hint = QLabel(
            tr("20 to 60 photos all around work best; move between them, keep two thirds in view.")
        )
        set_kind(self.title, "heading")
        set_kind(self.hint, "soft")
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(8)
        box.addStretch(2)
        for label in (self._picture, self.title, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            box.addWidget(label)
        box.addSpacing(8)
        rows: tuple[tuple[Addition, str, str], ...] = (
            ("photos", "add-photos", tr("Add photos…")),
            ("folder", "add-folder", tr("Add folder…")),
            ("video", "add-video", tr("Add video…")),
        )
        self.buttons: dict[Addition, QPushButton] = {}
        for addition, icon_name, text in rows:
            button = QPushButton(icon(icon_name), text)
            button.clicked.connect(lambda _checked=False, what=addition: self.asked.emit(what))
            box.addWidget(button)
            self.buttons[addition] = button
        box.addStretch(3)
        self.set_over(False)

    def set_over(self, over: bool) -> None:
        """Look ready to take what is being dragged over it."""
        self.setProperty("over", over)
        self.style().unpolish(self)
        self.style().polish(self)
        shown = picture("add-photos", _PICTURE_PX, self.devicePixelRatioF(), "text_soft")
        self._picture.setPixmap(shown)
        for widget in (self.hint, *self.buttons.values()):
            widget.setVisible(not over)
