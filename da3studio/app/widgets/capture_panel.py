"""The photos of the project: a grid or a list, what became of each, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QStyle,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.units import whole_text
from da3studio.app.viewmodels.capture_list import CaptureList, NotUsedFilter, PictureMode, Role
from da3studio.app.viewmodels.photo_commands import (
    are_hidden,
    hide_photos,
    look_through,
    open_folder_of,
    remove_photos,
    show_photos,
)
from da3studio.app.widgets.buttons import tool_button
from da3studio.app.widgets.choose_files import Addition, choose_files
from da3studio.app.widgets.drop_zone import DropZone
from da3studio.app.widgets.drops import dragged_paths
from da3studio.app.widgets.photo_tile import LEAST_PX, MOST_PX, PhotoTile
from da3studio.base.i18n import tr, trn
from da3studio.scene.view import ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session

_OWN_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_LIST_EDGE_PX = 4  # or the last tile of a row would wrap
_TO_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect


class CapturePanel(QWidget):
    """Shows the photos and lets the person choose among them; keeps no state of its own.

    Args:
        session: does what is asked.
        photos: what is shown.
    """

    depth_wanted = Signal(str)  # id of the view
    mask_wanted = Signal(str)  # id of the view

    def __init__(
        self, session: Session, photos: CaptureList, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self.photos, self._view = session, photos, session.view
        self._filter = NotUsedFilter(photos, self)
        self._selecting = False
        self._dragging = False
        self.setAcceptDrops(True)
        self.list = self._build_list()
        self.modes = self._build_modes()
        self.add_button = self._build_add_button()
        self.grid_button = tool_button("grid-view", "", tr("Show as grid"), checkable=True)
        self.tile_size = QSlider(Qt.Orientation.Horizontal)
        self.tile_size.setRange(LEAST_PX, MOST_PX)
        self.counts = QLabel()
        self.only_not_used = QCheckBox()
        self.drop_zone = DropZone()
        self.pages = QStackedWidget()
        self._lay_out()
        self._bind()
        self.set_grid(True)
        self._show_counts()
        self._show_selection()

    def set_grid(self, grid: bool) -> None:
        """Show tiles, or rows with words."""
        self._tile.in_grid = grid
        self.list.setViewMode(QListView.ViewMode.IconMode if grid else QListView.ViewMode.ListMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.tile_size.setVisible(grid)
        self.grid_button.setChecked(grid)
        self.list.scheduleDelayedItemsLayout()

    def set_tile_px(self, side: int) -> None:
        """How wide the pictures of the grid are."""
        self._tile.side_px = max(LEAST_PX, min(MOST_PX, side))
        self.tile_size.setValue(self._tile.side_px)
        self.list.fit()

    def menu_for(self, view_ids: Sequence[ViewId]) -> QMenu:
        """What can be done with these photos; the first one counts where only one can be meant."""
        menu, first = QMenu(self), view_ids[0]
        session = self._session

        def add(icon_name: str, text: str, act: object, keys: str = "") -> QAction:
            action = menu.addAction(icon(icon_name), text)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(act)
            return action

        add("camera", tr("Look through"), lambda: look_through(session, first), "Return")
        add("depth", tr("Show depth"), lambda: self.depth_wanted.emit(first))
        add("brush", tr("Paint mask…"), lambda: self.mask_wanted.emit(first))
        menu.addSeparator()
        if are_hidden(session.project, view_ids):
            add("eye", tr("Show in the model again"), lambda: show_photos(session, view_ids))
        else:
            add("eye-off", tr("Hide in the model"), lambda: hide_photos(session, view_ids))
        text = trn("Remove from the project", "Remove {n} photos from the project", len(view_ids))
        add("trash", text, lambda: remove_photos(session, view_ids), "Del")
        menu.addSeparator()
        add("folder", tr("Open its folder"), lambda: open_folder_of(session, first))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    # Building

    def _build_list(self) -> _PhotoListView:
        self._tile = PhotoTile()
        view = _PhotoListView(self._tile)
        view.setModel(self._filter)
        view.setItemDelegate(self._tile)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setAccessibleName(tr("Photos of the project"))
        return view

    def _build_modes(self) -> QButtonGroup:
        group = QButtonGroup(self)
        rows: tuple[tuple[PictureMode, str, str, str], ...] = (
            ("photo", "photo", tr("Photo"), tr("Show the photos")),
            ("depth", "depth", tr("Depth"), tr("Show how far everything is; near is bright")),
            ("confidence", "confidence", tr("Confidence"), tr("Show how sure the depth is")),
        )
        for mode, icon_name, text, hint in rows:
            button = tool_button(icon_name, text, hint, checkable=True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setChecked(mode == self.photos.mode)
            button.setProperty("mode", mode)
            group.addButton(button)
        return group

    def _build_add_button(self) -> QToolButton:
        button = tool_button("plus", tr("Add"), tr("Add photos, a folder or a video"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        rows: tuple[tuple[Addition, str, str], ...] = (
            ("photos", "add-photos", tr("Add photos…")),
            ("folder", "add-folder", tr("Add folder…")),
            ("video", "add-video", tr("Add video…")),
        )
        for addition, icon_name, text in rows:
            action = menu.addAction(icon(icon_name), text)
            action.triggered.connect(lambda _checked=False, what=addition: self._ask(what))
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        modes = QHBoxLayout()
        modes.setSpacing(2)
        for button in self.modes.buttons():
            modes.addWidget(button)
        bar = QHBoxLayout()
        bar.setSpacing(4)
        bar.addWidget(self.add_button)
        bar.addStretch(1)
        self.tile_size.setMaximumWidth(110)
        self.tile_size.setAccessibleName(tr("Size of the pictures"))
        self.tile_size.setToolTip(tr("Size of the pictures"))
        bar.addWidget(self.tile_size, 1)
        bar.addWidget(self.grid_button)
        set_kind(self.counts, "soft")
        self.counts.setWordWrap(True)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(bar)
        box.addLayout(modes)
        box.addWidget(self.list, 1)
        box.addWidget(self.only_not_used)
        box.addWidget(self.counts)
        self.pages.addWidget(self.drop_zone)
        self.pages.addWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 8, 8, 8)
        outer.addWidget(self.pages)

    def _bind(self) -> None:
        self.modes.buttonClicked.connect(
            lambda button: self.photos.set_mode(button.property("mode"))
        )
        self.grid_button.toggled.connect(self.set_grid)
        self.tile_size.setValue(self._tile.side_px)
        self.tile_size.valueChanged.connect(self.set_tile_px)
        self.only_not_used.toggled.connect(self._filter.set_only_not_used)
        self.drop_zone.asked.connect(self._ask)
        self.list.activated.connect(self._activated)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.selectionModel().selectionChanged.connect(self._selection_changed)
        self.list.delete_pressed.connect(lambda: remove_photos(self._session, self._chosen()))
        self._view.selected_changed.connect(self._show_selection)
        self.photos.counted.connect(self._show_counts)
        self.photos.mode_changed.connect(self._show_mode)

    # Showing

    def _show_counts(self) -> None:
        self.counts.setText(self.photos.counts_text)
        not_used = self.photos.n_not_used
        self.only_not_used.setText(tr("Only those not used ({n})").format(n=whole_text(not_used)))
        self.only_not_used.setVisible(not_used > 0)
        if not not_used:
            self.only_not_used.setChecked(False)
        self._show_page()

    def _show_page(self) -> None:
        self.pages.setCurrentIndex(0 if self.photos.is_empty or self._dragging else 1)
        self.drop_zone.set_over(self._dragging)

    def _show_mode(self) -> None:
        for button in self.modes.buttons():
            button.setChecked(button.property("mode") == self.photos.mode)

    def _show_selection(self) -> None:
        """Select in the list what is selected elsewhere."""
        wanted = self._view.selected
        if self._selecting or set(wanted) == set(self._chosen()):
            return
        chosen = QItemSelection()
        for view_id in wanted:
            index = self._index_of(view_id)
            chosen.select(index, index)
        self._selecting = True
        self.list.selectionModel().select(chosen, _TO_SELECT)
        if wanted:
            last = self._index_of(wanted[-1])
            self.list.selectionModel().setCurrentIndex(
                last, QItemSelectionModel.SelectionFlag.NoUpdate
            )
            self.list.scrollTo(last)
        self._selecting = False

    def _selection_changed(self) -> None:
        if not self._selecting:
            self._selecting = True
            self._view.select(self._chosen())
            self._selecting = False

    def _chosen(self) -> tuple[ViewId, ...]:
        indexes = self.list.selectionModel().selectedIndexes()
        return tuple(ViewId(index.data(Role.VIEW_ID)) for index in indexes)

    def _index_of(self, view_id: ViewId) -> QModelIndex:
        return self._filter.mapFromSource(self.photos.index(self.photos.row_of(view_id)))

    # What the person does

    def _activated(self, index: QModelIndex) -> None:
        if view_id := index.data(Role.VIEW_ID):
            look_through(self._session, ViewId(view_id))

    def _open_menu(self, at: QPoint) -> None:
        under = self.list.indexAt(at).data(Role.VIEW_ID)
        chosen = self._chosen()
        if under and under not in chosen:
            chosen = (ViewId(under),)
        if chosen:
            self.menu_for(chosen).popup(self.list.viewport().mapToGlobal(at))

    def _ask(self, addition: Addition) -> None:
        paths = choose_files(self, addition)
        if paths:
            self._session.add_files(paths)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged_paths(event.mimeData()):
            event.acceptProposedAction()
            self._dragging = True
            self._show_page()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._dragging = False
        self._show_page()

    def dropEvent(self, event: QDropEvent) -> None:
        self._dragging = False
        self._show_page()
        paths = dragged_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self._session.add_files(paths)


class _PhotoListView(QListView):
    """A list whose tiles fill its width, and whose keys come before those of the window."""

    delete_pressed = Signal()

    def __init__(self, tile: PhotoTile) -> None:
        super().__init__()
        self._tile = tile

    def fit(self) -> None:
        """Lay the tiles out anew."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        self._tile.fit(self.width() - 2 * self.frameWidth() - bar - _LIST_EDGE_PX)
        self.scheduleDelayedItemsLayout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def event(self, event: QEvent) -> bool:
        is_shortcut = event.type() == QEvent.Type.ShortcutOverride
        if is_shortcut and isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)
