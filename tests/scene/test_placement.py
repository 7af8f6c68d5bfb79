from __future__ import annotations

import math

import numpy as np
import pytest

from da3studio.geometry.rigid import rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from da3studio.scene.measurement import Measurement
from da3studio.scene.placement import KnownLength, Placement

LEANING = (0.0, -math.cos(0.3), math.sin(0.3))


def test_that_no_placement_is_the_identity():
    sim = Placement().placed_from_world()
    assert sim.scale == 1
    np.testing.assert_array_equal(sim.rotation, np.eye(3))
    np.testing.assert_array_equal(sim.translation, np.zeros(3))


@pytest.mark.parametrize("up", [LEANING, (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)])
@pytest.mark.parametrize("facing", [None, (0.3, -0.2, 0.9), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)])
def test_that_up_points_against_y_by_a_rotation(up, facing):
    sim = Placement(up=up, facing=facing).placed_from_world()
    np.testing.assert_allclose(sim.apply(up), [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(sim.rotation @ sim.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(sim.rotation) == pytest.approx(1)


def test_that_what_one_faces_lies_ahead_and_the_origin_at_zero():
    facing = (0.6, 0.1, -0.7)
    placement = Placement(up=LEANING, origin=(1.0, 2.0, 3.0), facing=facing)
    sim = placement.placed_from_world()

    x, _, z = sim.rotation @ facing
    assert x == pytest.approx(0, abs=1e-12)
    assert z > 0.5
    np.testing.assert_allclose(sim.apply([1, 2, 3]), 0, atol=1e-12)


def test_that_facing_up_or_down_is_no_direction_and_is_passed_over():
    assert Placement(facing=(0, -1, 0)).placed_from_world().rotation[2, 2] == 1


def test_that_directions_become_unit_and_unit_ones_stay_as_they_are():
    assert Placement(up=(0.0, -3.0, 0.0)).up == (0, -1, 0)
    once = Placement(up=(0.3, -0.8, 0.1), facing=(5.0, 1.0, 2.0))
    assert Placement(up=once.up, facing=once.facing) == once


def test_that_one_known_length_sets_the_scale_exactly():
    placement = Placement(known_lengths=(KnownLength((0, 0, 0), (0, 3, 4), 2.0),))
    assert placement.metres_per_unit() == 0.4
    assert placement.residuals() == (0.0,)
    assert placement.placed_from_world().scale == 0.4


def test_that_several_known_lengths_agree_in_the_least_squares_sense():
    lengths = (KnownLength((0, 0, 0), (1, 0, 0), 2.02), KnownLength((0, 0, 0), (0, 10, 0), 20.0))
    placement = Placement(known_lengths=lengths)
    scale = placement.metres_per_unit()
    assert scale == pytest.approx((2.02 * 1 + 20 * 10) / (1 + 100))

    def cost(s: float) -> float:
        return sum((s * known.units - known.metres) ** 2 for known in lengths)

    assert cost(scale) < min(cost(scale * 1.0001), cost(scale * 0.9999))
    assert placement.residuals() == pytest.approx((scale - 2.02, 10 * scale - 20))


@pytest.mark.parametrize(
    "values",
    [
        {"up": (0.0, 0.0, 0.0)}, {"facing": (math.nan, 0.0, 0.0)},
        {"origin": (math.inf, 0.0, 0.0)}, {"up": (0.0, -math.inf, 0.0)},
    ],
)  # fmt: skip
def test_that_an_impossible_placement_is_refused(values):
    with pytest.raises(ValueError, match="is not a"):
        Placement(**values)


@pytest.mark.parametrize("metres", [0.0, -1.0, math.nan, math.inf])
def test_that_a_known_length_is_positive(metres):
    with pytest.raises(ValueError, match="impossible"):
        KnownLength((0, 0, 0), (1, 0, 0), metres)


def test_that_a_known_length_has_two_ends():
    with pytest.raises(ValueError, match="same point"):
        KnownLength((1, 1, 1), (1, 1, 1), 2.0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "volume"}, "no kind"),
        ({"points": ((0.0, 0.0, 0.0),)}, "too few"),
        ({"points": ((0.0, 0.0, 0.0), (math.nan, 0.0, 0.0))}, "not a point"),
        ({"sigma": (0.1,)}, "number of sigmas"),
        ({"sigma": (0.1, -0.1)}, "no distance"),
    ],
)
def test_that_an_impossible_measurement_is_refused(values, said):
    good = {"id": "m", "kind": "distance", "points": ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))}
    Measurement(**good)
    with pytest.raises(ValueError, match=said):
        Measurement(**good | values)


MOVE = Sim3(2.5, rotation_from_wxyz([0.8, 0.3, -0.4, 0.2]), np.array([3.0, -1.0, 7.0]))


def test_that_a_moved_placement_puts_a_moved_world_where_it_was():
    placement = Placement(
        up=LEANING,
        origin=(1.0, 2.0, 3.0),
        facing=(0.6, 0.1, -0.7),
        known_lengths=(
            KnownLength((0, 0, 0), (0, 3, 4), 2.0),
            KnownLength((1, 0, 0), (3, 0, 0), 1),
        ),
    )
    moved = placement.moved(MOVE)
    points = np.random.default_rng(0).normal(size=(50, 3))

    np.testing.assert_allclose(
        moved.placed_from_world().apply(MOVE.apply(points)),
        placement.placed_from_world().apply(points),
        atol=1e-12,
    )
    assert moved.metres_per_unit() == pytest.approx(placement.metres_per_unit() / 2.5)
    assert moved.residuals() == pytest.approx(placement.residuals())


def test_that_what_the_engine_decides_stays_with_it():
    assert Placement().moved(MOVE) == Placement()
    assert not Placement().has_places
    assert Placement(origin=(0.0, 0.0, 0.0)).moved(MOVE) == Placement(origin=(3.0, -1.0, 7.0))


def test_that_a_moved_measurement_is_as_uncertain_as_before():
    measured = Measurement("m", "distance", ((0, 0, 0), (0, 3, 4)), "Door", (0.01, 0.02))
    moved = measured.moved(MOVE)
    assert math.dist(*moved.points) == pytest.approx(2.5 * 5)
    assert moved.sigma == (0.025, 0.05)
    assert (moved.id, moved.kind, moved.name) == ("m", "distance", "Door")
