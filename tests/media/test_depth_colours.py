from __future__ import annotations

import numpy as np
import pytest

from da3studio.media.depth_colours import (
    SKY_RGB,
    confidence_picture,
    confidence_range,
    depth_picture,
    depth_range,
    table,
)
from da3studio.scene.depth import DepthMap

SIZE = (40, 60)


@pytest.fixture
def depth() -> DepthMap:
    """From 1 at the left to 3 at the right; nothing measured at the top, sky in a corner."""
    z = np.broadcast_to(np.linspace(1, 3, SIZE[1], dtype=np.float32), SIZE).copy()
    confidence = np.broadcast_to(np.linspace(0, 9, SIZE[0], dtype=np.float32)[:, None], SIZE).copy()
    z[:8] = 0
    confidence[:8] = 0
    sky = np.zeros(SIZE, bool)
    sky[:8, :10] = True
    return DepthMap(z, confidence, sky)


def brightness(picture: np.ndarray) -> np.ndarray:
    return picture.astype(float).mean(axis=-1)


def test_that_near_is_bright_and_far_is_dark(depth):
    picture = depth_picture(depth)

    assert picture.shape == (*SIZE, 3)
    assert picture.dtype == np.uint8
    assert (np.diff(brightness(picture)[20]) <= 0).mean() > 0.95
    np.testing.assert_array_equal(picture[20, 0], table("viridis")[255])
    np.testing.assert_array_equal(picture[20, -1], table("viridis")[0])


def test_that_sure_is_bright(depth):
    rows = brightness(confidence_picture(depth))[8:, 30]
    assert rows[-1] > rows[0] + 50
    assert (np.diff(rows) >= -1).all()


def test_that_sky_and_not_measured_are_no_colours_of_the_table(depth):
    for picture in (depth_picture(depth), confidence_picture(depth)):
        assert (picture[:8, :10] == SKY_RGB).all()
        nothing = picture[:8, 10:].reshape(-1, 3)
        assert (nothing == nothing[:, :1]).all()  # grey
        assert len(np.unique(nothing[:, 0])) == 2  # in stripes


def test_that_what_lies_outside_a_chosen_range_is_grey_and_dark(depth):
    picture = depth_picture(depth, 1.5, 2.5)
    z = depth.z[20]
    outside = (z < 1.5) | (z > 2.5)

    grey = (picture[20] == picture[20][:, :1]).all(axis=-1)
    np.testing.assert_array_equal(grey, outside)
    assert picture[20][outside].max() < 90


def test_that_the_range_leaves_out_extremes(depth):
    z = depth.z.copy()
    z[30, 30] = 1e6
    low, high = depth_range(DepthMap(z, depth.confidence, depth.sky))

    assert low == pytest.approx(1.0, abs=0.05)
    assert high == pytest.approx(3.0, abs=0.05)
    assert confidence_range(depth)[1] == pytest.approx(9.0, abs=0.3)


def test_that_a_map_without_depth_or_of_one_depth_can_be_shown():
    nothing = np.zeros(SIZE, np.float32)
    empty = DepthMap(nothing, nothing, np.zeros(SIZE, bool))
    flat = DepthMap(nothing + 2, nothing + 1, np.zeros(SIZE, bool))

    assert depth_range(empty) == (0.0, 1.0)
    assert len(np.unique(depth_picture(empty).reshape(-1, 3), axis=0)) == 2
    assert len(np.unique(depth_picture(flat).reshape(-1, 3), axis=0)) == 1
    assert np.isfinite(confidence_picture(flat)).all()


def test_that_the_tables_are_the_known_ones():
    # matplotlib's viridis and cividis at their ends, to one step of rounding
    ends = {
        "viridis": ((68, 1, 84), (253, 231, 37)),
        "cividis": ((0, 34, 78), (254, 232, 56)),
    }
    for name, (dark, bright) in ends.items():
        np.testing.assert_allclose(table(name)[0].astype(int), dark, atol=3)
        np.testing.assert_allclose(table(name)[-1].astype(int), bright, atol=3)
