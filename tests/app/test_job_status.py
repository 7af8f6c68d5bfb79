"""How far a run is, and how long it still takes."""

from __future__ import annotations

import pytest

from da3studio.app.viewmodels.job_status import JobStatus, course_to, duration_text


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def course(goal="texture", **options):
    clock = Clock()
    one = course_to(goal, clock=clock, **options)
    return one, clock


def test_that_the_fraction_counts_work_and_ends_at_one():
    one, _ = course(cuts=True)
    seen = [one.fraction]
    for stage in ("cameras", "depth", "cloud", "clean", "mesh", "texture"):
        one.within(stage, 0.5)
        seen.append(one.fraction)
        one.finished(stage)
        seen.append(one.fraction)

    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == pytest.approx(1)
    assert seen[3] - seen[2] > seen[9] - seen[8]  # depth is more work than the mesh


def test_that_cleaning_counts_only_where_the_project_cuts_something():
    for cuts in (True, False):
        one, _ = course("mesh", cuts=cuts)
        for stage in ("cameras", "depth", "cloud", "mesh"):
            one.finished(stage)
        assert (one.fraction < 1) is cuts
        one.finished("clean")
        assert one.fraction == pytest.approx(1)


def test_that_it_never_goes_back_when_a_stage_has_another_step():
    one, _ = course()
    one.within("cameras", 0.9)
    before = one.fraction
    one.within("cameras", 0.1)

    assert one.fraction == before


def test_that_no_time_is_told_before_enough_was_done_and_then_it_is_right():
    one, clock = course("depth")
    one.within("cameras", 0.05)
    assert one.seconds_left is None

    one.finished("cameras")
    one.within("depth", 0.5)
    clock.now += 50
    done = one.fraction
    assert one.seconds_left == pytest.approx(50 * (1 - done) / done)


def test_that_what_was_there_already_makes_no_false_hurry():
    one, clock = course("depth")
    one.kept("cameras")
    clock.now += 1
    assert one.seconds_left is None

    one.within("depth", 0.25)
    clock.now += 9
    assert one.seconds_left == pytest.approx(30)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "a few seconds"), (47, "about 50 s"), (200, "about 3 min"), (9000, "about 2.5 h")],
)
def test_that_durations_are_as_exact_as_they_are_known(seconds, text):
    assert duration_text(seconds) == text


def test_that_the_log_is_bounded():
    status = JobStatus()
    for n in range(5000):
        status = status.logged(str(n))

    assert len(status.log) <= 2001
    assert status.log[-1].endswith("4999")
