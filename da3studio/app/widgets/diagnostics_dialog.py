"""Shows what a report for whoever looks for a fault holds, before it is written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.gl_names import gl_names
from da3studio.app.session import Session
from da3studio.app.theme import set_kind
from da3studio.app.widgets.card import DIALOG_MARGINS, wrapping
from da3studio.base.i18n import tr
from da3studio.diagnostics.report import SUFFIX, Part, collect, suggested_name, write

_WIDTH_PX, _HEIGHT_PX = 860, 560
_LIST_PX = 300
_ROW_SPACING_PX = 4


class DiagnosticsDialog(QDialog):
    """A list of the files of the report, the text of the chosen one, and *Save*.

    Args:
        session: whose project it is about, if one is open.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Collect diagnostics"))
        self._session, self._parts = session, tuple[Part, ...]()
        self._written: Path | None = None
        self._build()
        self._gather()

    def _build(self) -> None:
        words = wrapping(
            tr(
                "This helps to find a fault. It holds no photos, no models, no folders and no names"
                " of files. Nothing is sent: you save a file, and decide who gets it."
            ),
            "soft",
        )
        self.list = QListWidget()
        self.list.setAccessibleName(tr("What the file holds"))
        self.list.setSpacing(_ROW_SPACING_PX)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(tr("Text of the chosen part"))
        both = QSplitter()
        both.addWidget(self.list)
        both.addWidget(self.text)
        both.setSizes([_LIST_PX, _WIDTH_PX - _LIST_PX])
        self.done_words = wrapping("", "good")
        self.done_words.hide()
        buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.show_button = QPushButton(tr("Show in folder"))
        buttons.addButton(self.show_button, role.ActionRole)
        self.show_button.hide()
        self.save = QPushButton(tr("Save …"))
        buttons.addButton(self.save, role.ActionRole)
        set_kind(self.save, "primary")
        self.save.setEnabled(False)
        close = buttons.addButton(tr("Close"), role.RejectRole)
        for button in (self.show_button, self.save, close):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(DIALOG_MARGINS)
        column.setSpacing(10)
        column.addWidget(words)
        column.addWidget(both, 1)
        column.addWidget(self.done_words)
        column.addWidget(buttons)
        self.resize(_WIDTH_PX, _HEIGHT_PX)
        self.list.currentRowChanged.connect(self._show_part)
        self.save.clicked.connect(self._ask_and_write)
        self.show_button.clicked.connect(self._show_in_folder)
        close.clicked.connect(self.close)

    def _gather(self) -> None:
        session = self._session
        settings, folder = session.settings, session.folder
        project = folder.path if folder is not None else None
        seen = {"opengl": gl_names(), "screen_system": QGuiApplication.platformName()}

        def show(parts: tuple[Part, ...]) -> None:
            self._parts = parts
            for part in parts:
                self.list.addItem(f"{part.name}\n{part.about}")
            self.list.setCurrentRow(0)
            self.save.setEnabled(True)

        session.in_background(lambda: collect(settings, project, seen), show)

    def _show_part(self, row: int) -> None:
        self.text.setPlainText(self._parts[row].text)

    def _ask_and_write(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            tr("Save the diagnostics"),
            str(Path.home() / suggested_name()),
            tr("Zip file (*.zip)"),
        )
        if chosen:
            path = Path(chosen)
            is_zip = path.suffix.lower() == SUFFIX
            self.write_to(path if is_zip else path.with_name(path.name + SUFFIX))

    def write_to(self, path: Path) -> None:
        """Write the report beside the window."""
        parts = self._parts

        def done(_: None) -> None:
            self._written = path
            self.done_words.setText(tr("{file} is written").format(file=path.name))
            self.done_words.show()
            self.show_button.show()

        self._session.in_background(lambda: write(parts, path), done)

    def _show_in_folder(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))
