"""What the scene consists of: a row each, with an eye that shows or hides it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from da3studio.app.icons import icon, picture
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.scene_rows import SceneRow, SceneRows
from da3studio.base.i18n import tr

_ICON_PX = 18


class ScenePanel(QWidget):
    """Shows the rows and binds their eyes; keeps no state of its own."""

    def __init__(self, rows: SceneRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(2, 1)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        column.addLayout(self._grid)
        column.addStretch(1)
        self.eyes: dict[str, QToolButton] = {}
        self.counts: dict[str, QLabel] = {}
        self.notes: dict[str, QLabel] = {}
        for line, row in enumerate(rows.rows):
            self._add(2 * line, row)
        rows.changed.connect(self._show)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Be as tall as the rows at this width: docks would cut off notes that wrap."""
        layout = self.layout()
        if layout is not None and self.width() > 0:
            tall = layout.totalHeightForWidth(self.width())
            if tall > 0 and tall != self.maximumHeight():
                self.setFixedHeight(tall)

    def _add(self, line: int, row: SceneRow) -> None:
        eye = QToolButton(self)
        eye.setCheckable(True)
        eye.setIconSize(QSize(_ICON_PX, _ICON_PX))
        eye.setMinimumSize(28, 28)
        set_kind(eye, "flat")
        eye.clicked.connect(lambda on, part=row.id: self._rows.show_part(part, on))
        mark = QLabel()
        mark.setPixmap(picture(row.icon, _ICON_PX, self.devicePixelRatioF()))
        name, count, note = QLabel(row.label), QLabel(), QLabel()
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        note.setWordWrap(True)
        name.setBuddy(eye)
        for column, widget in enumerate((eye, mark, name, count)):
            self._grid.addWidget(widget, line, column)
        self._grid.addWidget(note, line + 1, 2, 1, 2)
        self.eyes[row.id], self.counts[row.id], self.notes[row.id] = eye, count, note

    def _show(self) -> None:
        for row in self._rows.rows:
            eye = self.eyes[row.id]
            eye.setChecked(row.is_shown)
            eye.setEnabled(row.is_there)
            eye.setIcon(icon("eye" if row.is_shown else "eye-off"))
            words = tr("Hide: {part}") if row.is_shown else tr("Show: {part}")
            eye.setToolTip(words.format(part=row.label))
            eye.setAccessibleName(words.format(part=row.label))
            self.counts[row.id].setText(row.count)
            set_kind(self.counts[row.id], "soft")
            note = self.notes[row.id]
            note.setText(row.note)
            set_kind(note, "warning" if row.warns else "soft")
            note.setVisible(bool(row.note))
