"""Chains of similarities, and alignment of points of which many are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from da3studio.geometry.rigid import angle_between
from da3studio.geometry.similarity import (
    Sim3,
    align_points,
    align_points_robustly,
    weighted_median,
)

POINTS = np.random.default_rng(0).normal((0, 0, 4), 1.0, (2000, 3))
TRUE = Sim3(2.5, Rotation.from_rotvec([0.4, -1.1, 2.0]).as_matrix(), np.array([3.0, -1.0, 0.5]))
OTHER = Sim3(0.3, Rotation.from_rotvec([1.0, 0.2, -0.5]).as_matrix(), np.array([-2.0, 0.0, 7.0]))
REACH = 2.5 * np.linalg.norm(POINTS, axis=1)


def test_that_similarities_compose_and_invert():
    both = TRUE @ OTHER
    back = both.inverse()

    np.testing.assert_allclose(both.apply(POINTS), TRUE.apply(OTHER.apply(POINTS)), atol=1e-12)
    np.testing.assert_allclose(back.apply(both.apply(POINTS)), POINTS, atol=1e-12)


def test_that_a_pair_without_weight_does_not_count():
    wrong = TRUE.apply(POINTS)
    wrong[:500] += 100
    found = align_points(POINTS, wrong, np.arange(2000) >= 500)

    np.testing.assert_allclose(found.apply(POINTS), TRUE.apply(POINTS), atol=1e-9)


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e4])
def test_that_two_fifths_of_one_sided_outliers_cost_nothing_in_any_unit(unit):
    rng = np.random.default_rng(1)
    seen = TRUE.apply(POINTS) * (1 + 0.01 * rng.normal(size=(2000, 1)))
    seen[:800] *= rng.uniform(1.2, 2.0, (800, 1))
    guess = Sim3(2.8 * unit, TRUE.rotation, TRUE.translation * unit)
    found = align_points_robustly(
        POINTS, seen * unit, reach=REACH * unit, weights=np.ones(2000), start=guess
    )

    assert found.b_from_a.scale == pytest.approx(TRUE.scale * unit, rel=3e-3)
    assert angle_between(found.b_from_a.rotation, TRUE.rotation) < 2e-3
    assert align_points(POINTS, seen).scale > 1.03 * TRUE.scale  # what least squares would say
    assert found.weights[:800].mean() < 0.1 * found.weights[800:].mean()


def test_that_exact_pairs_are_aligned_exactly_and_again_to_the_same_bits():
    runs = [
        align_points_robustly(
            POINTS, TRUE.apply(POINTS), reach=REACH, weights=np.ones(2000), start=OTHER
        )
        for _ in range(2)
    ]

    assert runs[0].off.max() < 1e-9
    assert runs[0].b_from_a.translation.tobytes() == runs[1].b_from_a.translation.tobytes()


def test_that_a_weighted_median_has_half_of_the_weight_on_either_side():
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.ones(3)) == 2.0
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([5.0, 1.0, 1.0])) == 3.0
