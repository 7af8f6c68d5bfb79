"""A picture to zoom and pan, with overlays and marks; two of them can show the same part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from da3studio.app.theme import colours
from da3studio.app.widgets.framing import MOST_ZOOM, Framing, Mark
from da3studio.app.widgets.photo_marks import (
    paint_crosshair,
    paint_mark,
    paint_message,
    paint_outline,
    paint_ring,
)

_CRISP = 3.0  # physical px per picture pixel, from which single pixels are shown as squares
_WHEEL_STEP = 120.0  # eighths of a degree of one notch
_ZOOM_OF_NOTCH = 1.25
_PAN_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_PAN_STEP = 0.1  # of what is visible
_DIMMED = 0.4  # opacity below a message


class PhotoView(QWidget):
    """Shows a picture; wheel and pinch zoom at the pointer, dragging pans, double-click fits.

    All positions given and told are pixels of the full-size picture, whatever size is shown.

    Args:
        framing: shared with the views that are to show the same part.
    """

    pointed = Signal(float, float)  # the pointer is over this pixel
    unpointed = Signal()
    pressed = Signal(float, float, object, object)  # x, y, button, modifiers; see `set_taking`
    dragged = Signal(float, float, object)  # x, y, modifiers
    released = Signal()

    def __init__(self, framing: Framing | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.framing = framing if framing is not None else Framing(self)
        self._picture = QImage()
        self._full: tuple[int, int] = (0, 0)
        self._overlays: dict[str, tuple[QImage, float]] = {}
        self._marks: tuple[Mark, ...] = ()
        self._crosshair: tuple[float, float] | None = None
        self._outline: tuple[tuple[float, float], ...] = ()
        self._message = ""
        self._scaled = QPixmap()
        self._scaled_shows: tuple[object, ...] = ()
        self._ring_px: float | None = None
        self._taking = False
        self._taken = False
        self._grabbed: QPointF | None = None
        self._space = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.framing.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    def set_picture(self, picture: QImage | None, full_size: tuple[int, int] | None = None) -> None:
        """Show another picture, keeping zoom and centre.

        Args:
            picture: `None` = nothing.
            full_size: width and height that positions refer to; `None` = the picture's own.
        """
        self._picture = picture if picture is not None else QImage()
        own = (self._picture.width(), self._picture.height())
        self._full = full_size if full_size is not None and not self._picture.isNull() else own
        self.update()

    @property
    def full_size(self) -> tuple[int, int]:
        """Width and height that positions refer to, (0, 0) without a picture."""
        return self._full

    def set_overlay(self, name: str, picture: QImage | None, opacity: float = 1.0) -> None:
        """Lay a picture of the same aspect over it; `None` takes the overlay away."""
        if picture is None:
            self._overlays.pop(name, None)
        else:
            self._overlays[name] = (picture, opacity)
        self.update()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        self._marks = tuple(marks)
        self.update()

    def set_outline(self, corners: Sequence[tuple[float, float]]) -> None:
        """Draw a closed line through these pixels; none = no line."""
        self._outline = tuple(corners)
        self.update()

    def set_crosshair(self, at: tuple[float, float] | None) -> None:
        """Show the same pixel that the pointer is over in a linked view."""
        if at != self._crosshair:
            self._crosshair = at
            self.update()

    def set_message(self, text: str) -> None:
        """What to say in the middle, above a dimmed picture; "" = nothing."""
        self._message = text
        self.setAccessibleDescription(text)
        self.update()

    def set_ring(self, radius_px: float | None) -> None:
        """Show a brush of this radius [px of the full-size picture] around the pointer."""
        self._ring_px = radius_px
        self.update()

    def set_taking(self, taking: bool) -> None:
        """Give left and right button to `pressed`, `dragged`, `released`; the middle one pans."""
        self._taking = taking

    def show_around(self, x: float, y: float, zoom: float) -> None:
        """Put a pixel into the middle, `zoom` times the fitted size."""
        width, height = self._full
        if width and height:
            self.framing.show(zoom, x / width, y / height)

    def picture_rect(self) -> QRectF:
        """Where the whole picture lies [logical px of this widget], perhaps beyond its edges."""
        width, height = self._full
        if not width or not height:
            return QRectF()
        fit = min(self.width() / width, self.height() / height)
        size = fit * self.framing.zoom
        x, y = self.framing.centre
        left = self._placed(width * size, x, self.width())
        top = self._placed(height * size, y, self.height())
        return QRectF(left, top, width * size, height * size)

    def to_pixel(self, at: QPointF) -> tuple[float, float]:
        """The pixel under a position of this widget; it may lie outside the picture."""
        rect = self.picture_rect()
        if rect.isEmpty():
            return 0.0, 0.0
        width, height = self._full
        return (
            (at.x() - rect.x()) / rect.width() * width,
            (at.y() - rect.y()) / rect.height() * height,
        )

    def from_pixel(self, x: float, y: float) -> QPointF:
        """Where a pixel lies in this widget."""
        rect, (width, height) = self.picture_rect(), self._full
        if rect.isEmpty():
            return QPointF()
        return QPointF(rect.x() + x / width * rect.width(), rect.y() + y / height * rect.height())

    @staticmethod
    def _placed(size: float, centre: float, room: float) -> float:
        """Left or top edge; a picture smaller than the room is centred, a larger one fills it."""
        if size <= room:
            return (room - size) / 2
        return float(np.clip(room / 2 - centre * size, room - size, 0.0))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), colours().field)
        rect = self.picture_rect()
        if not rect.isEmpty():
            self._paint_pictures(painter, rect)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for mark in self._marks:
                paint_mark(painter, mark, self.from_pixel(mark.x, mark.y), self.width())
            paint_outline(painter, [self.from_pixel(*corner) for corner in self._outline])
            self._paint_pointer(painter, rect)
        if self._message:
            paint_message(painter, self.rect(), self._message)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(colours().accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _paint_pictures(self, painter: QPainter, rect: QRectF) -> None:
        """The picture itself is scaled only when it or the framing changed, not for each stroke."""
        ratio = self.devicePixelRatioF()
        shows = (self._picture.cacheKey(), rect.getRect(), self.size().toTuple(), ratio)
        if self._scaled_shows != shows:
            self._scaled_shows = shows
            self._scaled = QPixmap(self.size() * ratio)
            self._scaled.setDevicePixelRatio(ratio)
            self._scaled.fill(Qt.GlobalColor.transparent)
            scaling = QPainter(self._scaled)
            self._paint_picture(scaling, rect, self._picture, ratio)
            scaling.end()
        dimmed = _DIMMED if self._message else 1.0
        painter.setOpacity(dimmed)
        painter.drawPixmap(0, 0, self._scaled)
        for picture, opacity in self._overlays.values():
            painter.setOpacity(opacity * dimmed)
            self._paint_picture(painter, rect, picture, ratio)
        painter.setOpacity(1.0)

    @staticmethod
    def _paint_picture(painter: QPainter, rect: QRectF, picture: QImage, ratio: float) -> None:
        if picture.isNull():
            return
        crisp = rect.width() * ratio / picture.width() >= _CRISP
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawImage(rect, picture, QRectF(picture.rect()))

    def _paint_pointer(self, painter: QPainter, rect: QRectF) -> None:
        if self._crosshair is not None:
            paint_crosshair(painter, self.from_pixel(*self._crosshair))
        if self._ring_px is not None and self.underMouse():
            at = QPointF(self.mapFromGlobal(self.cursor().pos()))
            radius = self._ring_px * rect.width() / self._full[0]
            paint_ring(painter, at, radius)

    # Mouse and keys

    def _zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom so that the pixel at a position of this widget stays there."""
        width, height = self._full
        if not width or not height:
            return
        x, y = self.to_pixel(at)
        zoom = float(np.clip(self.framing.zoom * factor, 1.0, MOST_ZOOM))
        size = min(self.width() / width, self.height() / height) * zoom
        self.framing.show(
            zoom,
            (x + (self.width() / 2 - at.x()) / size) / width,
            (y + (self.height() / 2 - at.y()) / size) / height,
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / _WHEEL_STEP
        self._zoom_by(_ZOOM_OF_NOTCH**notches, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self._zoom_by(1 + event.value(), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        draws = event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        if self._taking and draws and not self._space:
            self._taken = True
            x, y = self.to_pixel(event.position())
            self.pressed.emit(x, y, event.button(), event.modifiers())
        else:
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._grabbed is not None:
            moved, rect = at - self._grabbed, self.picture_rect()
            self._grabbed = at
            if not rect.isEmpty():
                x, y = self._visible_centre(rect)
                self.framing.show(
                    self.framing.zoom, x - moved.x() / rect.width(), y - moved.y() / rect.height()
                )
            return
        x, y = self.to_pixel(at)
        if self._taken:
            self.dragged.emit(x, y, event.modifiers())
        if 0 <= x < self._full[0] and 0 <= y < self._full[1]:
            self.pointed.emit(x, y)
        else:
            self.unpointed.emit()
        if self._ring_px is not None:
            self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        if self._taken:
            self._taken = False
            self.released.emit()
        if self._grabbed is not None:
            self._grabbed = None
            self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._taking:
            self.mousePressEvent(event)
        else:
            self.framing.fit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.unpointed.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        middle = QPointF(self.width() / 2, self.height() / 2)
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom_by(_ZOOM_OF_NOTCH, middle)
        elif key == Qt.Key.Key_Minus:
            self._zoom_by(1 / _ZOOM_OF_NOTCH, middle)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.framing.fit()
        elif key in _PAN_KEYS and self.framing.zoom > 1:
            (x, y), (dx, dy) = self._visible_centre(self.picture_rect()), _PAN_KEYS[key]
            step = _PAN_STEP / self.framing.zoom
            self.framing.show(self.framing.zoom, x + dx * step, y + dy * step)
        elif key == Qt.Key.Key_Space:
            self._space = True
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._space = False
        super().keyReleaseEvent(event)

    def _visible_centre(self, rect: QRectF) -> tuple[float, float]:
        """What lies in the middle now: dragging starts there, not beyond an edge that was hit."""
        return (
            (self.width() / 2 - rect.x()) / rect.width(),
            (self.height() / 2 - rect.y()) / rect.height(),
        )
