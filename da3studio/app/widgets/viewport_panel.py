"""The middle of the window: the picture, what is written on it, and a thin bar of tools."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.display import COLOUR_MODES
from da3studio.app.viewport.gizmo import Gizmo
from da3studio.app.viewport.stage import ViewportStage
from da3studio.app.viewport.tools.tool import ToolRow
from da3studio.app.widgets.view_options import (
    ChoiceBox,
    StepSlider,
    ViewOptions,
    confidence_slider,
)
from da3studio.base.i18n import tr

_ICON = QSize(18, 18)
_HIT = QSize(28, 28)
_BESIDE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_UNDER = Qt.ToolButtonStyle.ToolButtonTextUnderIcon
_ICONS = Qt.ToolButtonStyle.ToolButtonIconOnly
_MIDDLE = Qt.AlignmentFlag.AlignCenter
_LEFT_TO_RIGHT = QBoxLayout.Direction.LeftToRight
_TOP_TO_BOTTOM = QBoxLayout.Direction.TopToBottom
_COLOUR_LETTERS = 9  # of the box in the bar
_CENTRED = Qt.AlignmentFlag.AlignVCenter  # without it the lowest button would bound the row
_LAYOUTS = (
    (_BESIDE, True, True),
    (_UNDER, True, True),
    (_UNDER, False, True),
    (_UNDER, False, False),
    (_ICONS, False, False),
)
"""Words of the tools, and whether colour and confidence and whether picture and video are in the
bar; the widest first. The menus have what is not."""


class ViewportPanel(QWidget):
    """Shows a stage and binds its bar to what is looked at."""

    def __init__(self, stage: ViewportStage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self.picture = _Picture(stage, self)
        self.bar = _Bar(stage, self)
        self.through = _ThroughBar(stage, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.through)
        column.addWidget(self.picture, 1)
        self.bar.screenshot.clicked.connect(self.take_screenshot)
        self.bar.turntable.clicked.connect(self.make_turntable)

    def frame_all(self) -> None:
        """Everything that is shown, as large as it fits."""
        self.stage.canvas.frame_all()

    def take_screenshot(self) -> None:
        """Ask how large and where to, and save the picture."""
        from da3studio.app.widgets.picture_dialog import PictureDialog

        PictureDialog(self.stage, self).open()

    def make_turntable(self) -> None:
        """Ask how long and where to, and save the video while the window stays usable."""
        from da3studio.app.widgets.turntable_dialog import TurntableDialog

        TurntableDialog(self.stage, self).show()

    def close_picture(self) -> None:
        """Let go of everything on the graphics card, before the window goes."""
        self.stage.close()


class _Picture(QWidget):
    """The OpenGL widget with the overlay and the axes on top of it."""

    def __init__(self, stage: ViewportStage, parent: QWidget) -> None:
        super().__init__(parent)
        self._native, self._overlay = stage.canvas.native, stage.overlay
        self.gizmo = Gizmo(lambda: stage.canvas.screen, lambda: stage.grid.axes, self)
        for widget in (self._native, self._overlay, self.gizmo):
            widget.setParent(self)
            widget.show()
            widget.raise_()
        self._native.setAccessibleName(tr("3D view"))
        self.setMinimumSize(240, 180)
        self.setFocusProxy(self._native)
        self.gizmo.chosen.connect(stage.canvas.see_from)
        stage.canvas.eye_changed.connect(self.gizmo.update)

    def resizeEvent(self, event: QResizeEvent) -> None:
        size = event.size()
        self._native.setGeometry(0, 0, size.width(), size.height())
        self._overlay.setGeometry(0, 0, size.width(), size.height())
        self.gizmo.move(size.width() - self.gizmo.width() - 4, 4)


class _Bar(QFrame):
    """Tools on the left, the display on the right; words make way where it is narrow."""

    def __init__(self, stage: ViewportStage, parent: QWidget) -> None:
        super().__init__(parent)
        set_kind(self, "rail")
        self._stage, display = stage, stage.display
        self._widths: list[int] = []  # of `_LAYOUTS`, once shown
        self._level = -1
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(6, 3, 6, 3)
        row.setSpacing(2)
        self.tools: dict[str, QToolButton] = {}
        for tool in stage.belt.rows:
            self.tools[tool.id] = button = self._tool_button(tool)
            row.addWidget(button, 0, _CENTRED)
        row.addStretch(1)
        self.colour = ChoiceBox(
            COLOUR_MODES, tr("Colour of the points"), lambda: display.colour, display.set_colour
        )
        self.colour.shorten(_COLOUR_LETTERS)
        self.confidence = confidence_slider(display)
        self.confidence_label = QLabel(tr("Hide weak"))
        self._weak = QBoxLayout(_LEFT_TO_RIGHT)
        self._weak.addWidget(self.confidence_label)
        self._weak.addWidget(self.confidence)
        row.addWidget(self.colour, 0, _CENTRED)
        row.addSpacing(8)
        row.addLayout(self._weak)
        row.addSpacing(4)
        self.options = ViewOptions(display, self)
        self.view = self._plain_button("eye", tr("Display"), tr("What is shown, and how"))
        self.view.clicked.connect(lambda: self.options.open_below(self.view))
        self.frame = self._plain_button("frame", "", tr("Show everything (Home)"))
        self.frame.clicked.connect(stage.canvas.frame_all)
        self.ortho = self._plain_button("perspective", "", tr("Parallel view (5)"))
        self.ortho.setCheckable(True)
        self.ortho.clicked.connect(stage.canvas.toggle_ortho)
        self.screenshot = self._plain_button("screenshot", "", tr("Save a picture of this view"))
        self.turntable = self._plain_button("turntable", "", tr("Save a turntable video"))
        for button in (self.view, self.frame, self.ortho, self.screenshot, self.turntable):
            row.addWidget(button, 0, _CENTRED)
        display.changed.connect(self._show)
        stage.changed.connect(self._show)
        stage.view.tool_changed.connect(self._show)
        stage.canvas.eye_changed.connect(self._show_eye)
        self._show()
        self._show_eye()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._widths:
            self._measure()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _measure(self) -> None:
        """Find out how wide each layout is; the style has to be known."""
        self._widths = []  # resizing meanwhile changes nothing
        widths = []
        for level in range(len(_LAYOUTS)):
            self._take(level)
            self._row.invalidate()
            widths.append(self._row.sizeHint().width())
        self._widths = widths
        self._level = -1
        self._fit()

    def _fit(self) -> None:
        """Take the widest layout that has room."""
        if not self._widths:
            return
        fitting = (i for i, width in enumerate(self._widths) if width <= self.width())
        level = next(fitting, len(_LAYOUTS) - 1)
        if level != self._level:
            self._level = level
            self._take(level)

    def _take(self, level: int) -> None:
        style, with_display, with_pictures = _LAYOUTS[level]
        is_tall = style == _UNDER  # then there is room for two lines
        self._weak.setDirection(_TOP_TO_BOTTOM if is_tall else _LEFT_TO_RIGHT)
        self._weak.setSpacing(0 if is_tall else 4)
        self.confidence_label.setAlignment(_MIDDLE if is_tall else _CENTRED)
        for button in (*self.tools.values(), self.view):
            button.setToolButtonStyle(style)
        for widget in (self.colour, self.confidence_label, self.confidence):
            widget.setVisible(with_display)
        for button in (self.screenshot, self.turntable):
            button.setVisible(with_pictures)

    def _tool_button(self, tool: ToolRow) -> QToolButton:
        button = QToolButton(self)
        button.setText(tr(tool.label))
        button.setIcon(icon(tool.icon))
        button.setIconSize(_ICON)
        button.setMinimumSize(_HIT)
        button.setCheckable(True)
        button.setAccessibleName(tr(tool.label))
        keys = f" ({tool.shortcut})" if tool.shortcut else ""
        button.setToolTip(f"<b>{tr(tool.label)}</b>{keys}<br>{tr(tool.hint)}")
        button.clicked.connect(lambda on, name=tool.id: self._take_up(name, on))
        return button

    def _take_up(self, tool: str, on: bool) -> None:
        self._stage.view.set_tool(tool if on else "")

    def _plain_button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(name))
        button.setIconSize(_ICON)
        button.setMinimumSize(_HIT)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def _show(self) -> None:
        there = not self._stage.is_empty
        for name, button in self.tools.items():
            button.setEnabled(there)
            button.setChecked(name == self._stage.view.tool)
        self.colour.refresh()
        self.confidence.refresh()
        self.confidence.setEnabled(self._stage.display.has_confidence)
        for one in (self.frame, self.screenshot, self.turntable):
            one.setEnabled(there)

    def _show_eye(self) -> None:
        ortho = self._stage.canvas.screen.ortho
        self.ortho.setChecked(ortho)
        self.ortho.setIcon(icon("ortho" if ortho else "perspective"))


class _ThroughBar(QFrame):
    """While a photo is looked through: how much of it is seen, its neighbours, and the way out."""

    def __init__(self, stage: ViewportStage, parent: QWidget) -> None:
        super().__init__(parent)
        set_kind(self, "rail")
        self._stage, cameras = stage, stage.cameras
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        self.previous = self._button("chevron-left", tr("Previous photo (PageUp)"))
        self.following = self._button("chevron-right", tr("Next photo (PageDown)"))
        self.previous.clicked.connect(lambda: cameras.step(-1))
        self.following.clicked.connect(lambda: cameras.step(1))
        self.name = QLabel()
        self.opacity = StepSlider(
            tr("How much of the photo lies over the model"),
            lambda: round(100 * cameras.photo_opacity),
            lambda step: cameras.set_photo_opacity(step / 100),
        )
        self.leave = QToolButton(self)
        self.leave.setText(tr("Leave the photo"))
        self.leave.setIcon(icon("cross"))
        self.leave.setToolButtonStyle(_BESIDE)
        self.leave.setMinimumSize(_HIT)
        self.leave.clicked.connect(lambda: stage.view.look_through(None))
        for widget in (self.previous, self.name, self.following):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(QLabel(tr("Model")))
        row.addWidget(self.opacity)
        row.addWidget(QLabel(tr("Photo")))
        row.addSpacing(8)
        row.addWidget(self.leave)
        cameras.changed.connect(self._show)
        self._show()

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(name))
        button.setMinimumSize(_HIT)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def _show(self) -> None:
        name = self._stage.cameras.through_name
        self.name.setText(name)
        self.opacity.refresh()
        self.setVisible(bool(name))
