from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from da3studio.geometry.geodesy import align_to_gps, local_metres
from da3studio.geometry.similarity import Sim3

FLIGHT = np.random.default_rng(0).uniform(-1, 1, (12, 3)) * (60, 8, 40)  # east, down, north [m]
WORLD_FROM_METRES = Sim3(
    0.02, Rotation.from_rotvec([0.3, 1.0, -0.5]).as_matrix(), np.array([1.0, 2.0, 3.0])
)


@pytest.mark.parametrize(
    ("latitude", "north_m", "east_m"),
    # lengths of a degree on WGS 84, from tables
    [(0.0, 110_574.3, 111_319.5), (45.0, 111_131.8, 78_846.8), (60.0, 111_412.2, 55_800.0)],
)
def test_that_a_degree_is_as_long_as_the_tables_say(latitude, north_m, east_m):
    step = 0.005
    metres = local_metres(
        [latitude - step, latitude + step, latitude], [7 - step, 7 + step, 7.0], [0.0, 0.0, 0.0]
    )

    np.testing.assert_allclose(
        (metres[1] - metres[0]) / (2 * step), [east_m, 0, north_m], rtol=1e-5
    )
    np.testing.assert_allclose(metres.mean(axis=0), 0, atol=1e-6)


def test_that_what_is_higher_lies_less_far_down_and_the_frame_is_right_handed():
    metres = local_metres([50.0, 50.0], [8.0, 8.0], [100.0, 130.0])
    east, down, north = np.eye(3)

    assert metres[1, 1] - metres[0, 1] == -30
    np.testing.assert_array_equal(np.cross(east, down), north)


def test_that_a_flight_is_brought_to_metres_in_spite_of_the_receivers_error():
    error = np.random.default_rng(1).normal(0, 1.0, FLIGHT.shape)  # [m]
    found = align_to_gps(WORLD_FROM_METRES.apply(FLIGHT), FLIGHT + error)

    assert found is not None
    assert found.metric_from_world.scale == pytest.approx(1 / 0.02, rel=0.02)
    assert 1.0 < found.error_m < 2.0  # 1 m on each of three axes
    away = found.metric_from_world.apply(WORLD_FROM_METRES.apply(FLIGHT)) - FLIGHT
    assert np.linalg.norm(away, axis=1).max() < 2.0


@pytest.mark.parametrize(
    "positions",
    [
        FLIGHT[:3],  # too few
        FLIGHT * 0.05,  # around a table: closer together than a receiver's error
        FLIGHT * (1, 1, 0.01),  # one street
        FLIGHT[::-1],  # of other photos
        np.zeros((12, 3)),  # one fix for all
    ],
)
def test_that_positions_that_decide_nothing_are_not_used(positions):
    centres = WORLD_FROM_METRES.apply(FLIGHT)[: len(positions)]

    assert align_to_gps(centres, positions) is None
