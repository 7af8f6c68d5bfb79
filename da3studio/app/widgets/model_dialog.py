"""The networks: what each is good for, its licence, and getting it. Never in the way of work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.session import Session
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.graphics import GraphicsSupport
from da3studio.app.viewmodels.model_list import ModelList, ModelRow
from da3studio.app.widgets.card import DIALOG_MARGINS, IconLabel, Notice, wrapping
from da3studio.app.widgets.graphics_card import GraphicsBox
from da3studio.base.i18n import tr

_WIDTH_PX, _HEIGHT_PX = 680, 680
_FULL = 1000  # of the bars
_HIT_PX = 28


class ModelDialog(QDialog):
    """A card for each network. Downloads go on when it is closed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Networks"))
        self.models = ModelList(session, self)
        self.graphics = GraphicsBox(GraphicsSupport(session, self))
        self.cards: dict[str, ModelCard] = {}
        self.licence = LicenceQuestion()
        self._said = wrapping("", "soft")
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QDialogButtonBox()
        for words, name, ask in (
            (tr("Add a file …"), "file", self._ask_for_file),
            (tr("Add a folder …"), "folder", self._ask_for_folder),
        ):
            button = buttons.addButton(words, QDialogButtonBox.ButtonRole.ActionRole)
            button.setIcon(icon(name))
            button.setAutoDefault(False)
            button.clicked.connect(ask)
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(DIALOG_MARGINS)
        layout.setSpacing(10)
        layout.addWidget(
            wrapping(
                tr(
                    "Photogrammetry needs no network. A network helps with plain walls, shiny"
                    " things and few photos. Nothing is downloaded before you press a button; it"
                    " then comes from {source}."
                ).format(source=self.models.hub),
                "soft",
            )
        )
        layout.addWidget(self.graphics)
        layout.addWidget(self.licence)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._said)
        layout.addWidget(buttons)
        self.models.changed.connect(self._show)
        self.models.licence_asked.connect(self._ask_for_licence)
        self.models.agreement_asked.connect(self._ask_to_agree)
        self._show()
        self.resize(_WIDTH_PX, _HEIGHT_PX)

    def _show(self) -> None:
        rows = self.models.rows
        gone = set(self.cards) - {row.id for row in rows}
        for model_id in gone:
            self.cards.pop(model_id).deleteLater()
        for at, row in enumerate(rows):
            if row.id not in self.cards:
                self.cards[row.id] = ModelCard(self.models, row.id)
                self._column.insertWidget(at, self.cards[row.id])
            self.cards[row.id].show_row(row)
        self._said.setText(self.models.said)
        self._said.setVisible(bool(self.models.said))

    def _ask_for_licence(self, model_id: str) -> None:
        row = next(row for row in self.models.rows if row.id == model_id)
        words = tr("{model}: {licence} Do you accept this?")
        self.licence.ask(
            words.format(model=row.name, licence=row.licence),
            tr("Accept and download"),
            lambda: self.models.accept(model_id),
        )

    def _ask_to_agree(self, licence: str, path: Path) -> None:
        self.licence.ask(
            licence, tr("I agree, add it"), lambda: self.models.adopt(path, agreed=True)
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.models.is_seen = True

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.models.is_seen = False

    def _ask_for_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, tr("Add a file"), str(Path.home()), tr("Network (*.safetensors)")
        )
        if chosen:
            self.models.adopt(Path(chosen))

    def _ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Add a folder"), str(Path.home()))
        if chosen:
            self.models.adopt(Path(chosen))


class LicenceQuestion(Notice):
    """Asks once for a network that is not free for every use; in the dialog, not above it."""

    def __init__(self) -> None:
        super().__init__("notice")
        self._go_on: Callable[[], None] | None = None
        self.clicked.connect(self._answer)

    def ask(self, terms: str, button: str, go_on: Callable[[], None]) -> None:
        """Show the terms, and the button that accepts them and goes on."""
        self._go_on = go_on
        self.say(terms, button)
        self.button.setFocus()

    def _answer(self) -> None:
        self.say("")
        if self._go_on is not None:
            self._go_on()


