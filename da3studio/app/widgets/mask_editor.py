"""Painting over the parts of a photo that are not to be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import colours, set_kind
from da3studio.app.viewmodels.mask_import import import_masks
from da3studio.app.viewmodels.mask_painting import BRUSH_PX, MaskPainting, Tool
from da3studio.app.widgets.buttons import tool_button
from da3studio.app.widgets.framing import image_of
from da3studio.app.widgets.photo_view import PhotoView
from da3studio.base.i18n import tr
from da3studio.media.formats import PHOTO_SUFFIXES

if TYPE_CHECKING:
    from da3studio.app.session import Session

_PAINT_ALPHA = 165
_STANDARD = QKeySequence.StandardKey


class MaskEditor(QWidget):
    """Binds a `MaskPainting`; left button paints, right button takes away, middle button pans.

    Args:
        session: imports many masks at once.
        painting: what is painted.
    """

    finished = Signal()  # saved or left

    def __init__(
        self, session: Session, painting: MaskPainting, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._painting = session, painting
        self._outline: list[tuple[float, float]] = []
        self._outline_erases = False
        self.view = PhotoView()
        self.view.set_taking(True)
        self.view.setAccessibleName(tr("Photo to paint on"))
        self.title = QLabel()
        self.share = QLabel()
        self.tools = QButtonGroup(self)
        self.brush_size = QSlider(Qt.Orientation.Horizontal)
        self.brush_size.setRange(*BRUSH_PX)
        self.eraser = tool_button(
            "eraser", tr("Erase"), tr("Take paint away (X, or right button)"), checkable=True
        )
        self.undo = tool_button("undo", "", tr("Undo the last stroke (Ctrl+Z)"))
        self.redo = tool_button("redo", "", tr("Redo (Ctrl+Shift+Z)"))
        self.invert = tool_button("invert", tr("Invert"), tr("Swap what is used and what is not"))
        self.clear = tool_button("trash", tr("Clear"), tr("Use the whole photo again"))
        self.white = QCheckBox(tr("White in imported masks is kept"))
        self.imports = QPushButton(icon("open"), tr("Import"))
        self.cancel = QPushButton(tr("Cancel"))
        self.save = QPushButton(tr("Use this mask"))
        set_kind(self.save, "primary")
        self._build_tools()
        self._lay_out()
        self._bind()
        self._show_photo()
        self._show_mask()
        self._show_brush()

    # Building

    def _build_tools(self) -> None:
        rows: tuple[tuple[Tool, str, str, str], ...] = (
            ("brush", "brush", tr("Brush"), tr("Paint over what is not to be used")),
            ("outline", "lasso", tr("Outline"), tr("Draw around what is not to be used")),
        )
        for tool, icon_name, text, hint in rows:
            button = tool_button(icon_name, text, hint, checkable=True)
            button.setProperty("tool", tool)
            self.tools.addButton(button)
        menu = QMenu(self.imports)
        one = menu.addAction(icon("mask"), tr("Mask for this photo…"))
        many = menu.addAction(icon("add-folder"), tr("Masks for all photos from a folder…"))
        one.triggered.connect(self._import_one)
        many.triggered.connect(self._import_many)
        self.imports.setMenu(menu)

    def _lay_out(self) -> None:
        self.brush_size.setAccessibleName(tr("Size of the brush"))
        self.brush_size.setToolTip(tr("Size of the brush ([ and ])"))
        self.brush_size.setMaximumWidth(140)
        set_kind(self.title, "heading")
        set_kind(self.share, "soft")
        bar = QHBoxLayout()
        bar.setSpacing(4)
        for widget in (
            *self.tools.buttons(), self.eraser, self.brush_size, self.undo, self.redo, self.invert,
            self.clear,
        ):  # fmt: skip
            bar.addWidget(widget)
        bar.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.imports)
        below.addWidget(self.white)
        below.addStretch(1)
        below.addWidget(self.cancel)
        below.addWidget(self.save)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.share)
        hint = QLabel(
            tr("What is painted over gives no points. Wheel: zoom, middle button or Space: move.")
        )
        hint.setWordWrap(True)
        set_kind(hint, "soft")
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addLayout(head)
        box.addLayout(bar)
        box.addWidget(self.view, 1)
        box.addWidget(hint)
        box.addLayout(below)

    def _bind(self) -> None:
        painting = self._painting
        self.tools.buttonClicked.connect(lambda one: painting.set_tool(one.property("tool")))
        self.brush_size.valueChanged.connect(painting.set_brush_px)
        self.eraser.toggled.connect(painting.set_erasing)
        self.white.toggled.connect(painting.set_white_is_kept)
        self.undo.clicked.connect(painting.undo)
        self.redo.clicked.connect(painting.redo)
        self.invert.clicked.connect(painting.invert)
        self.clear.clicked.connect(painting.clear)
        self.cancel.clicked.connect(self._leave)
        self.save.clicked.connect(self._use)
        self.view.pressed.connect(self._press)
        self.view.dragged.connect(self._drag)
        self.view.released.connect(self._release)
        painting.opened.connect(self._show_photo)
        painting.changed.connect(self._show_mask)
        painting.brush_changed.connect(self._show_brush)

    # Showing

    def _show_photo(self) -> None:
        painting = self._painting
        self.title.setText(painting.title)
        picture = image_of(painting.photo) if painting.photo is not None else None
        self.view.set_picture(picture, painting.size if painting.photo is not None else None)
        self.view.set_message(painting.message)
        self._show_mask()

    def _show_mask(self) -> None:
        painting = self._painting
        self.share.setText(painting.share_text)
        self.undo.setEnabled(painting.can_undo)
        self.redo.setEnabled(painting.can_redo)
        self.save.setEnabled(painting.unsaved)
        ready = bool(painting.mask.size)
        for widget in (self.invert, self.clear, self.imports):
            widget.setEnabled(ready)
        self.view.set_overlay("mask", _paint(painting.mask) if ready else None)

    def _show_brush(self) -> None:
        painting = self._painting
        for button in self.tools.buttons():
            button.setChecked(button.property("tool") == painting.tool)
        for widget, value in (
            (self.eraser, painting.erasing),
            (self.white, painting.white_is_kept),
        ):
            with QSignalBlocker(widget):
                widget.setChecked(value)
        with QSignalBlocker(self.brush_size):
            self.brush_size.setValue(painting.brush_px)
        brush = painting.tool == "brush"
        self.brush_size.setEnabled(brush)
        self.view.set_ring(painting.brush_px if brush else None)

    # What the person does

    def _press(self, x: float, y: float, button: Qt.MouseButton, _modifiers: object) -> None:
        erase = button == Qt.MouseButton.RightButton
        if self._painting.tool == "brush":
            self._painting.begin(x, y, erase=erase)
        else:
            self._outline, self._outline_erases = [(x, y)], erase
            self.view.set_outline(self._outline)

    def _drag(self, x: float, y: float, _modifiers: object) -> None:
        if self._outline:
            self._outline.append((x, y))
            self.view.set_outline(self._outline)
        else:
            self._painting.extend(x, y)

    def _release(self) -> None:
        if self._outline:
            outline, self._outline = self._outline, []
            self.view.set_outline([])
            self._painting.fill(outline, erase=self._outline_erases)
        else:
            self._painting.end()

    def _use(self) -> None:
        self._painting.save()
        self._leave()

    def _leave(self) -> None:
        self._painting.close()
        self.finished.emit()

    def _import_one(self) -> None:
        known = " ".join(f"*{suffix}" for suffix in sorted(PHOTO_SUFFIXES))
        title, pictures = tr("Mask for this photo"), f"{tr('Pictures')} ({known})"
        path, _ = QFileDialog.getOpenFileName(self, title, "", pictures)
        if path:
            self._painting.import_picture(Path(path))

    def _import_many(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder with masks"))
        if folder:
            kept = self._painting.white_is_kept
            import_masks(self._session, Path(folder), white_is_kept=kept)
            self._leave()

    def event(self, event: QEvent) -> bool:
        """The keys of painting come before the same keys of the window."""
        is_shortcut = event.type() == QEvent.Type.ShortcutOverride
        if is_shortcut and isinstance(event, QKeyEvent) and self._action_of(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._action_of(event)
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)

    def _action_of(self, event: QKeyEvent) -> Callable[[], None] | None:
        painting = self._painting
        if event.matches(_STANDARD.Undo):
            return painting.undo
        if event.matches(_STANDARD.Redo):
            return painting.redo
        return {
            Qt.Key.Key_BracketLeft: painting.shrink_brush,
            Qt.Key.Key_BracketRight: painting.grow_brush,
            Qt.Key.Key_X: lambda: painting.set_erasing(not painting.erasing),
            Qt.Key.Key_Escape: self._leave,
        }.get(Qt.Key(event.key()))


def _paint(mask: NDArray[np.uint8]) -> QImage:
    """The mask as paint to lay over the photo."""
    height, width = mask.shape
    colour, share = colours().marked, _PAINT_ALPHA / 255
    red, green, blue = colour.red() * share, colour.green() * share, colour.blue() * share
    paint = QColor(round(red), round(green), round(blue), _PAINT_ALPHA).rgba()
    pixels = np.array([0, paint], np.uint32)[mask]
    kind = QImage.Format.Format_ARGB32_Premultiplied  # drawn without converting it each time
    return QImage(pixels.data, width, height, 4 * width, kind).copy()
