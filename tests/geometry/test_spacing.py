"""Distances to the nearest neighbour."""

import numpy as np
from scipy.spatial import cKDTree

from da3studio.geometry.spacing import nearest_distances


def test_that_it_finds_what_a_search_tree_finds():
    points = np.random.default_rng(3).normal(size=(777, 3)) + 100
    expected = cKDTree(points).query(points, k=2)[0][:, 1]

    np.testing.assert_allclose(nearest_distances(points), expected, rtol=1e-9)


def test_that_points_in_one_place_are_no_distance_apart():
    assert nearest_distances([[1, 2, 3], [1, 2, 3]]).tolist() == [0, 0]
