"""Up, floor, origin and front, as the panel asks for them."""

from __future__ import annotations

import numpy as np
import pytest

from da3studio.geometry.floor import Plane
from da3studio.scene.placement import Placement
from tests.app.viewport.tools.bench_scene import UP, screen_at


@pytest.fixture
def placing(desk):
    return desk.around.placing


def test_that_standing_upright_is_shown_first_and_applied_as_one_step(desk, placing, qtbot):
    desk.session.commit("Forget", desk.session.project.with_placement(Placement()))
    placing.stand_upright()
    assert placing.is_searching
    qtbot.waitUntil(lambda: placing.proposal is not None, timeout=20_000)
    assert not placing.is_searching
    np.testing.assert_allclose(placing.proposal.up, UP, atol=1e-3)
    assert "A floor was found" in placing.proposal.says
    assert placing.placement == Placement()

    placing.apply()
    placement = placing.placement
    np.testing.assert_allclose(placement.up, UP, atol=1e-3)
    assert placement.origin[2] == pytest.approx(0, abs=1e-3)
    assert placing.proposal is None
    desk.session.undo()
    assert placing.placement == Placement()


def test_that_tipping_turns_the_model_and_ninety_degrees_four_times_is_nothing(placing):
    start = np.array(placing.placement.up)
    right, _, ahead = placing.placement.placed_from_world().rotation
    placing.tip("forwards", 90)
    # The model's top goes away from the person: what was ahead comes down, and up is now behind.
    np.testing.assert_allclose(placing.proposal.up, -ahead, atol=1e-9)
    for _ in range(3):
        placing.tip("forwards", 90)
    np.testing.assert_allclose(placing.proposal.up, start, atol=1e-9)

    placing.cancel()
    placing.tip("sideways", 90)
    np.testing.assert_allclose(placing.proposal.up, -right, atol=1e-9)
    placing.cancel()
    assert placing.proposal is None


def test_that_what_is_tipped_is_applied_with_its_front(placing):
    right = placing.placement.placed_from_world().rotation[0]
    placing.tip("forwards", 90)
    placing.apply()

    np.testing.assert_allclose(placing.placement.placed_from_world().rotation[0], right, atol=1e-9)


def test_that_small_steps_add_up(placing):
    start = np.array(placing.placement.up)
    for _ in range(5):
        placing.tip("forwards", 1)

    assert np.degrees(np.arccos(placing.proposal.up @ start)) == pytest.approx(5, abs=1e-6)


def test_that_upside_down_is_the_opposite_direction(placing):
    placing.flip()
    np.testing.assert_allclose(placing.proposal.up, (0, 0, -1), atol=1e-12)
    placing.apply()
    np.testing.assert_allclose(placing.placement.up, (0, 0, -1), atol=1e-12)


def test_that_a_floor_brings_the_origin_down_to_it(placing):
    placing.set_origin((0.5, 0.5, 2.0))
    placing.propose_floor(Plane(np.array([0, 0, 1.0]), 0.25, 0.5))
    placing.apply()

    np.testing.assert_allclose(placing.placement.origin, (0.5, 0.5, 0.25), atol=1e-12)


def test_that_the_base_is_under_the_middle_of_the_points(desk, placing):
    placing.origin_to_base()
    x, y, z = placing.placement.origin

    assert abs(x) < 0.3
    assert abs(y) < 0.3
    assert z == pytest.approx(0, abs=0.01)


def test_that_this_view_becomes_the_front_and_the_rest_stays(desk, placing):
    desk.screen = screen_at((4.0, 0.0, 1.0), (0.0, 0.0, 1.0))
    placing.make_this_the_front()

    np.testing.assert_allclose(placing.placement.facing, (-1, 0, 0), atol=1e-12)
    assert placing.placement.up == UP
    # Looked at from there, the placed scene's z axis leads into the picture.
    ahead = placing.placement.placed_from_world().rotation[2]
    np.testing.assert_allclose(ahead, (-1, 0, 0), atol=1e-12)
    placing.reset()
    assert placing.placement == Placement()


def test_that_the_shown_floor_is_a_square_on_the_floor(placing):
    corners = placing.floor_square()
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)

    assert np.ptp(corners[:, 2]) < 1e-9
    np.testing.assert_allclose(sides, sides[0])
    assert sides[0] == pytest.approx(4, abs=0.6)
