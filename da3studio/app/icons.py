"""Icons by name: own drawings of `resources/icons`, tinted by the palette when they are painted.

An icon asks for the palette each time it is drawn, so a change of theme needs no new icons.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from da3studio.app.theme import colours
from da3studio.base.paths import resources

Tint = Literal[
    "text", "text_soft", "accent", "accent_text", "warning", "good", "bad", "plate_text", "own"
]

_SUFFIX = ".svg"


@cache
def icon(name: str, tint: Tint = "text") -> QIcon:
    """An icon in the palette's colour of that name; "own" leaves the colours of the drawing.

    Raises:
        FileNotFoundError: there is no such drawing; see `icon_names`.
    """
    _drawing(name)
    return QIcon(_TintedEngine(name, tint))


def picture(name: str, side_px: int, ratio: float = 1.0, tint: Tint = "text") -> QPixmap:
    """The icon as pixels, for labels and painters.

    Args:
        name: of the drawing.
        side_px: logical pixels.
        ratio: device pixels per logical pixel.
        tint: as for `icon`.
    """
    return _pixmap(name, _colour(tint, QIcon.Mode.Normal, QIcon.State.Off), side_px, ratio)


def icon_names() -> tuple[str, ...]:
    """All drawings there are."""
    return tuple(sorted(path.stem for path in (resources() / "icons").glob(f"*{_SUFFIX}")))


class _TintedEngine(QIconEngine):
    def __init__(self, name: str, tint: Tint) -> None:
        super().__init__()
        self._name, self._tint = name, tint

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        drawn = _pixmap(self._name, _colour(self._tint, mode, state), side, ratio)
        corner = QPoint(
            rect.x() + (rect.width() - side) // 2, rect.y() + (rect.height() - side) // 2
        )
        painter.drawPixmap(corner, drawn)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        side = max(1, min(size.width(), size.height()))  # device-independent since Qt 6.8
        drawn = _pixmap(self._name, _colour(self._tint, mode, state), side, scale)
        return drawn if size.width() <= side else _widened(drawn, size.width())

    def clone(self) -> QIconEngine:
        return _TintedEngine(self._name, self._tint)


def _widened(drawn: QPixmap, width_px: int) -> QPixmap:
    """With air to the right of it: Qt puts words too close to icons, and has no other way."""
    ratio = drawn.devicePixelRatio()
    result = QPixmap(max(1, round(width_px * ratio)), drawn.height())
    result.fill(Qt.GlobalColor.transparent)
    result.setDevicePixelRatio(ratio)
    painter = QPainter(result)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    return result


def _colour(tint: Tint, mode: QIcon.Mode, state: QIcon.State) -> QColor | None:
    """What a drawing is tinted with, `None` = its own colours."""
    palette = colours()
    if tint == "own":
        return None
    if mode == QIcon.Mode.Disabled:
        return palette.text_off
    if state == QIcon.State.On and tint == "text":
        return palette.accent
    return QColor(getattr(palette, tint))


def _pixmap(name: str, colour: QColor | None, side_px: int, ratio: float) -> QPixmap:
    return _rendered(name, "" if colour is None else colour.name(), side_px, ratio)


@cache
def _rendered(name: str, colour: str, side_px: int, ratio: float) -> QPixmap:
    drawing = _drawing(name)
    if colour:
        drawing = drawing.replace(b"currentColor", colour.encode())
    renderer = QSvgRenderer(QByteArray(drawing))
    side = max(1, round(side_px * ratio))
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


@cache
def _drawing(name: str) -> bytes:
    return (resources() / "icons" / f"{name}{_SUFFIX}").read_bytes()
