from __future__ import annotations

import numpy as np
import pytest

from da3studio.fusion.belonging import Belonging
from da3studio.fusion.bridge import NearestPoints

RANDOM = np.random.default_rng(1)


def sphere(n: int) -> np.ndarray:
    points = RANDOM.normal(size=(n, 3))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


POINTS = np.concatenate([sphere(40_000), 50 * sphere(40)])  # and a few far away
PLACES = np.concatenate([sphere(20_000) * 1.002, 60 * sphere(20), RANDOM.normal(size=(500, 3))])
PLACES = PLACES.astype(np.float32)


@pytest.mark.parametrize(
    "marked",
    [
        POINTS[:, 0] > 0.3,
        RANDOM.random(len(POINTS)) < 0.02,
        np.linalg.norm(POINTS, axis=1) > 2,
        np.ones(len(POINTS), np.bool_),
        np.zeros(len(POINTS), np.bool_),
    ],
    ids=["a cap", "speckles", "outliers", "all", "none"],
)
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1e-3, 5.0), (1e4, -1e5)])
def test_that_a_place_belongs_to_its_nearest_point(marked, scale, shift):
    points, places = ((these * np.float32(scale) + np.float32(shift)) for these in (POINTS, PLACES))
    truth = marked[NearestPoints(points).of(places)]
    wrong = Belonging(points, marked).of(places) != truth
    # float32 at such shifts: two points may be equally near
    assert wrong.mean() < (1e-3 if shift else 1e-12)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_that_a_handful_of_points_is_enough(n):
    points, marked = POINTS[:n], np.arange(n) % 2 == 0
    np.testing.assert_array_equal(
        Belonging(points, marked).of(PLACES), marked[NearestPoints(points).of(PLACES)]
    )


def test_that_points_on_a_plane_and_on_a_line_are_looked_up():
    for flat in (POINTS * (1, 1, 0), POINTS * (1, 0, 0)):
        points, marked = flat.astype(np.float32), POINTS[:, 0] > 0
        places = PLACES[:500]
        truth = marked[NearestPoints(points).of(places)]
        assert (Belonging(points, marked).of(places) != truth).mean() < 0.01
