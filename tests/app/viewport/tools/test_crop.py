from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from da3studio.app.viewport.tools.box_handles import GRAB_PX, HANDLES, Handle, handle_at, place_of
from da3studio.app.viewport.tools.crop import CropTool
from da3studio.edits.base import ListedEdit
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.edits.thresholds import MinViews
from da3studio.scene.placement import KnownLength
from tests.app.viewport.tools.bench_scene import screen_at

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def crop(desk):
    tool = CropTool.begun(desk.around)
    yield tool
    tool.leave()


@pytest.fixture
def model(desk):
    return desk.around.crop


def px(desk, handle, model):
    x, y, _ = desk.screen.project(place_of(handle, model.box))
    return float(x), float(y)


def drag_handle(desk, tool, handle, by, modifiers=Qt.KeyboardModifier.NoModifier):
    x, y = px(desk, handle, desk.around.crop)
    assert desk.drag(
        tool, [(x, y), (x + by[0] / 2, y + by[1] / 2), (x + by[0], y + by[1])], modifiers
    )


def test_that_the_box_starts_upright_around_the_middle_of_the_points(desk, crop, model):
    box = model.box
    inside = np.abs((desk.session.scene.cloud.xyz - box.centre) @ box.axes.T) <= box.half

    np.testing.assert_allclose(box.axes[2], (0, 0, 1), atol=1e-12)
    assert inside.all(axis=1).mean() > 0.93  # 98 % in each of the three directions
    assert box.half[0] == pytest.approx(1.9, abs=0.05)  # 98 % of the table's 4 units
    assert box.half[2] < 0.6


def test_that_what_would_go_is_marked_and_counted_before_anything_is_cut(desk, crop, model, qtbot):
    model.set_number("width", 1.0)
    qtbot.waitUntil(lambda: model.n_cut is not None)
    box = model.box
    local = (desk.session.scene.cloud.xyz - box.centre) @ box.axes.T

    assert np.array_equal(desk.session.scene.marked, ~(np.abs(local) <= box.half).all(axis=1))
    assert model.n_cut == desk.session.scene.marked.sum()
    assert desk.session.project.edits == ()


@pytest.mark.parametrize("ortho", [False, True])
@pytest.mark.parametrize(("axis", "sign"), [(0, 1), (0, -1), (1, -1), (2, 1)])
def test_that_a_face_follows_the_pointer_and_the_opposite_one_stays(
    desk, crop, model, axis, sign, ortho
):
    desk.screen = screen_at((3.2, -4.0, 3.4), ortho=ortho)
    before = model.box
    target = before.face(axis, sign) + sign * 0.35 * before.axes[axis]
    here, there = desk.screen.project(np.stack([before.face(axis, sign), target]))[:, :2]
    desk.drag(crop, [tuple(here), tuple((here + there) / 2), tuple(there)])

    np.testing.assert_allclose(model.box.face(axis, sign), target, atol=1e-6)
    np.testing.assert_allclose(model.box.face(axis, -sign), before.face(axis, -sign), atol=1e-6)


def test_that_a_face_cannot_be_dragged_through_the_opposite_one(desk, crop, model):
    before = model.box
    x, y, _ = desk.screen.project(before.face(0, 1) - 6 * before.axes[0])
    desk.drag(crop, [px(desk, Handle("face", 0, 1), model), (x, y)])

    assert 0 < model.box.half[0] < 0.01
    np.testing.assert_allclose(model.box.face(0, -1), before.face(0, -1), atol=1e-3)


def test_that_the_middle_moves_the_box_as_the_pointer_goes(desk, crop, model):
    before = model.box
    x, y = px(desk, Handle("centre"), model)
    desk.drag(crop, [(x, y), (x + 60, y - 30)])

    np.testing.assert_allclose(
        desk.screen.project(model.box.centre)[:2], (x + 60, y - 30), atol=1e-6
    )
    np.testing.assert_array_equal(model.box.half, before.half)


def test_that_with_shift_the_middle_only_goes_up_and_down(desk, crop, model):
    before = model.box.centre
    drag_handle(desk, crop, Handle("centre"), (40, -50), SHIFT)

    np.testing.assert_allclose(model.box.centre[:2], before[:2], atol=1e-9)
    assert model.box.centre[2] > before[2] + 0.1