class ModelCard(QFrame):
    """One network with what can be done with it now."""

    def __init__(self, models: ModelList, model_id: str) -> None:
        super().__init__()
        set_kind(self, "card")
        self._models, self._id = models, model_id
        self._name, self._size, self._good_for = QLabel(), QLabel(), wrapping()
        self._advised = QLabel(tr("advised"))
        set_kind(self._name, "heading")
        set_kind(self._size, "small")
        set_kind(self._advised, "badge")
        self._mark = IconLabel("check", "good", 16)
        self._licence = wrapping("", "soft")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self._step = wrapping("", "small")
        self.get = QPushButton(icon("download"), "")
        self.get.setAutoDefault(False)
        self.get.clicked.connect(lambda: models.download(model_id))
        self.pause = QPushButton(icon("pause"), tr("Pause"))
        self.pause.setAutoDefault(False)
        self.pause.clicked.connect(models.pause)
        self._installed = QLabel()
        set_kind(self._installed, "good")
        self.more = QToolButton()
        self.more.setIcon(icon("more"))
        self.more.setIconSize(QSize(18, 18))
        self.more.setMinimumSize(_HIT_PX, _HIT_PX)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.more)
        self.verify = self.menu.addAction(icon("confidence"), tr("Check that it is whole"))
        self.verify.triggered.connect(lambda: models.verify(model_id))
        self.remove = self.menu.addAction(icon("trash"), tr("Remove from this computer"))
        self.remove.triggered.connect(lambda: models.remove(model_id))
        self.more.setMenu(self.menu)

        head = QHBoxLayout()
        head.setSpacing(8)
        for label in (self._name, self._advised, self._size):
            head.addWidget(label, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addStretch(1)
        controls: tuple[QWidget, ...] = (
            self._mark, self._installed, self.get, self.pause, self.more,
        )  # fmt: skip
        for control in controls:
            head.addWidget(control)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 10)
        layout.setSpacing(4)
        layout.addLayout(head)
        below: tuple[QWidget, ...] = (self._good_for, self._licence, self.bar, self._step)
        for widget in below:
            layout.addWidget(widget)

    def show_row(self, row: ModelRow) -> None:
        """Show a network as it is now."""
        self._name.setText(row.name)
        self._size.setText(row.size)
        self._good_for.setText(row.good_for)
        self._good_for.setVisible(bool(row.good_for))
        self._advised.setVisible(row.advised and row.state == "absent")
        self._licence.setText(row.licence)
        set_kind(self._licence, "soft" if row.free else "warning")
        here, working = row.state == "installed", row.state in ("working", "waiting")
        self._installed.setText(tr("Built in") if row.built_in else tr("Installed"))
        for widget in (self._mark, self._installed):
            widget.setVisible(here)
        self.get.setText(tr("Go on") if row.state == "part" else tr("Download"))
        self.get.setAccessibleName(f"{self.get.text()} {row.name}")
        self.get.setVisible(row.state in ("absent", "part"))
        self.pause.setVisible(working)
        self.bar.setVisible(working)
        self._step.setVisible(working)
        self._step.setText(row.step)
        known = row.fraction is not None
        self.bar.setRange(0, _FULL if known or row.state == "waiting" else 0)
        self.bar.setValue(round((row.fraction or 0.0) * _FULL))
        self.bar.setAccessibleName(tr("Progress of {model}").format(model=row.name))
        self.more.setVisible(row.state in ("installed", "part"))
        self.more.setAccessibleName(tr("More for {model}").format(model=row.name))
        self.more.setToolTip(self.more.accessibleName())
        self.verify.setEnabled(here)
        self.remove.setVisible(not row.built_in)
