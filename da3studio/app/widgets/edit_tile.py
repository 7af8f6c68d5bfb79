"""How one edit looks in the cleaning list: a check box, two lines and a number of points."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from da3studio.app.theme import colours
from da3studio.app.viewmodels.edit_list import EditRole

Index = QModelIndex | QPersistentModelIndex

CHECK_PX = 36  # width of the zone that switches an edit
_PAD_PX = 8
_LINE_GAP_PX = 2


class EditTile(QStyledItemDelegate):
    """Paints a row and takes the clicks on its check box."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        line = option.fontMetrics.height()
        return QSize(10 * line, 2 * line + _LINE_GAP_PX + 2 * _PAD_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        style = option.widget.style() if option.widget else QApplication.style()
        background = QStyleOptionViewItem(option)
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, background, painter, option.widget
        )
        on = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked
        self._paint_check(painter, option, style, on)
        self._paint_words(painter, option, index, on)
        painter.restore()

    def _paint_check(
        self, painter: QPainter, option: QStyleOptionViewItem, style: QStyle, on: bool
    ) -> None:
        side = style.pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth, None, option.widget)
        box = QRect(0, 0, side, side)
        box.moveCenter(_check_zone(option.rect).center())
        check = QStyleOptionViewItem(option)
        check.rect = box
        check.state &= ~(QStyle.StateFlag.State_On | QStyle.StateFlag.State_Off)
        check.state |= QStyle.StateFlag.State_On if on else QStyle.StateFlag.State_Off
        check.features |= QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_IndicatorItemViewItemCheck, check, painter, option.widget
        )

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, on: bool
    ) -> None:
        words = option.rect.adjusted(CHECK_PX, _PAD_PX, -_PAD_PX, -_PAD_PX)
        line = option.fontMetrics.height()
        upper = QRect(words.x(), words.y(), words.width(), line)
        lower = upper.translated(0, line + _LINE_GAP_PX)
        painter.setFont(option.font)
        count = str(index.data(EditRole.COUNT))
        painter.setPen(colours().text_soft)
        _draw(painter, option.fontMetrics, upper, count, Qt.AlignmentFlag.AlignRight)
        _draw(painter, option.fontMetrics, lower, str(index.data(EditRole.DETAIL)))
        if count:
            upper.setWidth(
                upper.width() - option.fontMetrics.horizontalAdvance(count) - 2 * _PAD_PX
            )
        painter.setPen(colours().text if on else colours().text_soft)
        _draw(painter, option.fontMetrics, upper, str(index.data()))

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        role = Qt.ItemDataRole.CheckStateRole
        if isinstance(event, QMouseEvent):
            on_check = _check_zone(option.rect).contains(event.position().toPoint())
            if not on_check or event.button() != Qt.MouseButton.LeftButton:
                return False
            if event.type() == QEvent.Type.MouseButtonRelease:
                on = Qt.CheckState(index.data(role)) == Qt.CheckState.Checked
                wanted = Qt.CheckState.Unchecked if on else Qt.CheckState.Checked
                model.setData(index, wanted, role)
            return True
        return super().editorEvent(event, model, option, index)


def _check_zone(row: QRect) -> QRect:
    return QRect(row.x(), row.y(), CHECK_PX, row.height())


def _draw(
    painter: QPainter,
    metrics: QFontMetrics,
    place: QRect,
    text: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, align | Qt.AlignmentFlag.AlignVCenter, shown)
