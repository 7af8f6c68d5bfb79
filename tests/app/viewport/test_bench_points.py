import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np

from da3studio.app.bench.points import PointFigures, landscape
from da3studio.app.bench.points_page import aims, viewport_page
from da3studio.bench.pages import Made
from tests.cli.conftest import PROGRAM, run_program

FIGURES = PointFigures(
    renderer="llvmpipe", n_points=10_000_000, markers_orbit_s=5.0, markers_bytes=56, orbit_s=0.08,
    orbit_points=150_000, still_s=2.5, longest_wait_s=0.25, one_pass_s=2.2,
    bytes_per_point=16, lasso_s=0.3, undo_s=0.004, keep_s=0.004, pick_s=0.2, hover_s=0.008,
)  # fmt: skip


def test_that_the_page_says_what_was_asked_for_and_what_came_of_it():
    page = viewport_page(FIGURES, Made("da3studio bench points", "", "abc"))

    assert "62 x Markers" in page
    assert "2.0 x Markers" in page
    assert " 150,000 |" in page
    assert all(aim.is_met for aim in aims(FIGURES))
    missed = aims(replace(FIGURES, orbit_s=0.2, lasso_s=0.6))
    assert [aim.name for aim in missed if not aim.is_met] == [
        "frame rate while turning",
        "lasso over all points",
    ]


def test_that_any_part_of_the_landscape_is_a_fair_sample():
    xyz, rgb = landscape(40_000)
    first, last = xyz[:20_000], xyz[20_000:]

    assert rgb.shape == xyz.shape
    np.testing.assert_allclose(first.mean(axis=0), last.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(first.std(axis=0), last.std(axis=0), rtol=0.05)


def test_that_a_small_cloud_is_measured_to_the_end(screen: str, tmp_path: Path):
    page = tmp_path / "page.md"
    words = ("bench", "points", "--points", "30000", "--out", str(page))
    done = subprocess.run(
        [*PROGRAM, *words], env={**os.environ, "DISPLAY": screen}, capture_output=True, text=True
    )

    assert done.returncode in (0, 1), done.stderr  # a small cloud says nothing about speed
    assert "Traceback" not in done.stderr, done.stderr
    assert "30,000 points" in page.read_text("utf-8")


def test_that_no_screen_is_told_with_the_way_out(tmp_path: Path):
    ran = run_program(tmp_path, "bench", "points", "--points", "1000")

    assert ran.code == 4
    assert any("xvfb-run" in line for line in ran.error)
    assert not list(tmp_path.rglob("*.md"))
