"""The life of the worker: warm, paused, cancelled, and never in the way of the window."""

from __future__ import annotations

import gettext
import sys
import time

import numpy as np
import pytest

from da3studio.base.paths import resources
from da3studio.engine.device import describe_device
from da3studio.jobs.messages import (
    Cancelled,
    Computing,
    Failed,
    Finished,
    RunJob,
    VerifyJob,
)
from da3studio.pipeline.events import StageDone, StageKept
from da3studio.project.folder import ProjectFolder
from tests.jobs.engines import deaf_engine, torch_engine
from tests.jobs.talk import PATIENCE_S, Talk, workers
from tests.pipeline.exact_engine import exact_engine, slow_engine

WINDOW_GRACE_S = 1.5  # what the window gives a job to stop by itself


def wait_until(condition) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # of a poll, not of the thing tested


def test_that_a_pause_frees_the_memory_and_the_same_job_goes_on(project):
    talk = Talk(slow_engine, grace_s=WINDOW_GRACE_S)
    with talk.client as client:
        first = client.submit(RunJob(project, "depth"))
        waiting = client.submit(RunJob(project, "depth"))
        talk.until_started("depth")
        (before,) = workers()
        assert client.memory_bytes() > 50e6
        client.restart()
        assert [talk.outcome(), talk.outcome()] == [Cancelled(first), Cancelled(waiting)]
        wait_until(lambda: client.memory_bytes() == 0)
        wait_until(lambda: not before.is_running())
        assert workers() == []
        again = client.submit(RunJob(project, "depth"))
        assert talk.outcome() == Finished(again)
        assert client.memory_bytes() > 50e6
    assert talk.stages(StageKept) == ["cameras"]
    assert talk.stages(StageDone) == ["cameras", "depth"]


def test_that_a_pause_ends_within_2_seconds_also_a_job_that_does_not_listen(project):
    talk = Talk(deaf_engine, grace_s=WINDOW_GRACE_S)
    with talk.client as client:
        number = client.submit(RunJob(project, "depth"))
        talk.until_started("depth")
        began = time.monotonic()
        client.restart()
        assert talk.outcome() == Cancelled(number)
        wait_until(lambda: workers() == [])
        assert time.monotonic() - began < 2


def test_that_the_windows_cancel_ends_within_2_seconds_what_does_not_listen(project):
    talk = Talk(deaf_engine, grace_s=WINDOW_GRACE_S)
    with talk.client as client:
        number = client.submit(RunJob(project, "depth"))
        talk.until_started("depth")
        began = time.monotonic()
        client.cancel()
        assert talk.outcome() == Cancelled(number)
        assert time.monotonic() - began < 2
        with ProjectFolder.open(project) as folder:
            assert list(folder.chunks.verify()) == []


def test_that_a_pause_while_nothing_runs_only_ends_the_worker(project):
    talk = Talk(exact_engine)
    with talk.client as client:
        wait_until(lambda: client.memory_bytes() > 0)
        client.restart()
        wait_until(lambda: workers() == [])
        number = client.submit(RunJob(project, "cameras"))
        assert talk.outcome() == Finished(number)


def test_that_a_worker_that_warms_up_does_jobs_meanwhile_and_ends_at_once(project):
    talk = Talk(exact_engine)
    with talk.client as client:
        client.warm()
        client.warm()
        client.submit(VerifyJob("da3-none"))
        assert isinstance(talk.outcome(), Failed)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert workers() == []


def test_that_what_computes_is_told_once(project):
    talk = Talk(torch_engine)
    with talk.client as client:
        number = client.submit(RunJob(project, "depth"))
        assert talk.outcome() == Finished(number)
    (told,) = [message for message in talk.said if isinstance(message, Computing)]
    assert told.job_id == number
    assert told.device == describe_device("auto")


def test_that_messages_are_in_the_language_of_the_client(project):
    german = gettext.translation("da3studio", str(resources() / "i18n"), ["de"])
    nowhere = project / "nowhere"
    talk = Talk(exact_engine)
    with talk.client as client:
        client.language = "de"
        client.submit(RunJob(nowhere, "depth"))
        outcome = talk.outcome()
    assert isinstance(outcome, Failed)
    said = german.gettext("There is no project in {folder}.")
    assert outcome.what == said.format(folder=nowhere)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="priorities as on Linux")
def test_that_the_window_stays_responsive_while_the_worker_computes(project, capsys):
    """A tick every 10 ms in this process is late by less than 30 ms, 99 times of 100."""
    talk = Talk(slow_engine)
    late = []
    with talk.client as client:
        client.submit(RunJob(project, "texture"))
        talk.until_started("cameras")
        due = time.perf_counter()
        end = due + 8
        while due < end:
            due += 0.01
            time.sleep(max(0.0, due - time.perf_counter()))
            late.append(max(0.0, time.perf_counter() - due))
    p99 = 1e3 * float(np.quantile(late, 0.99))
    with capsys.disabled():
        print(f"\nlateness of a 10 ms tick: p99 {p99:.1f} ms, max {1e3 * max(late):.1f} ms")
    assert p99 < 30
