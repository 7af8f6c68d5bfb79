"""The choices of the display: a form for a popup, and the parts of it that the toolbar repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QFrame, QSlider, QWidget

from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.display import (
    COLOUR_MODES,
    SHADINGS,
    STEPS,
    TOGGLES,
    Choice,
    Display,
)
from da3studio.base.i18n import tr

_POPUP_EDGE_PX = 24  # frame and scroll bar of a list that opens


class ChoiceBox(QComboBox):
    """A combo box over choices; shows what is set and tells what was picked."""

    def __init__(
        self,
        choices: Sequence[Choice],
        name: str,
        get: Callable[[], str],
        picked: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._get = get
        for choice in choices:
            self.addItem(tr(choice.label), choice.id)
            if choice.help:
                self.setItemData(self.count() - 1, tr(choice.help), Qt.ItemDataRole.ToolTipRole)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.activated.connect(lambda row: picked(str(self.itemData(row))))
        self.refresh()

    def shorten(self, letters: int) -> None:
        """Be only so wide; the list that opens still shows whole words."""
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(letters)
        widest = self.view().sizeHintForColumn(0)
        self.view().setMinimumWidth(widest + _POPUP_EDGE_PX)

    def refresh(self) -> None:
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(self._get()))


class StepSlider(QSlider):
    """A slider of a hundred steps; shows what is set and tells where it was moved."""

    def __init__(
        self,
        name: str,
        get: Callable[[], int],
        moved: Callable[[int], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._get = get
        self.setRange(0, STEPS)
        self.setPageStep(10)
        self.setMinimumWidth(90)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.valueChanged.connect(moved)
        self.refresh()

    def refresh(self) -> None:
        if not self.isSliderDown():  # a floor between two steps must not move the hand
            with QSignalBlocker(self):
                self.setValue(self._get())


class ViewOptions(QFrame):
    """Everything about the display, as a popup below a button."""

    def __init__(self, display: Display, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        set_kind(self, "card")
        self._display = display
        form = QFormLayout(self)
        form.setContentsMargins(14, 12, 14, 12)
        form.setSpacing(8)
        self.colour = ChoiceBox(
            COLOUR_MODES, tr("Colour of the points"), lambda: display.colour, display.set_colour
        )
        self.confidence = confidence_slider(display)
        self.shading = ChoiceBox(
            SHADINGS, tr("Look of the mesh"), lambda: display.shading, display.set_shading
        )
        self.point_size = StepSlider(
            tr("Size of the points"), lambda: display.point_step, display.set_point_step
        )
        self.frustum_size = StepSlider(
            tr("Size of the cameras"), lambda: display.frustum_step, display.set_frustum_step
        )
        form.addRow(tr("Points"), self.colour)
        form.addRow(tr("Hide weak points"), self.confidence)
        form.addRow(tr("Point size"), self.point_size)
        form.addRow(tr("Mesh"), self.shading)
        form.addRow(tr("Camera size"), self.frustum_size)
        self.toggles: dict[str, QCheckBox] = {}
        for choice in TOGGLES:
            box = QCheckBox(tr(choice.label))
            box.setToolTip(tr(choice.help) if choice.help else "")
            box.clicked.connect(lambda on, name=choice.id: display.switch(name, on))
            self.toggles[choice.id] = box
            form.addRow(box)
        display.changed.connect(self._show)
        self._show()

    def open_below(self, button: QWidget) -> None:
        """Show it under a button, inside the screen."""
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + 4))
        screen = button.screen().availableGeometry()
        corner.setX(max(screen.left(), min(corner.x(), screen.right() - self.width())))
        corner.setY(max(screen.top(), min(corner.y(), screen.bottom() - self.height())))
        self.move(corner)
        self.show()
        self.colour.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        for one in (
            self.colour, self.confidence, self.shading, self.point_size, self.frustum_size
        ):  # fmt: skip
            one.refresh()
        self.confidence.setEnabled(self._display.has_confidence)
        for name, box in self.toggles.items():
            with QSignalBlocker(box):
                box.setChecked(self._display.is_on(name))


def confidence_slider(display: Display) -> StepSlider:
    """How many of the weakest points are not drawn."""
    return StepSlider(
        tr("Hide the points that the reconstruction is least sure of"),
        lambda: display.hidden_percent,
        display.hide_weakest,
    )
