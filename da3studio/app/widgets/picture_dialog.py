"""How large a picture of the view is to be, and where to put it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QWidget,
)

from da3studio.app.theme import set_kind
from da3studio.app.viewport.stage import ViewportStage
from da3studio.app.viewport.turntable import (
    PictureWish,
    picture_size,
    save_picture,
    take_picture,
)
from da3studio.app.widgets.card import DIALOG_MARGINS
from da3studio.base.i18n import tr

_SCALES = (1, 2, 4)


class PictureDialog(QDialog):
    """Asks, then saves beside the window."""

    def __init__(self, stage: ViewportStage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Save a picture"))
        self._stage = stage
        self.size_box = QComboBox()
        for scale in _SCALES:
            width, height = picture_size(stage.canvas, PictureWish(scale))
            self.size_box.addItem(
                tr("{width} × {height} px").format(width=width, height=height), scale
            )
        self.labels = QCheckBox(tr("With measurements, scale bar and legend"))
        self.labels.setChecked(True)
        self.helpers = QCheckBox(tr("With cameras and floor grid"))
        self.transparent = QCheckBox(tr("Without background (transparent)"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.addButton(tr("Save …"), QDialogButtonBox.ButtonRole.AcceptRole)
        set_kind(self.save, "primary")
        form = QFormLayout(self)
        form.setContentsMargins(DIALOG_MARGINS)
        form.setSpacing(10)
        form.addRow(tr("Size"), self.size_box)
        form.addRow(self.labels)
        form.addRow(self.helpers)
        form.addRow(self.transparent)
        form.addRow(buttons)
        buttons.accepted.connect(self._ask_where)
        buttons.rejected.connect(self.reject)

    @property
    def wish(self) -> PictureWish:
        """What was chosen."""
        return PictureWish(
            int(self.size_box.currentData()),
            self.transparent.isChecked(),
            self.labels.isChecked(),
            () if self.helpers.isChecked() else self._stage.helpers[:2],
        )

    def save_to(self, path: Path) -> None:
        """Draw it now, and write it beside the window."""
        stage = self._stage
        image = take_picture(stage.canvas, stage.overlay, self.wish)
        stage.session.in_background(
            lambda: save_picture(image, path),
            lambda _: stage.session.said.emit(tr("Saved {name}").format(name=path.name)),
        )
        self.accept()

    def _ask_where(self) -> None:
        start = suggested(self._stage, ".png")
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Save a picture"), str(start), tr("PNG picture (*.png)")
        )
        if chosen:
            self.save_to(Path(chosen).with_suffix(".png"))


def suggested(stage: ViewportStage, suffix: str) -> Path:
    """A place beside the project, named like it."""
    folder = stage.session.folder
    beside = Path.home() if folder is None else folder.path.parent
    return beside / f"{stage.session.project.name or tr('Model')}{suffix}"