def test_that_turning_follows_the_pointer_round_the_box(desk, crop, model):
    handle = Handle("turn", corner=(1, 1))
    before = model.number("angle")
    box = model.box
    turned = np.radians(30)
    arm = place_of(handle, box) - box.centre
    across = np.cross(box.axes[2], arm)
    target = box.centre + np.cos(turned) * arm + np.sin(turned) * across
    desk.drag(crop, [px(desk, handle, model), tuple(desk.screen.project(target)[:2])])

    assert model.number("angle") - before == pytest.approx(30, abs=1e-6)
    np.testing.assert_allclose(model.box.axes @ model.box.axes.T, np.eye(3), atol=1e-12)


def test_that_control_turns_in_steps_of_fifteen_degrees(desk, crop, model):
    drag_handle(desk, crop, Handle("turn", corner=(1, -1)), (70, 20), CTRL)

    assert model.number("angle") % 15 == pytest.approx(0, abs=1e-6) or model.number(
        "angle"
    ) % 15 == pytest.approx(15, abs=1e-6)


def test_that_beside_a_handle_the_drag_is_navigations(desk, crop, model):
    places = desk.screen.project(np.stack([place_of(h, model.box) for h in HANDLES]))[:, :2]
    free = next(
        (x, y)
        for x in range(100, 700, 20)
        for y in range(100, 500, 20)
        if np.linalg.norm(places - (x, y), axis=1).min() > GRAB_PX + 1
    )

    assert not desk.press(crop, *free)
    assert handle_at(model.box, desk.screen, *places[0]) is not None


def test_that_a_handle_in_front_is_taken_before_one_behind_it(desk, crop, model):
    """Seen along an axis, near and far face are in one place."""
    box = model.box
    eye = box.centre + np.array([0.001, -8.0, 0.0])
    desk.screen = screen_at(tuple(eye), tuple(box.centre), ortho=True)
    x, y, _ = desk.screen.project(box.centre)
    taken = handle_at(box, desk.screen, float(x) + 6, float(y))

    assert taken in (Handle("face", 1, -1), Handle("centre"))


def test_that_enter_commits_one_crop_and_the_next_one_replaces_it(desk, crop, model):
    first = ListedEdit.new(MinViews(2))
    desk.session.commit("Seen by few", desk.session.project.with_edits((first,)))
    desk.key(crop, Qt.Key.Key_Return)
    (_, listed) = desk.session.project.edits
    assert isinstance(listed.edit, CropBox)
    assert model.box is None

    model.begin()
    assert model.is_known
    model.set_number("height", 0.5)
    model.apply()

    (_, again) = desk.session.project.edits
    assert again.id == listed.id
    assert 2 * again.edit.half[2] == pytest.approx(0.5)
    desk.session.undo()
    assert desk.session.project.edits[1].edit == listed.edit


def test_that_a_crop_taken_up_again_shows_what_it_hides_until_it_ends(desk, crop, model, qtbot):
    scene = desk.session.scene
    model.set_number("width", 1.0)
    model.apply()
    qtbot.waitUntil(lambda: scene.keep is not None and not scene.keep.all())
    model.begin()
    qtbot.waitUntil(lambda: bool(scene.keep.all()))
    model.cancel()
    qtbot.waitUntil(lambda: not scene.keep.all())

    assert scene.marked is None


def test_that_escape_takes_a_drag_back_then_the_box(desk, crop, model):
    before = model.box
    x, y = px(desk, Handle("face", 2, 1), model)
    desk.press(crop, x, y)
    crop.move(desk.at(x, y - 60))
    desk.key(crop, Qt.Key.Key_Escape)
    np.testing.assert_allclose(model.box.half, before.half)

    desk.session.view.set_tool("crop")
    desk.key(crop, Qt.Key.Key_Escape)
    assert desk.session.view.tool == ""
    assert desk.session.project.edits == ()


