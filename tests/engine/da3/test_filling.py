"""Filling the holes of exact depth maps from wrong ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from da3studio.engine.da3.filling import filled
from da3studio.scene.depth import DepthMap

HEIGHT, WIDTH = 120, 160
Z = NDArray[np.float32]


def slope(height: int = HEIGHT, width: int = WIDTH) -> Z:
    """A floor: 4 units away at the bottom of the picture, 6 at the top; exact for any size."""
    row = (np.arange(height) + 0.5) / height
    inverse = 1 / 6 + (1 / 4 - 1 / 6) * row
    return np.repeat(1 / inverse[:, None], width, axis=1).astype(np.float32)


def steps(height: int = HEIGHT, width: int = WIDTH) -> Z:
    """A wall at 3 on the left of the picture, a wall at 5 on the right."""
    row = np.where((np.arange(width) + 0.5) / width < 0.5, 3.0, 5.0)
    return np.repeat(row[None], height, axis=0).astype(np.float32)


def a_map(z: Z, sky: NDArray[np.bool_] | None = None, confidence: float = 0.8) -> DepthMap:
    return DepthMap(
        z, np.where(z > 0, confidence, 0), np.zeros(z.shape, bool) if sky is None else sky
    )


def as_network(true: Z, sky: NDArray[np.bool_] | None = None) -> DepthMap:
    """Off by up to 5 %, differently from place to place, and noisy."""
    height, width = true.shape
    y, x = np.mgrid[:height, :width] / max(true.shape)
    factor = 1 + 0.05 * np.cos(3 * x - 1.3) * np.cos(3 * y - 1)
    noise = np.random.default_rng(1).normal(1, 0.001, true.shape)
    return a_map((true * factor * noise).astype(np.float32), sky, confidence=9.0)


def with_hole(z: Z, rows: slice = slice(40, 80), columns: slice = slice(50, 95)) -> Z:
    holed = z.copy()
    holed[rows, columns] = 0
    return holed


def off(found: Z, true: Z) -> Z:
    return np.asarray(np.abs(found / true - 1))


@pytest.mark.parametrize(("height", "width"), [(60, 80), (120, 160), (168, 224)])
def test_that_a_hole_is_filled_whatever_the_size_of_the_network_s_map(height, width):
    measured = a_map(with_hole(slope()))
    network = as_network(slope(height, width))
    found = filled(measured, network)
    hole = measured.z == 0

    assert (found.z[hole] > 0).all()
    assert off(found.z[hole], slope()[hole]).max() < 0.01
    assert off(as_network(slope()).z[hole], slope()[hole]).max() > 0.04  # what was wrong before


def test_that_what_was_measured_stays_bit_for_bit_and_is_trusted_more():
    noise = np.random.default_rng(2).normal(1, 0.01, (HEIGHT, WIDTH))
    measured = a_map(with_hole((slope() * noise).astype(np.float32)))
    found = filled(measured, as_network(slope()))
    known = measured.z > 0

    np.testing.assert_array_equal(found.z[known], measured.z[known])
    np.testing.assert_array_equal(found.confidence[known], measured.confidence[known])
    np.testing.assert_array_equal(found.sky, measured.sky)
    assert 0 < found.confidence[~known].min() <= found.confidence[~known].max() < 0.8


def test_that_wrong_measurements_do_not_lead_the_factor_astray():
    rng = np.random.default_rng(3)
    z = with_hole(slope())
    wrong = rng.random(z.shape) < 0.05
    z = np.where(wrong, z * rng.uniform(0.5, 1.5, z.shape), z).astype(np.float32)
    found = filled(a_map(z), as_network(slope()))
    got, true = found.z[z == 0], slope()[z == 0]

    assert (got > 0).mean() > 0.9  # the rest is next to several wrong ones
    assert off(got[got > 0], true[got > 0]).max() < 0.02


def test_that_depth_edges_of_the_network_stay_open():
    """Between the walls a network's depth is of neither; beside the edge it fills."""
    measured = a_map(with_hole(steps()))
    found = filled(measured, as_network(steps()))
    middle = WIDTH // 2

    assert (found.z[40:80, middle - 1 : middle + 1] == 0).all()
    assert (found.z[40:80, 50 : middle - 4] > 0).all()
    got = found.z[measured.z == 0]
    true = steps()[measured.z == 0]
    assert off(got[got > 0], true[got > 0]).max() < 0.012


def test_that_the_sky_and_what_the_network_has_not_stay_open():
    sky = np.zeros((HEIGHT, WIDTH), bool)
    sky[40:60, 50:95] = True
    unseen = with_hole(slope(), slice(70, 80))
    measured = a_map(with_hole(slope()))
    network = as_network(unseen, sky)
    found = filled(measured, network)

    assert (found.z[40:60, 50:95] == 0).all()
    assert (found.confidence[40:60, 50:95] == 0).all()
    assert (found.z[70:80, 50:95] == 0).all()
    assert (found.z[62:68, 55:90] > 0).all()
    theirs = DepthMap(measured.z, measured.confidence, sky)
    assert (filled(theirs, as_network(slope())).z[sky] == 0).all()


def test_that_nothing_is_filled_far_from_what_was_measured():
    z = np.zeros((HEIGHT, WIDTH), np.float32)
    z[:, :16] = slope()[:, :16]
    found = filled(a_map(z), as_network(slope()))

    assert (found.z[:, 16:40] > 0).all()
    assert (found.z[:, 100:] == 0).all()


def test_that_nothing_is_filled_where_the_two_saw_different_things_around():
    """On the right half the measurement is 12 % off, here up and there down."""
    z = slope()
    z[:, 80:] *= np.random.default_rng(4).choice([0.88, 1.12], (HEIGHT, 80)).astype(np.float32)
    z = with_hole(with_hole(z, columns=slice(20, 50)), columns=slice(110, 140))
    found = filled(a_map(z), as_network(slope()))

    assert (found.z[40:80, 20:50] > 0).all()
    assert (found.z[40:80, 110:140] == 0).mean() > 0.95


def test_that_matches_by_chance_lead_to_no_depth():
    """On the right half the measurement is unsure, as where one photo looks alone."""
    z = with_hole(with_hole(slope(), columns=slice(20, 50)), columns=slice(110, 140))
    confidence = np.where(np.arange(WIDTH) < 80, 0.8, 0.3) * (z > 0)
    found = filled(DepthMap(z, confidence, np.zeros(z.shape, bool)), as_network(slope()))

    assert (found.z[40:80, 20:50] > 0).all()
    assert (found.z[40:80, 110:140] == 0).all()


def test_that_a_map_with_nothing_measured_comes_back_as_it_is():
    nothing = a_map(np.zeros((HEIGHT, WIDTH), np.float32))
    assert filled(nothing, as_network(slope())) is nothing
    measured = a_map(with_hole(slope()))
    assert filled(measured, a_map(np.zeros((60, 80), np.float32))) is measured
