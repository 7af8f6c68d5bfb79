"""The start page: drop photos to begin, or go on with a project."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon, picture
from da3studio.app.theme import colours, set_kind
from da3studio.app.viewmodels.recent import RecentProject, RecentProjects
from da3studio.app.widgets.card import ElidedLabel, heading
from da3studio.app.widgets.drop_zone import DropZone
from da3studio.app.widgets.drops import dragged_paths
from da3studio.base.i18n import tr

_CARD_PX = 216  # least width
_PICTURE_RATIO = 0.62
_MOST = 8  # cards
_PAGE_PX = 980  # widest
_RADIUS_PX = 7
_LOGO_PX = 44
_DROP_PX = 250
_BUTTON_PX = 220


class Welcome(QWidget):
    """Says what the person wants; decides nothing."""

    dropped = Signal(list)  # of Path
    asked = Signal(str)  # Addition: "photos", "folder" or "video"
    new_wanted = Signal()
    open_wanted = Signal()
    sample_wanted = Signal()

    def __init__(self, recent: RecentProjects, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recent = recent
        self.setAcceptDrops(True)
        self.drop = DropZone()
        self.drop.asked.connect(self.asked)
        self.drop.setMinimumHeight(_DROP_PX)
        inside = self.drop.layout()
        for button in self.drop.buttons.values():  # as wide as the page they look like bars
            button.setMinimumWidth(_BUTTON_PX)
            if inside is not None:
                inside.setAlignment(button, Qt.AlignmentFlag.AlignHCenter)
        self.new = QPushButton(icon("new"), tr("New project …"))
        self.open = QPushButton(icon("open"), tr("Open project …"))
        self.sample = QPushButton(icon("sample"), tr("Try the sample"))
        self.new.clicked.connect(self.new_wanted)
        self.open.clicked.connect(self.open_wanted)
        self.sample.clicked.connect(self.sample_wanted)
        self.hardware = QLabel()
        set_kind(self.hardware, "soft")
        self._title = heading(tr("Recent projects"))
        self._cards = QWidget()
        self._grid = QGridLayout(self._cards)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self.cards: list[ProjectCard] = []
        self._lay_out()
        recent.changed.connect(self._show)
        self._show()

    def set_hardware(self, words: str) -> None:
        """One line about what computes."""
        self.hardware.setText(words)

    def _lay_out(self) -> None:
        name = QLabel("DA3 Studio")
        set_kind(name, "title")
        logo = QLabel()
        logo.setPixmap(picture("app", _LOGO_PX, self.devicePixelRatioF(), "own"))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(logo)
        head.addWidget(name)
        head.addStretch(1)
        for button in (self.new, self.open, self.sample):
            head.addWidget(button)
        page = QWidget()
        page.setMaximumWidth(_PAGE_PX)
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(self.drop)
        column.addWidget(self.hardware)
        column.addWidget(self._title)
        column.addWidget(self._cards)
        column.addStretch(1)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(page, 100)
        row.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(middle)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def _show(self) -> None:
        for card in self.cards:
            self._grid.removeWidget(card)
            card.deleteLater()
        self.cards = [ProjectCard(project) for project in self._recent.projects[:_MOST]]
        for card in self.cards:
            card.clicked.connect(lambda _=False, path=card.project.path: self._recent.open(path))
            card.forgotten.connect(self._recent.forget)
        self._title.setVisible(bool(self.cards))
        self._arrange()

    def _arrange(self) -> None:
        """As many cards in a row as there is room for."""
        width = min(self.width(), _PAGE_PX) - 48
        columns = max(1, (width + 12) // (_CARD_PX + 12))
        for at, card in enumerate(self.cards):
            self._grid.addWidget(card, at // columns, at % columns)
        for column in range(max(columns, self._grid.columnCount())):  # few cards stay as small
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged_paths(event.mimeData()):
            event.acceptProposedAction()
            self.drop.set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop.set_over(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop.set_over(False)
        paths = list(dragged_paths(event.mimeData()))
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)


class ProjectCard(QPushButton):
    """A recent project: its picture, name, date and number of photos."""

    forgotten = Signal(object)  # Path

    def __init__(self, project: RecentProject) -> None:
        super().__init__()
        self.project = project
        set_kind(self, "card")
        self.setAutoDefault(False)
        words = " · ".join(filter(None, (project.photos, project.when)))
        self.setAccessibleName(project.name)
        self.setAccessibleDescription(words)
        self.setToolTip(str(project.path))
        name, facts = ElidedLabel(project.name, "heading"), ElidedLabel(words, "small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 10)
        layout.setSpacing(3)
        layout.addWidget(_Picture(project.picture))
        layout.addWidget(name)
        layout.addWidget(facts)
        for label in (name, facts):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        height = layout.sizeHint().height() if layout is not None else 0
        return QSize(_CARD_PX, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction(icon("cross"), tr("Remove from this list"))
        action.triggered.connect(lambda: self.forgotten.emit(self.project.path))
        menu.popup(event.globalPos())


class _Picture(QWidget):
    """A picture that fills its frame, cut at the edges; or an icon where there is none."""

    def __init__(self, image: QImage | None) -> None:
        super().__init__()
        self._image = image
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMinimumHeight(round(_CARD_PX * _PICTURE_RATIO))

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(frame, _RADIUS_PX, _RADIUS_PX)
        painter.fillPath(outline, colours().field)
        if self._image is None:
            side = 40
            spot = QPointF((frame.width() - side) / 2, (frame.height() - side) / 2)
            shown = picture("reconstruct", side, self.devicePixelRatioF(), "text_soft")
            painter.drawPixmap(spot, shown)
        else:
            painter.setClipPath(outline)
            size = self._image.size().scaled(
                self.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding
            )
            place = QRectF(0, 0, size.width(), size.height())
            place.moveCenter(frame.center())
            painter.drawImage(place, self._image)
        painter.end()