def test_that_numbers_are_in_the_units_of_the_scene_both_ways(desk, crop, model):
    assert model.unit_name == "units"
    placement = desk.session.project.placement
    known = KnownLength((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 2.5)
    desk.session.commit(
        "Set the size",
        desk.session.project.with_placement(type(placement)(placement.up, known_lengths=(known,))),
    )
    model.set_number("width", 5.0)

    assert model.unit_name == "m"
    assert model.box.half[0] == pytest.approx(1.0)
    model.set_number("z", 1.0)
    assert model.box.centre[2] == pytest.approx(0.4)
    assert model.number("z") == pytest.approx(1.0)
    model.set_number("width", float("nan"))
    assert model.number("width") == pytest.approx(5.0)


def test_that_the_dragged_size_is_written_beside_its_handle(desk, crop, model):
    plain = desk.painted(crop)
    x, y = px(desk, Handle("face", 2, 1), model)
    desk.press(crop, x, y)

    assert desk.painted(crop) != plain


def marked_inside(desk, model):
    local = (desk.session.scene.cloud.xyz - model.box.centre) @ model.box.axes.T
    return (np.abs(local) <= model.box.half).all(axis=1)


def test_that_the_same_box_cuts_what_is_inside_and_the_preview_follows(desk, crop, model, qtbot):
    scene = desk.session.scene
    model.set_number("width", 1.0)
    qtbot.waitUntil(lambda: model.n_cut is not None)
    box, outside = model.box, scene.marked
    model.set_cuts_inside(True)
    qtbot.waitUntil(lambda: model.n_cut is not None)
    assert model.box == box
    assert np.array_equal(scene.marked, marked_inside(desk, model))
    assert np.array_equal(scene.marked, ~outside)
    assert model.n_cut == scene.marked.sum()

    desk.key(crop, Qt.Key.Key_Return)
    (listed,) = desk.session.project.edits
    assert isinstance(listed.edit, DeleteInBox)
    assert listed.edit.half == tuple(box.half)
    assert desk.session.undo_label == "Delete inside a box"
    qtbot.waitUntil(lambda: scene.keep is not None and not scene.keep.all())
    np.testing.assert_array_equal(scene.keep, outside)


def test_that_each_side_is_an_entry_of_its_own_that_keeps_its_id(desk, crop, model, qtbot):
    model.apply()
    (outer,) = desk.session.project.edits
    model.begin()
    around = model.box
    model.set_cuts_inside(True)
    assert not model.is_known
    assert (model.box.half < around.half).all()  # or it would cut all that is left
    model.apply()
    _, inner = desk.session.project.edits
    assert desk.session.project.edits[0] == outer
    assert isinstance(inner.edit, DeleteInBox)

    model.begin()
    assert (model.cuts_inside, model.is_known) == (False, True)
    np.testing.assert_allclose(model.box.half, outer.edit.half)
    model.set_cuts_inside(True)
    assert model.is_known
    np.testing.assert_allclose(model.box.half, inner.edit.half)
    model.set_number("height", 0.2)
    model.apply()
    first, second = desk.session.project.edits
    assert (first, second.id) == (outer, inner.id)
    assert 2 * second.edit.half[2] == pytest.approx(0.2)


def test_that_another_box_leaves_the_first_hole_and_an_entry_is_taken_up_by_its_id(
    desk, crop, model, qtbot
):
    model.set_cuts_inside(True)
    model.apply()
    model.begin()
    model.set_cuts_inside(True)
    assert model.is_known
    model.begin_another()
    assert (model.is_known, model.cuts_inside) == (False, True)
    model.set_number("width", 0.3)
    model.apply()
    first, second = desk.session.project.edits
    assert all(isinstance(one.edit, DeleteInBox) for one in (first, second))

    model.take_up(second.id)
    model.begin()
    assert (model.is_known, model.cuts_inside) == (True, True)
    assert model.number("width") == pytest.approx(0.3)
    model.cancel()
    assert desk.session.project.edits == (first, second)


def test_that_going_back_to_outside_brings_a_hole_that_was_shown_back(desk, crop, model, qtbot):
    scene = desk.session.scene
    model.set_cuts_inside(True)
    model.set_number("width", 0.5)
    model.apply()
    qtbot.waitUntil(lambda: scene.keep is not None and not scene.keep.all())
    model.begin()
    assert not scene.keep.all()
    model.set_cuts_inside(True)
    qtbot.waitUntil(lambda: bool(scene.keep.all()))
    model.set_cuts_inside(False)

    qtbot.waitUntil(lambda: not scene.keep.all())
