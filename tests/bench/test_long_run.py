"""A long capture from beginning to end, with kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.base.cancel import NEVER
from da3studio.bench.long_run.measure import LongRun, measure
from da3studio.bench.long_run.page import long_run_page
from da3studio.bench.pages import Made


def run_of(folder: Path, n_views: int, per_window: int, n_kills: int) -> LongRun:
    return measure(
        folder, lambda _: None, NEVER, n_views=n_views, views_per_window=per_window, n_kills=n_kills
    )


def test_that_a_run_killed_in_two_steps_ends_with_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # other tests need the cores, too
    run = run_of(tmp_path, 48, 12, 2)

    assert len(run.killed) >= 1  # the second step takes so little that it may be over
    assert run.killed[0].last.step == next(iter(run.whole.steps))
    assert run.whole.n_registered == run.resumed.n_registered == 48
    assert run.different == ()
    assert run.n_files >= 49  # a depth map of each photo, and the cameras

    page = long_run_page(run, Made("it", "", "digest"))
    assert f"killed with SIGKILL {len(run.killed)} times" in page
    assert "48 of the 48 photos have a camera" in page
    assert "byte for byte" in page


@pytest.mark.slow
def test_that_memory_is_flat_over_two_thousand_photos(tmp_path):
    run = run_of(tmp_path, 2000, 40, 3)

    assert run.whole.n_registered == run.resumed.n_registered == 2000
    assert len(run.killed) == 3
    assert run.growing == ()
    assert run.different == ()
