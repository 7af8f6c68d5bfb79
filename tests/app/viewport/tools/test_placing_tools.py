"""Tools that pick points: measuring, setting the size, floor, origin."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from da3studio.app.viewport.tools.floor import FloorTool
from da3studio.app.viewport.tools.measure import MeasureTool
from da3studio.app.viewport.tools.origin import OriginTool
from da3studio.app.viewport.tools.pick import surface_at
from da3studio.app.viewport.tools.set_scale import SetScaleTool
from da3studio.geometry.measuring import extents
from tests.app.viewport.tools.bench_scene import UP, screen_at

SHIFT = Qt.KeyboardModifier.ShiftModifier
TABLE = [(1.2, -1.2, 0.0), (-1.0, -1.3, 0.0), (0.2, -1.0, 0.0)]  # free of box and ball, seen


@pytest.fixture
def measure(desk):
    tool = MeasureTool(desk.around)
    yield tool
    tool.leave()


@pytest.mark.parametrize("ortho", [False, True])
def test_that_a_click_lands_on_the_surface_and_not_on_one_of_its_points(desk, ortho):
    desk.screen = screen_at(ortho=ortho)
    cloud = desk.session.scene.cloud
    for point in TABLE:
        x, y, _ = desk.screen.project(point)
        hit = surface_at(desk.screen, cloud.xyz, float(x), float(y))

        np.testing.assert_allclose(hit.xyz, point, atol=1e-5)
        np.testing.assert_allclose(np.abs(hit.normal @ UP), 1, atol=1e-4)


def test_that_the_ball_in_front_is_met_and_not_the_table_behind(desk):
    cloud = desk.session.scene.cloud
    centre, radius = np.array((0.65, -0.15, 0.5)), 0.5
    eye = desk.screen.centre
    front = centre + radius * (eye - centre) / np.linalg.norm(eye - centre)
    x, y, _ = desk.screen.project(front)
    hit = surface_at(desk.screen, cloud.xyz, float(x), float(y))

    assert np.linalg.norm(hit.xyz - centre) == pytest.approx(radius, abs=0.01)
    assert np.linalg.norm(hit.xyz - front) < 0.02


def test_that_nothing_is_met_beside_the_scene_or_where_points_are_hidden(desk, qtbot):
    cloud = desk.session.scene.cloud
    assert surface_at(desk.screen, cloud.xyz, 5.0, 5.0) is None
    x, y, _ = desk.screen.project(TABLE[0])
    none = np.zeros(len(cloud), bool)
    assert surface_at(desk.screen, cloud.xyz, float(x), float(y), none) is None

    tool = MeasureTool(desk.around)
    with qtbot.waitSignal(desk.session.said) as said:
        desk.click(5, 5)
    assert "no surface" in said.args[0]
    tool.leave()


def test_that_two_clicks_measure_a_distance_with_its_uncertainty(desk, measure):
    desk.click_on(TABLE[0])
    desk.click_on(TABLE[1])
    (made,) = desk.session.project.measurements

    assert made.kind == "distance"
    assert np.linalg.norm(np.subtract(*made.points)) == pytest.approx(
        np.linalg.norm(np.subtract(TABLE[0], TABLE[1])), abs=1e-4
    )
    assert all(0 < sigma < 0.01 for sigma in made.sigma)
    assert " ± " in desk.around.measurements.text(made)
    desk.session.undo()
    assert desk.session.project.measurements == ()
    assert desk.around.measurements.rowCount() == 0


def test_that_a_line_ends_by_double_click_and_an_area_by_enter(desk, measure):
    model = desk.around.measurements
    model.set_kind("polyline")
    for point in TABLE:
        desk.click_on(point)
    assert measure.double(desk.at(1, 1))
    assert len(desk.session.project.measurements[0].points) == 3

    model.set_kind("area")
    for point in TABLE:
        desk.click_on(point)
    desk.key(measure, Qt.Key.Key_Return)
    area = desk.session.project.measurements[1]
    a, b, c = map(np.array, TABLE)
    want = np.linalg.norm(np.cross(b - a, c - a)) / 2
    assert model.text(area).startswith(f"{want:.3f}"[:4])
    assert "off one plane" in model.remark(area)


def test_that_backspace_takes_a_point_back_and_escape_drops_the_draft(desk, measure):
    model = desk.around.measurements
    model.set_kind("polyline")
    for point in TABLE:
        desk.click_on(point)
    desk.key(measure, Qt.Key.Key_Backspace)
    assert len(model.draft) == 2
    assert model.draft_text
    desk.key(measure, Qt.Key.Key_Escape)
    assert model.draft == ()
    assert desk.session.project.measurements == ()


def test_that_a_height_is_along_up_or_above_the_floor(desk, measure, qtbot):
    model = desk.around.measurements
    model.set_kind("height")
    lid = (-0.5, 0.2, 0.8)
    desk.click_on(TABLE[0])
    desk.click_on(lid)
    assert model.text(desk.session.project.measurements[0]).startswith("0.80")

    desk.click_on(lid)
    with qtbot.waitSignal(desk.session.said):  # no floor yet
        desk.key(measure, Qt.Key.Key_Return)
    desk.around.placing.set_origin((0.0, 0.0, 0.1))
    desk.key(measure, Qt.Key.Key_Return)
    assert model.text(desk.session.project.measurements[1]).startswith("0.70")


def test_that_the_size_of_a_selection_is_its_own_and_not_the_scenes(desk, measure):
    model = desk.around.measurements
    model.measure_size()
    whole = desk.session.project.measurements[0]
    width, depth, height = extents(whole.points)
    assert (width, depth) == pytest.approx((4, 4), abs=0.02)
    assert height == pytest.approx(1.0, abs=0.02)  # the top of the ball

    cloud = desk.session.scene.cloud
    top = screen_at((0.0, 0.0, 9.0), (0.0, 0.0, 0.0))
    low, high = sorted(top.project([(-1.1, -0.3, 0.4), (0.1, 0.7, 0.4)])[:, :2].tolist())
    corners = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    desk.around.selection.outline(corners, top.matrix(), "replace")
    assert 100 < desk.around.selection.n_selected < len(cloud) / 2
    model.measure_size()
    assert model.text(desk.session.project.measurements[1]) != model.text(whole)
    assert len(desk.session.project.measurements[1].points) == 4


def test_that_a_large_cloud_is_searched_on_a_thread_and_clicks_keep_their_order(
    desk, measure, qtbot, monkeypatch
):
    monkeypatch.setattr("da3studio.app.viewport.tools.pick._AT_ONCE", 10)
    desk.around.measurements.set_kind("polyline")
    for point in TABLE:
        desk.click_on(point)
    qtbot.waitUntil(lambda: len(desk.around.measurements.draft) == 3)

    for picked, point in zip(desk.around.measurements.draft, TABLE, strict=True):
        np.testing.assert_allclose(picked.xyz, point, atol=1e-5)


def test_that_a_known_length_sets_the_scale(desk):
    tool = SetScaleTool(desk.around)
    lengths = desk.around.lengths
    assert lengths.state == "unknown"
    desk.click_on(TABLE[0])
    desk.click_on(TABLE[1])
    true = float(np.linalg.norm(np.subtract(TABLE[0], TABLE[1])))
    assert lengths.ends_text.startswith(f"{true:.2f}")
    assert not lengths.set_length("long")
    assert "“long” is not a length." in lengths.problem
    assert lengths.set_length(f"{2 * true:.6f} m".replace(".", ","))

    assert desk.session.scene.metres_per_unit == pytest.approx(2.0, rel=1e-4)
    assert lengths.state == "set"
    assert lengths.rows[0].difference == "0.0 %"
    desk.session.undo()
    assert lengths.state == "unknown"
    tool.leave()


def test_that_a_wrong_length_among_several_is_pointed_out(desk):
    tool = SetScaleTool(desk.around)
    lengths = desk.around.lengths
    pairs = [(TABLE[0], TABLE[1]), (TABLE[1], TABLE[2]), (TABLE[0], TABLE[2])]
    for factor, (a, b) in zip((1.0, 1.0, 1.2), pairs, strict=True):
        desk.click_on(a)
        desk.click_on(b)
        lengths.set_length(f"{factor * np.linalg.norm(np.subtract(a, b)):.4f}")

    assert any(row.is_suspicious for row in lengths.rows)
    assert "contradict" in lengths.state_text
    lengths.remove(2)
    assert not any(row.is_suspicious for row in lengths.rows)
    assert "good to 0.0" in lengths.state_text
    tool.leave()


def test_that_one_click_on_the_table_proposes_it_as_the_floor(desk):
    desk.session.commit(
        "Tilt", desk.session.project.with_placement(type(desk.session.project.placement)())
    )
    tool = FloorTool(desk.around)
    desk.session.view.set_tool("floor")
    desk.click_on(TABLE[2])
    proposal = desk.around.placing.proposal
    np.testing.assert_allclose(proposal.up, UP, atol=1e-4)
    assert proposal.floor[2] == pytest.approx(0, abs=1e-4)
    assert desk.session.project.placement.up is None
    assert desk.painted(tool) is not None
    desk.key(tool, Qt.Key.Key_Return)

    placement = desk.session.project.placement
    np.testing.assert_allclose(placement.up, UP, atol=1e-4)
    assert placement.origin[2] == pytest.approx(0, abs=1e-4)
    assert desk.session.view.tool == ""
    tool.leave()


def test_that_three_points_with_shift_make_the_floor(desk):
    tool = FloorTool(desk.around)
    for point in TABLE:
        x, y, _ = desk.screen.project(point)
        assert desk.drag(tool, [(float(x), float(y))], SHIFT)

    np.testing.assert_allclose(desk.around.placing.proposal.up, UP, atol=1e-4)
    desk.key(tool, Qt.Key.Key_Escape)
    assert desk.around.placing.proposal is None
    assert not desk.press(tool, 300, 300)  # without Shift, dragging turns the view
    tool.leave()


def test_that_a_click_sets_the_origin(desk):
    tool = OriginTool(desk.around)
    desk.click_on(TABLE[0])

    np.testing.assert_allclose(desk.session.project.placement.origin, TABLE[0], atol=1e-4)
    tool.leave()


def test_that_a_tool_that_was_left_hears_no_clicks(desk, measure):
    tool = OriginTool(desk.around)
    tool.leave()
    desk.click_on(TABLE[0])

    assert desk.session.project.placement.origin is None
