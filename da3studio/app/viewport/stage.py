"""The scene on the stage: whatever changes is shown by the right layer, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.session import Session
from da3studio.app.theme import colours
from da3studio.app.units import UnitSystem, length_text, number_text
from da3studio.app.viewmodels.display import Display
from da3studio.app.viewmodels.readings import label_place, reading, strokes
from da3studio.app.viewmodels.scene_state import EVERY_PART, Part, SceneState
from da3studio.app.viewmodels.view_state import ViewState
from da3studio.app.viewport.bindings import preset_of
from da3studio.app.viewport.camera_stage import CameraStage, rgb_of
from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.cloud_layer import CloudLayer
from da3studio.app.viewport.colouring import Coloured, coloured
from da3studio.app.viewport.colouring import Legend as RampLegend
from da3studio.app.viewport.eye import Eye
from da3studio.app.viewport.grid_layer import GridLayer
from da3studio.app.viewport.layer import Layer
from da3studio.app.viewport.lines_layer import LinesLayer, Path
from da3studio.app.viewport.mesh_arrays import MeshArrays, mesh_arrays
from da3studio.app.viewport.mesh_layer import MeshLayer
from da3studio.app.viewport.overlay import Label, Legend, Overlay, round_unit
from da3studio.app.viewport.tool_belt import ToolBelt
from da3studio.app.viewport.tools.tool import Surroundings, ToolRow
from da3studio.base.i18n import tr
from da3studio.geometry.similarity import Sim3
from da3studio.project.change import Change

_SAMPLE = 100_000  # points that floor and slider are found from; rows are in random order
_FIRST_LOOK = np.radians(30), np.radians(22)  # from the front: to the right, and from above
_LOWEST = 1.0  # percent of the points that may lie below the floor: strays


class ViewportStage(QObject):
    """Owns the layers, and the overlay until a panel takes it.

    Args:
        canvas: draws the layers; without anything on it so far.
        session: of the project.
        view: what is looked at and how.
        scene: what there is to see.
        tools: those that can be taken up.
        around: what they may look at; without it there are none.
    """

    changed = Signal()  # whether there is anything to see

    def __init__(
        self,
        canvas: ViewportCanvas,
        session: Session,
        view: ViewState,
        scene: SceneState,
        tools: Sequence[ToolRow] = (),
        around: Surroundings | None = None,
    ) -> None:
        super().__init__(canvas)
        self.canvas, self.view, self.scene, self.session = canvas, view, scene, session
        self.cloud, self.mesh = CloudLayer(canvas.pace), MeshLayer()
        self.grid, self.lines = GridLayer(), LinesLayer()
        self.cameras = CameraStage(canvas, session, view, scene)
        self.display = Display(view, self)
        self.overlay = Overlay(lambda: canvas.screen, self.grid)
        self.belt = ToolBelt(canvas, view, tools, around)
        self._colouring, self._meshing = (Newest(session.background, self) for _ in range(2))
        self._coloured: tuple[object, ...] = ()
        self._was_empty, self._was_growing = True, False
        self._own_eye: Eye | None = None  # that was set from here; any other is the person's
        self._labels: list[Label] = []
        self._style: tuple[float, bool, bool] | None = None
        self._floor = 0.0
        for order, layer in ((0, self.cloud), (10, self.mesh), (20, self.grid), (40, self.lines)):
            canvas.add(layer, order)
        canvas.eye_changed.connect(self.overlay.update)
        navigator = canvas.navigator
        navigator.point_size_turned.connect(self.display.turn_point_size)
        navigator.frustum_size_turned.connect(self.display.turn_frustum_size)
        navigator.asked.connect(self._answer)
        scene.changed.connect(self._scene_changed)
        scene.moved.connect(self._go_along)
        session.changed.connect(self._project_changed)
        session.folder_changed.connect(self._folder_changed)
        session.settings_changed.connect(self._settings_changed)
        view.changed.connect(self._show_view)
        self.belt.changed.connect(self._show_hint)
        self.cameras.changed.connect(self._show_through)
        self.overlay.restyled.connect(self._restyle)
        self._restyle()
        self._settings_changed()
        self._scene_changed(EVERY_PART)
        self._project_changed(Change.PLACEMENT | Change.MEASUREMENTS)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at yet."""
        scene = self.scene
        return scene.cloud is None and scene.preview is None and scene.registration is None

    def frame_selected(self) -> None:
        """Frame the marked points, or what the selected photos show, or else everything."""
        cloud, marked = self.scene.cloud, self.scene.marked
        rows: NDArray[np.bool_] | None = None
        if cloud is not None and marked is not None and marked.any():
            rows = marked
        elif cloud is not None and self.view.selected:
            chosen = [i for i, one in enumerate(cloud.view_ids) if one in self.view.selected]
            rows = np.isin(cloud.view_idx, chosen)
        points = None if rows is None or cloud is None else cloud.xyz[rows]
        if points is None or not len(points):
            self.canvas.frame_all()
            return
        low, high = np.percentile(points[:_SAMPLE], (_LOWEST, 100 - _LOWEST), axis=0)
        self.canvas.look_at(low, high)

    @property
    def helpers(self) -> tuple[Layer, ...]:
        """The layers that are not the model itself."""
        return self.cameras.layer, self.grid, self.lines

    def close(self) -> None:
        """Let go of everything on the graphics card; nothing is drawn any more."""
        self.view.set_tool("")
        self.overlay.restyled.disconnect(self._restyle)
        self.canvas.close()

    # What changed

    def _scene_changed(self, parts: Part) -> None:
        if parts & (Part.CLOUD | Part.PREVIEW):
            self._show_cloud()
        if Part.MESH in parts:
            self._show_mesh(is_alone=Part.CLOUD not in parts)
        if parts & (Part.KEEP | Part.CLOUD | Part.PREVIEW) and self.scene.preview is None:
            self.cloud.set_keep(self.scene.keep)
        if parts & (Part.MARKED | Part.CLOUD | Part.PREVIEW):
            self._show_marked()
        if Part.CAMERAS in parts:
            self.cameras.show_cameras()
            if not self.canvas.looks_through:
                self._turn_upright()
        if parts & (Part.CLOUD | Part.KEEP | Part.CAMERAS):
            self._place_grid()
        self.overlay.set_has_scene(not self.is_empty)
        self.cameras.layer.is_framed = self.scene.cloud is None and self.scene.preview is None
        self._frame_unasked(parts)
        self._show_hint()
        self.canvas.redraw()
        self.changed.emit()

    def _frame_unasked(self, parts: Part) -> None:
        """Frame what arrives: at first the cameras, then the points, until the person moves."""
        if self._was_empty and not self.is_empty:
            self.canvas.set_eye(self.canvas.eye.seen_from("front").orbit(*_FIRST_LOOK))
            self._frame_all()
        elif parts & (Part.CLOUD | Part.PREVIEW) and self._has_own_eye:
            is_growing = self.scene.preview is not None
            if not (is_growing and self._was_growing):  # it would jump with each photo
                self._frame_all()
        self._was_empty = self.is_empty
        self._was_growing = self.scene.preview is not None

    def _frame_all(self) -> None:
        self.canvas.frame_all()
        self._own_eye = self.canvas.goal

    @property
    def _has_own_eye(self) -> bool:
        """Whether the person has left the view as it was set from here."""
        return self.canvas.goal == self._own_eye and not self.canvas.looks_through

    def _go_along(self, new_from_old: Sim3 | None) -> None:
        """All that is shown is elsewhere and of another size: the picture stays what it was."""
        if new_from_old is None:
            self._was_empty = True  # what comes is framed
        elif not self.canvas.looks_through:
            is_own = self._has_own_eye
            self.canvas.set_eye(self.canvas.goal.moved(new_from_old))
            if is_own:
                self._own_eye = self.canvas.goal

    def _project_changed(self, change: Change) -> None:
        if Change.PLACEMENT in change:
            self._turn_upright()
            self._place_grid()
        if change & (Change.PLACEMENT | Change.RESULTS):
            self._show_units()
        if change & (Change.MEASUREMENTS | Change.PLACEMENT | Change.RESULTS):
            self._show_measurements()
        if Change.EDITS in change:
            self.cameras.show_states()

    def _folder_changed(self) -> None:
        self._colouring.drop()
        self._meshing.drop()
        self._coloured = ()
        self._was_empty = True
        self._own_eye = None

    def _settings_changed(self) -> None:
        settings = self.session.settings
        self.canvas.set_preset(preset_of(settings.navigation))
        self.canvas.reduced_motion = settings.reduced_motion
        self.canvas.pace.most_moving = settings.moving_points
        self._show_units()
        self._show_measurements()
        self._show_hint()

    def _restyle(self) -> None:
        """Take the colours of the theme."""
        palette = colours()
        self.canvas.set_background(rgb_of(palette.viewport_top), rgb_of(palette.viewport_bottom))
        self.grid.colour = rgb_of(palette.grid)
        self.grid.axis_colours = (
            rgb_of(palette.axis_x), rgb_of(palette.axis_y), rgb_of(palette.axis_z)
        )  # fmt: skip
        self.mesh.behind_wires = rgb_of(palette.viewport_bottom)
        self.lines.colour = rgb_of(palette.marked)
        self._show_marked()
        self._show_measurements()
        self._show_view()

    def _show_view(self) -> None:
        settings = self.view.settings
        self.cloud.visible = settings.points
        style = settings.point_px, settings.size_by_distance, settings.eye_dome
        if style != self._style:  # each of these means that all points are drawn again
            self._style = style
            self.cloud.set_style(*style)
        if settings.floor_confidence != self._floor:
            self._floor = settings.floor_confidence
            self.cloud.set_floor(self._floor)
        self.mesh.visible, self.mesh.shading = settings.mesh, settings.shading
        self.grid.visible, self.lines.visible = settings.grid, settings.measurements
        self.cameras.show_settings()
        self._colour_cloud()
        self.overlay.set_labels(self._labels if settings.measurements else ())
        self.canvas.redraw()
        self.overlay.update()

    # Points

    def _show_cloud(self) -> None:
        cloud, preview = self.scene.cloud, self.scene.preview
        self._coloured = ()
        if preview is not None:
            self.cloud.set_points(*preview)
            self.display.set_confidence(None)
        elif cloud is not None:
            self.cloud.set_points(cloud.xyz, cloud.rgb)
            self.cloud.set_measure(cloud.confidence)
            self.display.set_confidence(cloud.confidence[:_SAMPLE])
        else:
            self.cloud.set_points(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8))
            self.display.set_confidence(None)
        self._colour_cloud()

    def _colour_cloud(self) -> None:
        cloud, mode, up = self.scene.cloud, self.view.settings.colour, self.scene.up
        wanted = (id(cloud), mode, up if mode in ("height", "normal") else None)
        if wanted == self._coloured:
            return
        self._coloured = wanted
        self._colouring.drop()
        if cloud is None or self.scene.preview is not None:
            self.overlay.set_legend(None)
            return

        def show(found: Coloured) -> None:
            self.cloud.set_colours(found.rgb)
            self.overlay.set_legend(None if found.legend is None else self._legend(found.legend))
            self.canvas.redraw()

        self._colouring.ask(lambda: coloured(cloud, mode, up), show)

    def _legend(self, ramp: RampLegend) -> Legend:
        if ramp.is_length:  # heights have no zero of their own: above the lowest
            low, high = "0", self._length(ramp.high - ramp.low)
        elif ramp.is_count:
            low, high = str(round(ramp.low)), str(round(ramp.high))
        else:
            low, high = number_text(ramp.low, 2), number_text(ramp.high, 2)
        return Legend(tr(ramp.title), low, high, ramp.ramp)

    def _show_marked(self) -> None:
        marked, colour = self.scene.marked, colours().marked
        if self.scene.preview is None and self.scene.cloud is not None:
            self.cloud.set_marked(marked, (colour.red(), colour.green(), colour.blue()))
        if marked is not None and not self.view.settings.points:
            self.view.set(points=True, mesh=False)  # what is about to be cut has to be seen
        self.canvas.redraw()

    # The rest of the scene

    def _show_mesh(self, is_alone: bool) -> None:
        mesh, settings = self.scene.mesh, self.view.settings
        self._meshing.drop()
        if mesh is None:
            self.mesh.set_mesh(None)
            return

        def show(arrays: MeshArrays) -> None:
            self.mesh.set_mesh(arrays)
            if is_alone or (settings.points and settings.mesh):
                self.view.set(mesh=True, points=False)  # points would lie all over its texture
            self.canvas.redraw()

        self._meshing.ask(lambda: mesh_arrays(mesh), show)

    def _turn_upright(self) -> None:
        """The turntable turns about the person's up."""
        rotation = self.session.project.placement.placed_from_world().rotation
        if not np.allclose(rotation, self.canvas.eye.frame, atol=1e-9):
            is_own = self._has_own_eye
            self.canvas.set_eye(self.canvas.goal.with_up(-rotation[1], rotation[2]))
            if is_own:
                self._own_eye = self.canvas.goal

    def _place_grid(self) -> None:
        placement = self.session.project.placement
        right, down, ahead = placement.placed_from_world().rotation
        axes = np.stack([right, -down, -ahead])  # y up, as in the files that are exported
        origin = np.array(placement.origin or (0.0, 0.0, 0.0))
        cloud, keep = self.scene.cloud, self.scene.keep
        if placement.origin is None and cloud is not None and len(cloud):
            sample = cloud.xyz[:_SAMPLE]
            if keep is not None and keep[:_SAMPLE].any():
                sample = sample[keep[:_SAMPLE]]
            in_axes = sample @ axes.T
            low, middle = np.percentile(in_axes, (_LOWEST, 50), axis=0)
            origin = np.array([middle[0], low[1], middle[2]]) @ axes
        self.grid.set_place(origin, axes)
        self.overlay.update()

    def _show_units(self) -> None:
        scale, system = self.scene.metres_per_unit, self._system
        self.grid.per_unit = round_unit(scale, system)
        self.overlay.set_units(scale, system)
        self._coloured = ()  # a legend of lengths is written anew
        self._colour_cloud()
        self.canvas.redraw()

    def _show_measurements(self) -> None:
        project = self.session.project
        placement, rows = project.placement, project.measurements
        self.lines.set_paths([Path(line) for row in rows for line in strokes(row, placement)])
        self._labels = [
            Label(
                label_place(row, placement),
                reading(row, placement, self.scene.metres_per_unit, system=self._system),
            )
            for row in rows
        ]
        self.overlay.set_labels(self._labels if self.view.settings.measurements else ())
        self.canvas.redraw()

    @property
    def _system(self) -> UnitSystem:
        return "imperial" if self.session.settings.units == "imperial" else "metric"

    def _length(self, length: float) -> str:
        return length_text(length, self.scene.metres_per_unit, system=self._system)

    # Tools and keys

    def _show_hint(self) -> None:
        tool = self.belt.tool
        self.overlay.set_tool(tool)
        if tool is not None:
            self.overlay.set_hint(tr(tool.hint))
        elif self.is_empty:
            self.overlay.set_hint("")
        else:
            self.overlay.set_hint(tr(self.canvas.navigator.preset.help))

    def _show_through(self) -> None:
        self.overlay.set_through(self.cameras.through_name)

    def _answer(self, ask: str) -> None:
        match ask:
            case "frame_selected":
                self.frame_selected()
            case "look_through":
                self.cameras.look_through_selected()
            case "next_view":
                self.cameras.step(1)
            case "previous_view":
                self.cameras.step(-1)
