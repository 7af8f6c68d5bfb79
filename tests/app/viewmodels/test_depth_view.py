"""Depth beside its photo: values, ranges, what is greyed, what is said without depth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from da3studio.app.viewmodels.depth_pictures import count, limits, overlay_of, painted, within
from da3studio.app.viewmodels.depth_view import DepthView
from da3studio.media.depth_colours import SKY_RGB
from da3studio.scene.depth import DepthMap
from da3studio.scene.placement import KnownLength, Placement
from tests.app.photo_desk import LEFT_OUT, WHY, at_desk, make_desk
from tests.pipeline.exact_engine import capture


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def session(made, tmp_path, qtbot):
    with at_desk(qtbot, made, tmp_path / "desk") as session:
        yield session


@pytest.fixture
def depth(session):
    return DepthView(session)


def shown(depth, session, qtbot, view_id):
    depth.show(view_id)
    qtbot.waitUntil(lambda: not session.background.busy)
    return depth


@pytest.fixture
def ramp() -> DepthMap:
    """Depth 1 to 3 from left to right, confidence 1 above and 5 below, a corner of sky."""
    z = np.tile(np.linspace(1, 3, 64, dtype=np.float32), (48, 1))
    confidence = np.where(np.arange(48)[:, None] < 24, 1, 5) * np.ones_like(z)
    sky = np.zeros(z.shape, np.bool_)
    sky[:8, :8] = True
    z[sky] = 0
    return DepthMap(z, np.where(sky, 0, confidence), sky)


def test_that_the_value_at_a_place_is_that_of_the_map(depth, session, qtbot):
    view_id = session.project.views[0].id
    shown(depth, session, qtbot, view_id)
    truth = capture().depth_of(view_id)
    row, column = np.argwhere((truth.z > 0) & ~truth.sky)[1000]

    text = depth.value_text((column + 0.5) / truth.width, (row + 0.5) / truth.height)

    assert text.startswith(depth.depth_text(float(truth.z[row, column])))
    assert "units away" in text
    assert depth.value_text(1.5, 0.5) == ""


def test_that_lengths_are_metres_once_a_scale_is_set(depth, session, qtbot):
    shown(depth, session, qtbot, session.project.views[0].id)
    two_metres = KnownLength((0, 0, 0), (1, 0, 0), 2.0)
    session.commit("Scale", session.project.with_placement(Placement(known_lengths=(two_metres,))))

    assert depth.depth_text(1.5) == "3.00 m"


def test_that_photo_and_depth_show_the_same_part(depth, session, qtbot):
    shown(depth, session, qtbot, session.project.views[0].id)

    assert depth.photo.shape == (96, 128, 3)
    assert depth.depth_size == (128, 96)
    assert depth.depth_picture.shape == (96, 128, 3)


def test_that_a_photo_without_depth_says_why(depth, session, qtbot):
    shown(depth, session, qtbot, LEFT_OUT)

    assert WHY in depth.depth_message
    assert depth.photo is not None
    assert not depth.has_depth
    assert depth.depth_picture is None


def test_that_a_missing_photo_is_told_beside_its_depth(depth, session, qtbot):
    view = session.project.views[0]
    (session.folder.path / view.source.path).unlink()
    shown(depth, session, qtbot, view.id)

    assert view.name in depth.photo_message
    assert depth.has_depth


def test_that_a_range_beyond_the_values_is_cut_to_them(depth, session, qtbot):
    shown(depth, session, qtbot, session.project.views[0].id)
    whole = depth.depth_range

    depth.set_depth_range(-5, 1e9)

    assert depth.depth_range == whole


def test_that_only_the_last_of_many_photos_is_shown(depth, session, qtbot):
    for view in session.project.views[:5]:
        depth.show(view.id)
    qtbot.waitUntil(lambda: not session.background.busy)

    assert depth.title == session.project.views[4].name


def test_that_closing_the_project_shows_nothing(depth, session, qtbot):
    shown(depth, session, qtbot, session.project.views[0].id)
    session.leave()
    assert depth.view_id is None
    assert depth.title == ""


def test_that_depths_outside_the_range_are_grey_and_inside_coloured(ramp):
    picture = painted(ramp, "depth", (1.5, 2.5), (None, None)).astype(int)
    grey = np.ptp(picture, axis=-1) == 0
    outside = (ramp.z > 0) & ((ramp.z < 1.5) | (ramp.z > 2.5))

    assert grey[outside].all()
    assert not grey[(ramp.z >= 1.5) & (ramp.z <= 2.5)].any()


def test_that_uncertain_pixels_are_grey_in_the_depth_picture_too(ramp):
    picture = painted(ramp, "depth", (None, None), (3.0, None)).astype(int)

    assert (np.ptp(picture[10:20, 20:40], axis=-1) == 0).all()
    assert (np.ptp(picture[30:40, 20:40], axis=-1) > 0).all()


def test_that_the_sky_overlay_covers_the_sky_alone(ramp):
    overlay = overlay_of(ramp, "sky")

    assert (overlay[ramp.sky, :3] == SKY_RGB).all()
    assert (overlay[~ramp.sky, 3] == 0).all()
    assert overlay_of(ramp, "") is None


def test_that_histograms_count_what_was_measured(ramp):
    depths, sure = count(ramp)

    measured = int((~ramp.sky).sum())
    assert depths.counts.sum() == pytest.approx(0.98 * measured, abs=0.02 * measured)
    assert 1.0 <= depths.low < 1.1
    assert 2.9 < depths.high <= 3.0
    assert (sure.low, sure.high) == (1.0, 5.0)


def test_that_handles_at_the_ends_are_no_limits(ramp):
    depths, _ = count(ramp)

    assert limits((depths.low, depths.high), depths) == (None, None)
    assert limits((2.0, depths.high), depths) == (2.0, None)
    assert within(3.5, 0.0, depths) == (depths.high, depths.high)


def test_that_a_map_of_nothing_has_no_histogram():
    nothing = np.zeros((4, 4), np.float32)
    assert count(DepthMap(nothing, nothing, nothing > 0)) == (None, None)


def test_that_values_that_are_all_the_same_have_a_histogram_of_one_bar():
    same = np.full((6, 8), 2.0, np.float32)
    depths, sure = count(DepthMap(same, same / 2, same < 0))

    assert depths.low < 2.0 < depths.high
    assert np.count_nonzero(depths.counts) == 1
    assert sure.counts.sum() == 48
