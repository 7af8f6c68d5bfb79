"""All that is around an open project: panels, viewport, and what they share.

Made when the first project opens, not with the window: VisPy and OpenGL take their time.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

from da3studio.app.session import Session
from da3studio.app.viewmodels.capture_list import CaptureList
from da3studio.app.viewmodels.clean import Clean
from da3studio.app.viewmodels.depth_view import DepthView
from da3studio.app.viewmodels.edit_list import EditList
from da3studio.app.viewmodels.export_options import ExportOptions
from da3studio.app.viewmodels.mask_painting import MaskPainting
from da3studio.app.viewmodels.mesh_options import MeshOptions
from da3studio.app.viewmodels.photo_check import PhotoCheck
from da3studio.app.viewmodels.reconstruct_options import ReconstructOptions
from da3studio.app.viewmodels.scene_rows import SceneRows
from da3studio.app.viewmodels.stages import StageId
from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.stage import ViewportStage
from da3studio.app.viewport.tools import TOOLS, surroundings_of
from da3studio.app.widgets.capture_panel import CapturePanel
from da3studio.app.widgets.clean_panel import CleanPanel
from da3studio.app.widgets.crop_panel import CropPanel
from da3studio.app.widgets.depth_panel import DepthPanel
from da3studio.app.widgets.dock_title import DockTitle
from da3studio.app.widgets.export_panel import ExportPanel
from da3studio.app.widgets.fold import Fold
from da3studio.app.widgets.mask_editor import MaskEditor
from da3studio.app.widgets.measure_panel import MeasurePanel
from da3studio.app.widgets.mesh_panel import MeshPanel
from da3studio.app.widgets.photo_notes import PhotoNotes
from da3studio.app.widgets.place_panel import PlacePanel
from da3studio.app.widgets.reconstruct_panel import ReconstructPanel
from da3studio.app.widgets.scale_panel import ScalePanel
from da3studio.app.widgets.scene_panel import ScenePanel
from da3studio.app.widgets.sightings_panel import SightingsPanel
from da3studio.app.widgets.viewport_panel import ViewportPanel
from da3studio.base.i18n import tr
from da3studio.scene.view import ViewId

_WIDTHS = (300, 340)  # of the docks on the left and on the right at first [logical px]
_BELOW_PX, _BELOW_SHARE = 400, 0.4  # height of the docks at the bottom at first, at most
_LEAST_PX = 160  # height of a panel's content
_TOOL_PAGES = {"crop": "crop", "measure": "measure", "scale": "scale"}
_PLACING = ("floor", "origin")
_AREAS = {
    "photos": Qt.DockWidgetArea.LeftDockWidgetArea,
    "scene": Qt.DockWidgetArea.RightDockWidgetArea,
    "properties": Qt.DockWidgetArea.RightDockWidgetArea,
    "sightings": Qt.DockWidgetArea.RightDockWidgetArea,
    "depth": Qt.DockWidgetArea.BottomDockWidgetArea,
    "mask": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class Workspace(QObject):
    """The docks of a window and its viewport.

    Args:
        window: gets the docks.
        session: of the project.
    """

    def __init__(self, window: QMainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self.canvas = ViewportCanvas(window)
        around = surroundings_of(session, self.canvas)
        self.stage = ViewportStage(self.canvas, session, session.view, session.scene, TOOLS, around)
        self.viewport = ViewportPanel(self.stage)
        self.around = around
        check = PhotoCheck(session, self)
        self._photo_list = CaptureList(session, check, self)
        self.photos = CapturePanel(session, self._photo_list)
        self._depth_view = DepthView(session, self)
        self.depth_panel = DepthPanel(session, self._depth_view)
        self._painting = MaskPainting(session, self)
        self.mask_editor = MaskEditor(session, self._painting)
        self.scene_panel = ScenePanel(SceneRows(session, session.view, session.scene))
        self.sightings = SightingsPanel(around.sightings)
        self.export_options = ExportOptions(session, self)
        self.export_panel = ExportPanel(self.export_options)
        self.scale_panel = ScalePanel(around.lengths)
        self.reconstruct_panel = ReconstructPanel(ReconstructOptions(session, self))
        clean = Clean(session, self)
        clean.box_wanted.connect(around.crop.take_up)
        self._pages: dict[str, QWidget] = {
            "photos": PhotoNotes(check),
            "reconstruct": self.reconstruct_panel,
            "clean": CleanPanel(EditList(session, self), clean, session.view),
            "mesh": MeshPanel(MeshOptions(session, self)),
            "export": self.export_panel,
            "crop": CropPanel(around.crop, session.view),
            "measure": MeasurePanel(around.measurements),
            "scale": self.scale_panel,
            "place": PlacePanel(around.placing),
        }
        self._stage_page = "photos"
        self._stack = QStackedWidget()
        self._scrolls = {name: _Page(page) for name, page in self._pages.items()}
        for scroll in self._scrolls.values():
            self._stack.addWidget(scroll)
        self.docks = self._make_docks()
        self._own_corners()
        self.arrange()
        self._density = "simple"  # as the folds are made
        self._follow_settings()
        self._bind()

    def _make_docks(self) -> dict[str, QDockWidget]:
        return {
            "photos": self._dock("photos", tr("Photos"), self.photos),
            "scene": self._dock("scene", tr("Scene"), self.scene_panel),
            "properties": self._dock("properties", tr("Properties"), self._stack),
            "sightings": self._dock("sightings", tr("Photos of a point"), self.sightings),
            "depth": self._dock("depth", tr("Photo and depth"), self.depth_panel),
            "mask": self._dock("mask", tr("Mask"), self.mask_editor),
        }

    def _own_corners(self) -> None:
        """Let the panels at the sides reach down to the bottom, whatever opens below."""
        window, corner, area = self._window, Qt.Corner, Qt.DockWidgetArea
        window.setCorner(corner.BottomLeftCorner, area.LeftDockWidgetArea)
        window.setCorner(corner.BottomRightCorner, area.RightDockWidgetArea)
        window.setTabPosition(area.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def arrange(self) -> None:
        """Every panel where it belongs at first."""
        for name, dock in self.docks.items():
            dock.setFloating(False)
            self._window.addDockWidget(_AREAS[name], dock)
        docks = self.docks
        self._window.tabifyDockWidget(docks["properties"], docks["sightings"])
        self._window.tabifyDockWidget(docks["depth"], docks["mask"])
        self.set_shown(True)
        docks["properties"].raise_()
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._window.resizeDocks([docks["photos"], docks["properties"]], list(_WIDTHS), across)
        self._window.resizeDocks([docks["scene"], docks["properties"]], [1, 1000], down)

    def _dock(self, name: str, title: str, content: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        DockTitle(dock)
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dock.setWidget(content)
        return dock

    def _bind(self) -> None:
        view = self._session.view
        self._session.settings_changed.connect(self._follow_settings)
        self.photos.depth_wanted.connect(self.show_depth)
        self.photos.mask_wanted.connect(self.show_mask)
        self.mask_editor.finished.connect(self.docks["mask"].hide)
        view.tool_changed.connect(self._show_page)
        view.selected_changed.connect(self._follow_selection)
        self.around.sightings.changed.connect(self._show_sightings)
        self.export_options.scale_wanted.connect(lambda: view.set_tool("scale"))

    def show_stage(self, stage: StageId) -> None:
        """Show the properties of a stage; a tool that is taken up shows its own instead."""
        self._stage_page = stage
        self._session.view.set_tool("")
        self._show_page()
        self.docks["properties"].show()
        self.docks["properties"].raise_()

    def show_depth(self, view_id: ViewId) -> None:
        """Show a photo and its depth side by side."""
        self._depth_view.show(view_id)
        self._show_below("depth")

    def show_mask(self, view_id: ViewId) -> None:
        """Paint on a photo."""
        self._painting.open(view_id)
        self._show_below("mask")

    def _show_below(self, name: str) -> None:
        was_open = any(self.docks[one].isVisible() for one in ("depth", "mask"))
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        if not was_open and not dock.isFloating():  # or it would take most of the window
            tall = min(_BELOW_PX, round(_BELOW_SHARE * self._window.height()))
            self._window.resizeDocks([dock], [tall], Qt.Orientation.Vertical)

    def set_shown(self, shown: bool) -> None:
        """Show the panels that belong to an open project, or hide all of them."""
        for name, dock in self.docks.items():
            dock.setVisible(shown and name in ("photos", "scene", "properties"))

    def close(self) -> None:
        """Let go of everything on the graphics card."""
        self._photo_list.close()
        self.viewport.close_picture()

    def _show_page(self) -> None:
        tool = self._session.view.tool
        page = _TOOL_PAGES.get(tool, "place" if tool in _PLACING else self._stage_page)
        self._stack.setCurrentWidget(self._scrolls[page])
        if tool in _TOOL_PAGES or tool in _PLACING:
            self.docks["properties"].raise_()

    def _follow_settings(self) -> None:
        """With all controls shown nothing is folded away."""
        density = self._session.settings.density
        if density != self._density:
            self._density = density
            for fold in self._window.findChildren(Fold):
                fold.set_open(density == "full")

    def _follow_selection(self) -> None:
        selected = self._session.view.selected
        if selected and self.docks["depth"].isVisible():
            self._depth_view.show(selected[-1])

    def _show_sightings(self) -> None:
        if self.around.sightings.point is not None:
            self.docks["sightings"].show()
            self.docks["sightings"].raise_()


class _Page(QScrollArea):
    """Scrolls a panel up and down, and is never narrower than it: nothing is cut off sideways."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._page = page
        self._page = page
        self.setWidget(page)

    def minimumSizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._page.minimumSizeHint().width() + bar, _LEAST_PX)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
