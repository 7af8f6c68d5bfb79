from dataclasses import replace

import numpy as np
import pytest

from da3studio.app.viewport.colouring import coloured, view_colours, viridis
from da3studio.scene.cloud import PointCloud
from da3studio.scene.view import ViewId
from tests.app.viewport.scenes import painted, plane


@pytest.fixture
def cloud() -> PointCloud:
    n = 1000
    return PointCloud(
        plane(n), painted(n, (10, 20, 30)), np.tile(np.float32([0, -1, 0]), (n, 1)),
        np.linspace(1, 2, n, dtype=np.float32), np.ones(n, np.float32),
        (np.arange(n) % 5 + 2).astype(np.uint8), (np.arange(n) % 2).astype(np.int32),
        (ViewId("a"), ViewId("b")),
    )  # fmt: skip


def test_that_the_ramp_is_viridis():
    # Of matplotlib's table: first, middle and last.
    true = np.array([[68, 1, 84], [33, 145, 140], [253, 231, 37]])
    assert np.abs(viridis(3).astype(int) - true).max() <= 5


def test_that_confidence_goes_from_dark_to_yellow_with_its_range_in_the_legend(cloud):
    shown = coloured(cloud, "confidence", (0, -1, 0))

    assert shown.rgb[0].tolist() == viridis()[0].tolist()
    assert shown.rgb[-1].tolist() == viridis()[-1].tolist()
    assert shown.legend is not None
    assert shown.legend.low == pytest.approx(1.01, abs=0.005)
    assert shown.legend.high == pytest.approx(1.99, abs=0.005)
    assert not shown.legend.is_length


def test_that_height_is_measured_along_up(cloud):
    shown = coloured(cloud, "height", (0, -2, 0))

    highest = np.argmin(cloud.xyz[:, 1])  # the engine's y points down
    assert shown.rgb[highest].tolist() == viridis()[-1].tolist()
    assert shown.legend is not None
    assert shown.legend.is_length
    assert shown.legend.high == pytest.approx(0.98, abs=0.02)


def test_that_photos_have_colours_of_their_own(cloud):
    shown = coloured(cloud, "view", (0, -1, 0))

    assert shown.legend is None
    assert len({tuple(colour) for colour in shown.rgb.tolist()}) == 2
    assert len({tuple(colour) for colour in view_colours(60).tolist()}) == 60


def test_that_counts_have_a_step_each(cloud):
    shown = coloured(cloud, "n_views", (0, -1, 0))

    assert shown.legend is not None
    assert (shown.legend.low, shown.legend.high, len(shown.legend.ramp)) == (2, 6, 5)
    assert len({tuple(colour) for colour in shown.rgb.tolist()}) == 5


def test_that_a_normal_that_points_up_is_green(cloud):
    red, green, blue = coloured(cloud, "normal", (0, -1, 0)).rgb[0]
    assert (red, green, blue) == (128, 255, 128)


def test_that_photos_colours_are_untouched(cloud):
    assert coloured(cloud, "photo", (0, -1, 0)).rgb is cloud.rgb


def test_that_values_without_a_range_and_without_a_number_have_a_colour(cloud):
    flat = replace(cloud, confidence=np.full(len(cloud), np.nan, np.float32))
    assert coloured(flat, "confidence", (0, -1, 0)).rgb.shape == (len(cloud), 3)
    flat = replace(cloud, confidence=np.ones(len(cloud), np.float32))
    assert len(np.unique(coloured(flat, "confidence", (0, -1, 0)).rgb, axis=0)) == 1
