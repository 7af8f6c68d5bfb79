from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.app.viewmodels.sightings import Role, found_in, sighting
from da3studio.geometry.camera import project
from da3studio.scene.depth import DepthMap
from tests.synthetic.captures import still_life
from tests.synthetic.rigs import view_id

BALL = np.array((0.65, -0.15, 0.5))
RADIUS = 0.5


@pytest.fixture(scope="module")
def circle():
    """Eight photos around, with lens distortion."""
    return still_life(8, size=(160, 120), k1=-0.06)


def on_ball(direction):
    direction = np.array(direction, float)
    return BALL + RADIUS * direction / np.linalg.norm(direction)


def test_that_exactly_the_photos_on_its_side_see_a_point(circle):
    point = on_ball((1, -0.3, 0.3))
    found = found_in(point, circle.cameras, circle.depth_of)

    for row in found:
        camera = circle.cameras[row.view_id]
        faces = (camera.centre - point) @ (point - BALL)
        if abs(faces) / np.linalg.norm(camera.centre - point) / RADIUS > 0.15:  # not at the rim
            assert (row.state == "sees") == (faces > 0), row
        np.testing.assert_allclose((row.x, row.y), project(point, camera), atol=1e-9)
    assert {"sees", "hidden"} <= {row.state for row in found}
    states = [row.state for row in found]
    assert states == sorted(states, key=("sees", "maybe", "past", "hidden").index)


def test_that_a_point_in_the_air_is_seen_past(circle):
    found = found_in(np.array((0.0, -0.8, 0.6)), circle.cameras, circle.depth_of)

    assert {row.state for row in found} <= {"past", "hidden"}
    assert any(row.state == "past" for row in found)


def test_that_without_depth_nothing_is_claimed(circle):
    found = found_in(np.zeros(3), circle.cameras, lambda _: None)

    assert len(found) == 8
    assert {row.state for row in found} == {"maybe"}


def test_that_points_behind_or_beside_the_picture_are_not_in_it(circle):
    camera = circle.cameras[view_id(0)]
    behind = camera.centre - camera.cam_from_world.rotation[2]
    aside = camera.centre + camera.cam_from_world.rotation.T @ (3.0, 0.0, 1.0)

    assert sighting(behind, view_id(0), camera, None) is None
    assert sighting(aside, view_id(0), camera, None) is None


def test_that_a_lens_that_folds_back_puts_no_far_point_into_the_picture(circle):
    camera = circle.cameras[view_id(0)]
    lens = replace(camera.intrinsics, k1=-0.3)
    folding = replace(camera, intrinsics=lens)
    # Past the fold: projected naively it lands near the middle of the picture.
    far = camera.centre + camera.cam_from_world.rotation.T @ (1.8, 0.0, 1.0)
    x, _ = project(far, folding)
    assert 0 <= x < lens.width
    assert sighting(far, view_id(0), folding, None) is None


def test_that_two_per_cent_of_the_depth_is_agreement_and_five_are_not(circle):
    camera = circle.cameras[view_id(0)]
    point = np.array((1.4, -1.2, 0.0))
    depth = circle.depth_of(view_id(0))
    for factor, state in ((1.015, "sees"), (0.985, "sees"), (1.05, "past"), (0.95, "hidden")):
        other = DepthMap(depth.z * np.float32(factor), depth.confidence, depth.sky)
        assert sighting(point, view_id(0), camera, other).state == state


def test_that_the_list_answers_a_point_and_forgets_it_with_the_project(desk, qtbot):
    model = desk.around.sightings
    assert "Double-click" in model.summary
    model.look_at((1.2, -1.2, 0.0))
    assert "Looking" in model.summary
    qtbot.waitUntil(lambda: model.rowCount() > 0)

    assert model.summary == f"{model.rowCount()} photos may see this point."
    index = model.index(0)
    assert model.data(index, Role.STATE) == "maybe"
    model.select(0)
    assert desk.session.view.selected == (model.rows[0].view_id,)
    model.look_through(1)
    assert desk.session.view.through == model.rows[1].view_id
    desk.session.folder_changed.emit()
    assert model.rowCount() == 0
    assert model.point is None
