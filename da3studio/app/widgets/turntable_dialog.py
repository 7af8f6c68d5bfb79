"""A video of the subject turning once: asks, shows how far it is, and can be stopped."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QProgressBar,
    QWidget,
)

from da3studio.app.theme import set_kind
from da3studio.app.viewport.stage import ViewportStage
from da3studio.app.viewport.turntable import Turntable, TurnWish
from da3studio.app.widgets.card import DIALOG_MARGINS
from da3studio.app.widgets.picture_dialog import suggested
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import tr


class TurntableDialog(QDialog):
    """Stays open beside the window while the video is made; closing it stops the work."""

    def __init__(self, stage: ViewportStage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Save a turntable video"))
        self._stage = stage
        self._turntable: Turntable | None = None
        words = QLabel(tr("The model turns once, in full HD, as it is seen now."))
        words.setWordWrap(True)
        set_kind(words, "soft")
        self.seconds = QDoubleSpinBox(
            minimum=2.0, maximum=60.0, value=8.0, decimals=1, suffix=tr(" s")
        )
        self.direction = QComboBox()
        self.direction.addItem(tr("Clockwise, seen from above"), True)
        self.direction.addItem(tr("Anticlockwise, seen from above"), False)
        self.helpers = QCheckBox(tr("With cameras, floor grid and measurements"))
        self.progress = QProgressBar()
        self.progress.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.addButton(tr("Save …"), QDialogButtonBox.ButtonRole.AcceptRole)
        set_kind(self.save, "primary")
        form = QFormLayout(self)
        form.setContentsMargins(DIALOG_MARGINS)
        form.setSpacing(10)
        form.addRow(words)
        form.addRow(tr("Duration"), self.seconds)
        form.addRow(tr("Direction"), self.direction)
        form.addRow(self.helpers)
        form.addRow(self.progress)
        form.addRow(buttons)
        buttons.accepted.connect(self._ask_where)
        buttons.rejected.connect(self.reject)

    @property
    def wish(self) -> TurnWish:
        """What was chosen."""
        hidden = () if self.helpers.isChecked() else self._stage.helpers
        return TurnWish(self.seconds.value(), bool(self.direction.currentData()), hidden=hidden)

    def save_to(self, path: Path) -> None:
        """Begin; the dialog closes when the video is there."""
        turntable = Turntable(self._stage.canvas, self._stage.session, self.wish, path, self)
        self._turntable = turntable
        for one in (self.seconds, self.direction, self.helpers, self.save):
            one.setEnabled(False)
        self.progress.setRange(0, self.wish.n_frames)
        self.progress.show()
        turntable.progressed.connect(lambda done, _: self.progress.setValue(done))
        turntable.finished.connect(self._finished)
        turntable.failed.connect(self._failed)
        turntable.cancelled.connect(self._stopped)
        turntable.start()

    def reject(self) -> None:
        """Close it, or first stop the work, which closes it then."""
        if self._turntable is None:
            super().reject()
            return
        self._turntable.cancel()
        self.save.setText(tr("Stopping …"))

    def _finished(self, path: Path) -> None:
        self._stage.session.said.emit(tr("Saved {name}").format(name=path.name))
        self._stopped()

    def _failed(self, error: UserFacingError) -> None:
        self._stage.session.report(error)
        self._stopped()

    def _stopped(self) -> None:
        self._turntable = None
        self.reject()

    def _ask_where(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            tr("Save a turntable video"),
            str(suggested(self._stage, ".mp4")),
            tr("MP4 video (*.mp4)"),
        )
        if chosen:
            self.save_to(Path(chosen).with_suffix(".mp4"))
