"""The photos that see a picked point, with the point marked in each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import Tint, icon
from da3studio.app.theme import colours
from da3studio.app.viewmodels.sightings import STATE_TEXT, Role, Sightings
from da3studio.app.widgets.card import wrapping
from da3studio.base.i18n import tr

_PICTURE = QSize(132, 99)
_PAD = 8
_MARK_PX = 9.0
_ICON_PX = 16
_LOOKS: dict[str, tuple[str, Tint]] = {
    "sees": ("eye", "good"),
    "maybe": ("help", "text"),
    "past": ("eye-off", "warning"),
    "hidden": ("eye-off", "text"),
}


class SightingsPanel(QWidget):
    """Shows the list; a click selects the photo, Enter or a double click looks through it."""

    def __init__(self, sightings: Sightings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sightings = sightings
        self.summary = wrapping()
        self.list = QListView()
        self.list.setModel(sightings)
        self.list.setItemDelegate(_SightingTile(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(tr("Photos that see the point"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.summary)
        layout.addWidget(self.list, 1)
        self.list.selectionModel().currentChanged.connect(
            lambda index, _: sightings.select(index.row())
        )
        self.list.activated.connect(lambda index: sightings.look_through(index.row()))
        sightings.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.summary.setText(self._sightings.summary)
        self.list.setVisible(self._sightings.rowCount() > 0)


class _SightingTile(QStyledItemDelegate):
    """A photo with the point marked, its name, and whether it sees the point."""

    def sizeHint(
        self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(option.rect.width(), _PICTURE.height() + 2 * _PAD)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        palette = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, palette.accent_soft)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, palette.hover)
        frame = QRectF(
            option.rect.left() + _PAD, option.rect.top() + _PAD,
            _PICTURE.width(), _PICTURE.height(),
        )  # fmt: skip
        self._paint_picture(painter, frame, index)
        left = frame.right() + _PAD
        room = QRectF(left, frame.top(), option.rect.right() - _PAD - left, frame.height())
        self._paint_words(painter, room, option, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(palette.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 4, 4)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, frame: QRectF, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        palette = colours()
        picture = index.data(Role.PICTURE)
        if picture is None or picture.isNull():
            painter.fillRect(frame, palette.field)
            return
        scale = min(frame.width() / picture.width(), frame.height() / picture.height())
        wide, high = picture.width() * scale, picture.height() * scale
        rect = QRectF(
            frame.left() + (frame.width() - wide) / 2, frame.top() + (frame.height() - high) / 2,
            wide, high,
        )  # fmt: skip
        painter.drawImage(rect, picture)
        x, y = index.data(Role.PLACE)
        at = QPointF(rect.left() + x * wide, rect.top() + y * high)
        painter.setClipRect(rect)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((palette.plate, 4.0), (palette.marked, 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(at, _MARK_PX, _MARK_PX)
        painter.setClipping(False)

    def _paint_words(
        self,
        painter: QPainter,
        room: QRectF,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        palette, state = colours(), index.data(Role.STATE)
        bold = QFont(option.font)
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        name = metrics.elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, int(room.width())
        )  # fmt: skip
        painter.setFont(bold)
        painter.setPen(palette.text)
        painter.drawText(room, Qt.AlignmentFlag.AlignTop, name)
        drawing, tint = _LOOKS[state]
        below = room.top() + metrics.height() + 6
        icon(drawing, tint).paint(
            painter, int(room.left()), int(below), _ICON_PX, _ICON_PX
        )  # fmt: skip
        painter.setFont(option.font)
        painter.setPen(palette.text_soft)
        words = QRectF(room.left() + _ICON_PX + 6, below - 1, room.width() - _ICON_PX - 6, 60)
        painter.drawText(words, int(Qt.TextFlag.TextWordWrap), tr(STATE_TEXT[state]))
