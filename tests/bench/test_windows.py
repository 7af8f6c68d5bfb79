"""The synthetic walk, and the page about windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.bench.pages import Made
from da3studio.bench.windows.measure import Retrieval, Run, measure_cost, measure_ways
from da3studio.bench.windows.network import REALISTIC, Errors, WalkWindows
from da3studio.bench.windows.page import windows_page
from da3studio.bench.windows.scores import WalkScore
from da3studio.bench.windows.walk import Walk, two_rooms
from da3studio.geometry.camera import unproject
from tests.cli.conftest import run_program

WALK = Walk(300, (28, 21))


def test_that_what_a_view_sees_lies_on_the_walls_it_names():
    rooms = two_rooms()
    for i in range(0, 300, 20):
        depth, which = WALK.seen[i]
        points, surface = unproject(depth, WALK.cameras[i]).reshape(-1, 3), which.ravel()
        on = points[np.arange(len(points)), rooms.axis[surface]]

        assert np.isfinite(points).all()  # no ray leaves the rooms
        np.testing.assert_allclose(on, rooms.level[surface], atol=1e-5)
        for side in range(2):
            other = np.array([[1, 2], [0, 2], [0, 1]])[rooms.axis[surface], side]
            at = points[np.arange(len(points)), other]
            assert (at > rooms.low[surface, side] - 1e-4).all()
            assert (at < rooms.high[surface, side] + 1e-4).all()


def test_that_the_walk_goes_through_both_rooms_and_comes_back():
    centres = np.array([camera.centre for camera in WALK.cameras])
    step = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    back = np.linalg.norm(centres[-40:, None] - centres[None, :40], axis=2)

    assert 20 < WALK.length_m < 35
    assert step.max() < 0.2
    assert (centres[:, 0] < 5).sum() > 90
    assert (centres[:, 0] > 5).sum() > 90
    assert back.min() < 0.1
    assert min(depth.min() for depth, _ in WALK.seen) > 0.15  # never inside a wall [m]


def test_that_a_window_is_the_same_every_time_and_right_without_errors():
    store = WalkWindows(WALK, [WALK.view_ids[:9]], REALISTIC)
    first, again = store.read(0), store.read(0)
    assert first.depths[4].z.tobytes() == again.depths[4].z.tobytes()

    window = WalkWindows(WALK, [WALK.view_ids[:9]], Errors()).read(0)
    to_window = store.window_from_true(0)
    for i in (0, 8):
        found = unproject(window.depths[i].z, window.cameras[i])
        true = to_window.apply(unproject(WALK.seen[i][0], WALK.cameras[i]))
        np.testing.assert_allclose(found, true, atol=1e-4)


def test_that_the_page_names_the_worst_draw_and_the_sums_of_loops(tmp_path: Path):
    scores = [WalkScore(end, 0.001, 0.002, 0.03, 0.06, 0.015) for end in (0.001, 0.004, 0.002)]
    runs = [Run("with loops", one, 5, 1, 0.5) for one in scores]
    cost = measure_cost(Walk(60, (28, 21)), tmp_path, NEVER)
    page = windows_page(
        WALK, REALISTIC, runs, Retrieval(6, 5), [cost], Made("command", "", "digest")
    )

    assert "| with loops | 0.20% |      0.40% |   0.10% | 3.0 cm |       6.0 cm |" in page
    assert "| with loops |       15 |       3 |     0.5 |" in page
    assert "| 60    |       2 |" in page
    assert "Of 6 that were proposed, 5 show the same place" in page
    assert "Settings: preset" not in page


@pytest.mark.slow
def test_that_loops_take_the_drift_away_and_false_ones_do_not_bring_it_back():
    runs, found = measure_ways(Walk(300, (42, 32)), NEVER, seeds=1)
    by_way = {run.way: run for run in runs}

    assert by_way["chain alone"].score.end_drift > 0.005
    assert by_way["with loops"].score.end_drift < 0.005
    assert by_way["…and four false ones"].n_refused >= 4
    assert by_way["…not checked in depth"].score.end_drift < 0.005
    assert found.n_same_place == found.n_proposed > 0


@pytest.mark.slow
def test_that_the_command_writes_the_page(tmp_path: Path):
    ran = run_program(tmp_path, "bench", "windows", "--out", "page.md")

    assert ran.code == 0
    assert "| with loops " in (tmp_path / "page.md").read_text("utf-8")
