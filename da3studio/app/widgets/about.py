"""About the program: versions, licences, where things lie."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

import da3studio
from da3studio.app.icons import icon, picture
from da3studio.app.theme import set_kind
from da3studio.app.widgets.card import DIALOG_MARGINS, wrapping
from da3studio.base.i18n import tr
from da3studio.base.log import log_folder
from da3studio.base.paths import resources

_ICON_PX = 72
_WIDTH_PX = 560
_LICENCES_PX = (760, 620)
_LICENCES: tuple[tuple[str, str], ...] = (
    ("PySide6-Essentials", "LGPL-3.0"),
    ("vispy", "BSD-3-Clause"),
    ("numpy", "BSD-3-Clause"),
    ("scipy", "BSD-3-Clause"),
    ("torch", "BSD-3-Clause"),
    ("opencv-python-headless", "Apache-2.0"),
    ("open3d-cpu", "MIT"),
    ("open3d", "MIT"),
    ("pycolmap", "GPL-3.0-or-later (as built)"),
    ("pillow", "MIT-CMU"),
    ("pi-heif", "BSD-3-Clause, libheif LGPL-3.0"),
    ("safetensors", "Apache-2.0"),
    ("huggingface_hub", "Apache-2.0"),
)


class AboutDialog(QDialog):
    """Shows what somebody needs who asks for help or about licences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About DA3 Studio"))
        logo = QLabel()
        logo.setPixmap(picture("app", _ICON_PX, self.devicePixelRatioF(), "own"))
        name = QLabel("DA3 Studio")
        set_kind(name, "title")
        number = QLabel(tr("Version {version}").format(version=da3studio.__version__))
        set_kind(number, "soft")
        words = wrapping(
            tr("Photos or video to a clean, measured, textured 3D model, on your own computer.")
        )
        licence = wrapping(
            tr(
                "Free software under the Apache License 2.0. Networks have licences of their own,"
                " see Networks."
            ),
            "soft",
        )
        self.versions = QPlainTextEdit(versions_text())
        self.versions.setReadOnly(True)
        self.versions.setAccessibleName(tr("Versions and licences"))
        copy = QPushButton(icon("copy"), tr("Copy"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(versions_text()))
        folder = QPushButton(icon("folder"), tr("Open the folder of logs"))
        folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))
        )
        buttons = QDialogButtonBox()
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.clicked.connect(self.close)
        for button in (copy, folder, close):
            button.setAutoDefault(False)

        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(logo, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        for label in (name, number, words, licence):
            column.addWidget(label)
        column.addStretch(1)
        head.addLayout(column, 1)
        row = QHBoxLayout()
        row.addWidget(copy)
        row.addWidget(folder)
        if (licences := third_party_licences()) is not None:
            third = QPushButton(icon("list"), tr("Third-party licences"))
            third.setAutoDefault(False)
            third.clicked.connect(lambda: ThirdPartyDialog(licences, self).open())
            row.addWidget(third)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(DIALOG_MARGINS)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self.versions, 1)
        layout.addLayout(row)
        layout.addWidget(buttons)
        self.resize(_WIDTH_PX, self.sizeHint().height())


class ThirdPartyDialog(QDialog):
    """Shows the licences of everything that others made, as the installer collected them."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Third-party licences"))
        self.text = QPlainTextEdit(path.read_text("utf-8"))
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(tr("Third-party licences"))
        folder = QPushButton(icon("folder"), tr("Open the folder of licences"))
        folder.setAutoDefault(False)
        folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
        )
        buttons = QDialogButtonBox()
        buttons.addButton(folder, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(DIALOG_MARGINS)
        layout.setSpacing(12)
        layout.addWidget(self.text, 1)
        layout.addWidget(buttons)
        self.resize(*_LICENCES_PX)


def third_party_licences() -> Path | None:
    """The text that an installer put beside `resources`; a source checkout has none."""
    path = resources().parent / "licences" / "THIRD-PARTY.txt"
    return path if path.is_file() else None


def versions_text() -> str:
    """The program, the system and the libraries, with their licences."""
    lines = [
        f"DA3 Studio {da3studio.__version__} · Apache-2.0",
        f"{platform.system()} {platform.release()} · {platform.machine()}",
        f"Python {platform.python_version()} · PSF-2.0",
    ]
    for package, licence in _LICENCES:
        try:
            lines.append(f"{package} {version(package)} · {licence}")
        except PackageNotFoundError:  # of several builds of a library one is there
            continue
    return "\n".join(lines)
