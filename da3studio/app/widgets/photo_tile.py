"""How one photo is drawn in the list of photos: picture, name and badges."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from da3studio.app.icons import Tint, icon
from da3studio.app.theme import colours
from da3studio.app.viewmodels.capture_list import Role
from da3studio.app.viewmodels.photo_facts import Badge, PhotoFacts, Standing
from da3studio.base.i18n import tr

Index = QModelIndex | QPersistentModelIndex

LEAST_PX, MOST_PX = 80, 256  # width of a tile's picture
_SIDE_PX = 112  # at first: two in a row of a panel as wide as it is at first
_ASPECT = 3 / 4  # of the space for a picture
_GAP = 6
_ICON_PX = 14
_ROW_PICTURE = QSize(72, 54)  # in the list
_OFF_OPACITY = 0.45  # of pictures that are not part of the result


class PhotoTile(QStyledItemDelegate):
    """Draws tiles of a grid, or rows of a list."""

    def __init__(self) -> None:
        super().__init__()
        self.in_grid = True
        self.side_px = _SIDE_PX  # asked for
        self.width_px = _SIDE_PX  # of a tile's picture, stretched so that the tiles fill their row

    def fit(self, room_px: int) -> None:
        """Choose the width of tiles for a list that is this wide."""
        whole = self.side_px + 2 * _GAP
        columns = max(1, room_px // whole)
        self.width_px = max(LEAST_PX, room_px // columns - 2 * _GAP)

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        line = QFontMetrics(option.font).height()
        if not self.in_grid:
            return QSize(160, max(_ROW_PICTURE.height(), 2 * line) + 2 * _GAP)
        tall = round(self.width_px * _ASPECT)
        return QSize(self.width_px + 2 * _GAP, tall + line + 3 * _GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        self._paint_ground(painter, option)
        inner = option.rect.adjusted(_GAP, _GAP, -_GAP, -_GAP)
        if self.in_grid:
            self._paint_tile(painter, inner, index)
        else:
            self._paint_row(painter, inner, index)
        painter.restore()

    @staticmethod
    def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
        palette = colours()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        ground = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(palette.accent, 2) if selected or focused else Qt.PenStyle.NoPen)
        if focused and not selected:
            painter.setPen(QPen(palette.text_soft, 1, Qt.PenStyle.DashLine))
        if selected:
            painter.setBrush(palette.accent_soft)
        else:
            painter.setBrush(palette.hover if hovered else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(ground, 6, 6)

    def _paint_tile(self, painter: QPainter, inner: QRect, index: Index) -> None:
        line = painter.fontMetrics().height()
        frame = QRect(inner.topLeft(), QSize(inner.width(), inner.height() - line - _GAP))
        facts: PhotoFacts = index.data(Role.FACTS)
        _paint_badges(painter, self._paint_picture(painter, frame, index, facts), facts)
        name = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, inner.width()
        )
        painter.setPen(colours().text)
        below = QRect(inner.left(), frame.bottom() + 1 + _GAP, inner.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, name)

    def _paint_row(self, painter: QPainter, inner: QRect, index: Index) -> None:
        facts: PhotoFacts = index.data(Role.FACTS)
        frame = QRect(inner.topLeft(), _ROW_PICTURE)
        self._paint_picture(painter, frame, index, facts)
        line = painter.fontMetrics().height()
        left = frame.right() + 2 * _GAP
        words = QRect(left, inner.center().y() - line, inner.right() - left, line)
        elided = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, words.width()
        )
        painter.setPen(colours().text)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, elided)
        x = left
        for badge in facts.badges:
            tint: Tint = "text_soft" if badge.tint == "plate_text" else badge.tint
            text = badge.text
            if badge.icon == "cross":
                text = tr("Not used: {why}").format(why=facts.why)
            room = inner.right() - x - _ICON_PX - 4
            if room < painter.fontMetrics().horizontalAdvance(badge.text):
                break
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            width = _ICON_PX + 4 + painter.fontMetrics().horizontalAdvance(text)
            _paint_icon(painter, badge.icon, tint, QPoint(x, words.bottom() + 3))
            painter.setPen(colours().text_soft)
            painter.drawText(
                QRect(x + _ICON_PX + 4, words.bottom() + 1, width, line),
                Qt.AlignmentFlag.AlignVCenter,
                text,
            )
            x += width + 2 * _GAP

    @staticmethod
    def _paint_picture(painter: QPainter, frame: QRect, index: Index, facts: PhotoFacts) -> QRect:
        """Paint it, and tell where it lies in the frame."""
        picture: QImage | None = index.data(Qt.ItemDataRole.DecorationRole)
        if picture is None or picture.isNull():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours().border)
            painter.drawRoundedRect(frame, 4, 4)
            if picture is not None and not facts.trouble:  # known to be none
                painter.setPen(colours().text_soft)
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(frame.adjusted(4, 4, -4, -4), int(flags), tr("None yet"))
            else:
                side = min(frame.width(), frame.height()) // 3
                spot = QRect(0, 0, side, side)
                spot.moveCenter(frame.center())
                icon("photo", "text_soft").paint(painter, spot)
            return frame
        out = facts.standing in (Standing.NOT_USED, Standing.HIDDEN, Standing.PENDING)
        size = picture.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(QPoint(0, 0), size)
        place.moveCenter(frame.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(_OFF_OPACITY if out else 1.0)
        painter.drawImage(place, picture)
        painter.setOpacity(1.0)
        return place


def _paint_badges(painter: QPainter, frame: QRect, facts: PhotoFacts) -> None:
    """Along the lower edge: with words as far as there is room, then as icons.

    That a photo is used is what is expected: its sign has no word here, only in the tooltip.
    """
    x, plate_height = frame.left() + 3, painter.fontMetrics().height() + 4
    top = frame.bottom() - 2 - plate_height
    badges = sorted(facts.badges, key=lambda badge: badge.icon == "check")
    for i, badge in enumerate(badges):
        text = painter.fontMetrics().horizontalAdvance(badge.text)
        others = (len(badges) - i - 1) * (_ICON_PX + 11)
        wordy = badge.icon != "check" and (x + _ICON_PX + 12 + text + others <= frame.right())
        width = _ICON_PX + 8 + (text + 4 if wordy else 0)
        plate = QRect(x, top, width, plate_height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_opaque(colours().plate))
        painter.drawRoundedRect(plate, 4, 4)
        _paint_badge(painter, badge, plate, wordy=wordy)
        x += width + 3


def _paint_badge(painter: QPainter, badge: Badge, plate: QRect, *, wordy: bool) -> None:
    corner = QPoint(plate.left() + 4, plate.center().y() - _ICON_PX // 2 + 1)
    _paint_icon(painter, badge.icon, badge.tint, corner)
    if wordy:
        painter.setPen(colours().plate_text)
        words = plate.adjusted(_ICON_PX + 8, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, badge.text)


def _paint_icon(painter: QPainter, name: str, tint: Tint, corner: QPoint) -> None:
    icon(name, tint).paint(painter, QRect(corner, QSize(_ICON_PX, _ICON_PX)))


def _opaque(colour: QColor) -> QColor:
    """Words on any photo stay readable."""
    solid = QColor(colour)
    solid.setAlpha(max(colour.alpha(), 225))
    return solid
