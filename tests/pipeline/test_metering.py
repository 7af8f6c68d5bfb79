from __future__ import annotations

import pytest

from da3studio.base.progress import Notice, Progress
from da3studio.pipeline.events import Event, Noticed, StageProgress, StageStarted
from da3studio.pipeline.metering import Metered


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("da3studio.pipeline.metering.time.monotonic", lambda: now[0])
    return now


def test_that_10_reports_a_second_get_through(events, clock):
    with Metered(events.append, "depth", "key", 1000) as stage:
        for done in range(1000):
            clock[0] = done / 1000
            stage.report(Progress("step", done, 1001))
    assert len([e for e in events if isinstance(e, StageProgress)]) == pytest.approx(10, abs=1)


def test_that_the_last_report_and_new_steps_always_get_through(events, clock):
    with Metered(events.append, "depth", "key", 2) as stage:
        stage.report(Progress("one", 0, 2))
        stage.report(Progress("one", 1, 2))
        stage.report(Progress("one", 2, 2))
        stage.report(Progress("two", 0, 0))
    told = [(e.step, e.done) for e in events if isinstance(e, StageProgress)]
    assert told == [("one", 0), ("one", 2), ("two", 0)]


def test_that_time_left_follows_the_rate_of_the_step(events, clock):
    with Metered(events.append, "depth", "key", 10) as stage:
        for done in range(4):
            clock[0] = 100 + 2.0 * done
            stage.report(Progress("step", done, 10))
        stage.report(Progress("other", 3, 0))
    left = [e.seconds_left for e in events if isinstance(e, StageProgress)]
    assert left == [None, 18, 16, 14, None]


def test_that_notices_pass(events):
    with Metered(events.append, "mesh", "key", 1) as stage:
        stage.report(Notice("Something."))
    assert events[:2] == [StageStarted("mesh", 1), Noticed("mesh", "Something.")]


def test_that_a_failed_stage_is_not_done(events):
    with pytest.raises(ZeroDivisionError), Metered(events.append, "mesh", "key", 1):
        raise ZeroDivisionError
    assert events == [StageStarted("mesh", 1)]
