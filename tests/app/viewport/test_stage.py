from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewport.tools.tool import Pointer, Tool, ToolRow
from da3studio.edits.base import ListedEdit
from da3studio.edits.views import HideView
from da3studio.scene.measurement import Measurement
from da3studio.scene.placement import Placement
from tests.app.viewport.staged import reveal, staged, still_cloud, table_mesh
from tests.app.viewport.windows import pixels_of
from tests.pipeline.exact_engine import exact_registration
from tests.pipeline.two_worlds import NEW_FROM_OLD

PATIENCE_MS = 20_000


class Pen(Tool):
    id, label, hint = "pen", "Pen", "Draws."

    def __init__(self) -> None:
        super().__init__()
        self.left = False

    def leave(self) -> None:
        self.left = True


ROWS = (ToolRow("pen", "Pen", "Draws.", "P", "brush", lambda _: Pen()),)


@pytest.fixture
def panel(qtbot, tmp_path):
    with staged(qtbot, tmp_path, ROWS) as panel:
        yield panel


def seen(panel) -> np.ndarray:
    return pixels_of(panel.stage.canvas.grab())


def click(panel, x, y, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    panel.stage.canvas.navigator.clicked.emit(Pointer(x, y, left, none, modifiers))


def test_that_an_empty_stage_offers_no_tools_and_then_frames_what_comes(panel, qtbot):
    stage = panel.stage
    assert stage.is_empty
    assert not panel.bar.tools["pen"].isEnabled()
    reveal(panel)

    assert not stage.is_empty
    assert panel.bar.tools["pen"].isEnabled()
    low, high = np.percentile(still_cloud().xyz, (1, 99), axis=0)
    x, y, _ = stage.canvas.screen.project((low + high) / 2)
    assert (x, y) == (pytest.approx(stage.canvas.size[0] / 2, rel=0.2),
                      pytest.approx(stage.canvas.size[1] / 2, rel=0.2))  # fmt: skip
    up = stage.canvas.eye.up
    assert up == pytest.approx((0, 0, 1))  # as the project's placement says


def test_that_finished_points_are_framed_unless_the_person_has_moved(panel):
    stage, scene, canvas = panel.stage, panel.session.scene, panel.stage.canvas
    views = tuple(view.id for view in panel.session.project.views)
    scene.registration = exact_registration(views)
    scene.changed.emit(Part.CAMERAS)
    of_cameras = canvas.eye
    reveal(panel)
    of_points = canvas.eye
    assert of_points != of_cameras
    assert of_points == of_points.framing(*stage.cloud.core(), *canvas.size)

    moved = of_points.orbit(0.5, 0.1)
    canvas.set_eye(moved)
    scene.changed.emit(Part.CLOUD)
    assert canvas.eye == moved


def test_that_points_that_grow_are_framed_once(panel):
    scene, canvas = panel.session.scene, panel.stage.canvas
    cloud = still_cloud()
    for share in (8, 2):
        n = len(cloud) // share
        scene.preview = cloud.xyz[:n] * (1 if share == 8 else 3), cloud.rgb[:n]
        scene.changed.emit(Part.PREVIEW)
        if share == 8:
            first = canvas.eye
    assert canvas.eye == first
    scene.preview = None
    reveal(panel)
    low, high = panel.stage.cloud.core()
    assert canvas.eye == canvas.eye.framing(low, high, *canvas.size)


def test_that_other_photos_do_not_lie_before_the_one_that_is_looked_through(panel):
    reveal(panel)
    layer, view = panel.stage.cameras.layer, panel.session.view
    assert layer.look.pictures
    view.look_through(panel.session.project.views[0].id)
    assert not layer.look.pictures
    view.look_through(None)
    assert layer.look.pictures


def test_that_points_are_cut_marked_and_coloured_as_the_scene_says(panel, qtbot):
    reveal(panel)
    stage, scene = panel.stage, panel.session.scene
    stage.view.set(cameras=False, grid=False, eye_dome=False)
    empty = seen(panel)
    n = len(scene.cloud)
    scene.keep = np.zeros(n, np.bool_)
    scene.changed.emit(Part.KEEP)
    nothing = seen(panel)
    assert (empty != nothing).any(axis=-1).sum() > 5000

    scene.keep = None
    scene.changed.emit(Part.KEEP)
    scene.mark(np.ones(n, np.bool_))
    assert (seen(panel) != empty).any(axis=-1).sum() > 5000
    scene.mark(None)

    stage.view.set(colour="confidence")
    qtbot.waitUntil(lambda: stage.overlay._legend is not None, timeout=PATIENCE_MS)
    assert stage.overlay._legend.title == "Confidence"
    stage.view.set(colour="photo")
    qtbot.waitUntil(lambda: stage.overlay._legend is None, timeout=PATIENCE_MS)


def test_that_the_slider_hides_the_weakest_points(panel, qtbot):
    reveal(panel)
    stage = panel.stage
    stage.view.set(cameras=False, grid=False, measurements=False)
    before = seen(panel)
    panel.bar.confidence.setValue(60)
    assert stage.view.settings.floor_confidence == pytest.approx(3.4, abs=0.1)  # of 1 to 5
    assert stage.display.hidden_percent == 60
    assert (seen(panel) != before).any(axis=-1).sum() > 1000
    panel.bar.confidence.setValue(0)
    assert stage.view.settings.floor_confidence == 0.0


def test_that_a_mesh_that_arrives_is_shown_instead_of_the_points(panel, qtbot):
    reveal(panel)
    stage, scene = panel.stage, panel.session.scene
    scene.mesh = table_mesh()
    scene.changed.emit(Part.MESH)
    qtbot.waitUntil(lambda: stage.mesh.bounds() is not None, timeout=PATIENCE_MS)

    assert not stage.view.settings.points
    x, y, _ = stage.canvas.screen.project((0, 0, 0.2))
    pixel = seen(panel)[int(y), int(x)]
    assert pixel == pytest.approx((230, 20, 20), abs=2)
    assert stage.canvas.point_under(x, y)[2] == pytest.approx(0.2, abs=1e-3)

    scene.mark(np.ones(len(scene.cloud), np.bool_))  # what is about to be cut has to be seen
    assert stage.view.settings.points
    assert not stage.view.settings.mesh


def test_that_clicks_select_cameras_and_the_empty_floor_selects_none(panel, qtbot):
    reveal(panel)
    stage, ids = panel.stage, panel.session.scene.registration.view_ids
    stage.canvas.frame_all()
    cameras = panel.session.scene.registration.cameras
    stage.canvas.look_at(*stage.cameras.layer.bounds())
    places = {one: stage.canvas.screen.project(cameras[one].centre)[:2] for one in ids}
    click(panel, *places[ids[1]])
    assert stage.view.selected == (ids[1],)
    click(panel, *places[ids[4]], Qt.KeyboardModifier.ControlModifier)
    assert stage.view.selected == (ids[1], ids[4])
    click(panel, *places[ids[1]], Qt.KeyboardModifier.ControlModifier)
    assert stage.view.selected == (ids[4],)
    click(panel, 3, 3)
    assert stage.view.selected == ()


def test_that_photos_arrive_on_the_cameras(panel, qtbot):
    reveal(panel)
    layer, ids = panel.stage.cameras.layer, panel.session.scene.registration.view_ids
    qtbot.waitUntil(lambda: all(layer.has_picture(one) for one in ids), timeout=PATIENCE_MS)


def test_that_looking_through_a_photo_shows_it_and_moving_leaves_it(panel, qtbot):
    reveal(panel)
    stage, ids = panel.stage, panel.session.scene.registration.view_ids
    stage.view.look_through(ids[2])
    assert stage.canvas.looks_through
    assert panel.through.isVisible()
    assert panel.through.name.text() == stage.cameras.through_name == f"{ids[2]}.png"
    qtbot.waitUntil(lambda: stage.cameras.photo.is_shown, timeout=PATIENCE_MS)
    stage.view.set(points=False, cameras=False, grid=False)
    half = seen(panel).astype(int)
    panel.through.opacity.setValue(100)
    whole = seen(panel).astype(int)
    assert np.abs(whole - half).max() > 40

    stage.cameras.step(1)
    assert stage.view.through == ids[3]
    assert stage.view.selected == (ids[3],)
    stage.canvas.set_eye(stage.canvas.eye.orbit(0.1, 0))
    assert stage.view.through is None
    assert not panel.through.isVisible()


def test_that_keys_ask_for_photos_and_selection(panel, qtbot):
    reveal(panel)
    stage, ids = panel.stage, panel.session.scene.registration.view_ids
    ask = stage.canvas.navigator.asked.emit
    ask("next_view")
    assert stage.view.selected == (ids[0],)
    ask("previous_view")
    assert stage.view.selected == (ids[-1],)
    ask("look_through")
    assert stage.view.through == ids[-1]
    stage.view.look_through(None)
    mask = np.zeros(len(panel.session.scene.cloud), np.bool_)
    mask[:1] = True
    panel.session.scene.mark(mask)
    ask("frame_selected")
    point = panel.session.scene.cloud.xyz[0]
    assert stage.canvas.eye.pivot == pytest.approx(tuple(point), abs=1e-5)


def test_that_a_hidden_photo_has_a_faint_camera(panel, qtbot):
    reveal(panel)
    session, ids = panel.session, panel.session.scene.registration.view_ids
    edits = (ListedEdit.new(HideView(ids[0])),)
    session.commit("Hide", session.project.with_edits(edits))
    assert panel.stage.cameras.layer._hidden == {ids[0]}
    session.undo()
    assert not panel.stage.cameras.layer._hidden


def test_that_measurements_are_drawn_and_labelled(panel, qtbot):
    reveal(panel)
    stage, session = panel.stage, panel.session
    row = Measurement("a", "distance", ((-1.0, 0, 1), (1.0, 0, 1)))
    session.commit("Measure", session.project.with_measurements((row,)))
    assert [label.text for label in stage.overlay._labels] == ["2.000 units"]
    assert stage.lines.bounds()[1] == pytest.approx((1, 0, 1))
    stage.view.set(measurements=False)
    assert not stage.overlay._labels
    assert not stage.lines.visible


def test_that_floor_and_axes_follow_the_placement(panel, qtbot):
    reveal(panel)
    stage, session = panel.stage, panel.session
    lowest = stage.grid.origin[2]
    assert lowest == pytest.approx(0.0, abs=0.02)  # the table of the still life
    assert stage.grid.axes[1] == pytest.approx((0, 0, 1))
    placed = Placement(up=(0.0, 0.0, 1.0), origin=(0.5, 0.25, 0.5))
    session.commit("Origin", session.project.with_placement(placed))
    assert stage.grid.origin == pytest.approx((0.5, 0.25, 0.5))


def test_that_a_tool_is_taken_up_and_put_away(panel, qtbot):
    reveal(panel)
    stage = panel.stage
    panel.bar.tools["pen"].click()
    tool = stage.belt.tool
    assert isinstance(tool, Pen)
    assert stage.canvas.pointer.tool is tool
    assert stage.overlay._hint == "Draws."
    panel.bar.tools["pen"].click()
    assert tool.left
    assert stage.belt.tool is None
    assert stage.canvas.pointer.tool is None
    assert not panel.bar.tools["pen"].isChecked()


def test_that_a_growing_preview_is_shown_until_the_cloud_is_there(panel, qtbot):
    scene, stage = panel.session.scene, panel.stage
    cloud = still_cloud()
    scene.set_preview((cloud.xyz[:500], cloud.rgb[:500]))
    assert len(stage.cloud) == 500
    assert not stage.is_empty
    scene.preview = None
    reveal(panel)
    assert len(stage.cloud) == len(cloud)


def test_that_the_picture_stays_when_the_world_moves(panel):
    reveal(panel)
    stage, move = panel.stage, NEW_FROM_OLD
    upright = Placement(up=(0.0, 0.0, 1.0), facing=(0.0, 1.0, 0.0))
    panel.session.commit("Upright", panel.session.project.with_placement(upright))
    stage.canvas.set_eye(stage.canvas.goal.orbit(0.4, 0.2))
    points = still_cloud().xyz[:50]
    before = stage.canvas.screen.project(points)
    panel.session.scene.moved.emit(move)
    placed = panel.session.project.with_placement(upright.moved(move))
    panel.session.commit("As `Session` does", placed)
    after = stage.canvas.screen.project(move.apply(points))
    np.testing.assert_allclose(after[:, :2], before[:, :2], atol=1e-6)
