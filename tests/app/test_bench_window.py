"""What the page about the window says."""

from dataclasses import replace

from da3studio.app.bench.window import WindowFigures, late_ms
from da3studio.app.bench.window_page import window_aims, window_page
from da3studio.app.bench.window_runs import Start, Work
from da3studio.bench.pages import Made

QUIET = Work((0.1,) * 99 + (2.0,), (0.2,) * 995 + (40.0,) * 5, ("cv2",), 60.0, 16, 7)
FIGURES = WindowFigures((Start(1.2, ()), Start(1.4, ()), Start(1.3, ())), (QUIET,))


def test_that_the_share_of_ticks_is_taken_from_the_ordered_ones():
    assert late_ms((3.0, 1.0, 2.0, 4.0), 0.5) == 3.0
    assert late_ms((3.0, 1.0, 2.0, 4.0), 1.0) == 4.0


def test_that_the_page_says_what_was_asked_for_and_what_came_of_it():
    page = window_page(FIGURES, Made("da3studio bench window FOLDER", "draft", "abc"))

    assert "1.30 s" in page
    assert all(aim.is_met for aim in window_aims(FIGURES))


def test_that_a_late_clock_and_a_heavy_library_are_not_passed_over():
    busy = replace(QUIET, busy_ms=(0.2,) * 98 + (90.0,) * 2, loaded=("torch",))
    missed = [aim.name for aim in window_aims(replace(FIGURES, works=(busy,))) if not aim.is_met]

    assert missed == ["clock while reconstructing, p99", "torch or Open3D in its process"]


def test_that_of_several_runs_the_least_disturbed_counts():
    loud = replace(QUIET, busy_ms=(99.0,) * 100)

    assert replace(FIGURES, works=(loud, QUIET)).best_work is QUIET


def test_that_a_run_is_read_as_it_was_printed():
    assert Start.read('{"seconds": 1.5, "loaded": ["cv2"]}') == Start(1.5, ("cv2",))
