from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from da3studio.base.errors import CannotReconstruct, Missing
from da3studio.jobs.messages import (
    Cancelled,
    Crashed,
    Failed,
    Finished,
    RunJob,
    WorkerDied,
)
from da3studio.pipeline.events import StageDone, StageKept, UnitStored
from da3studio.project.folder import ProjectFolder
from tests.jobs.engines import buggy_engine, deaf_engine, faulty_once, killed_once
from tests.jobs.talk import Talk, workers
from tests.pipeline.exact_engine import VIEWS, blind_engine, exact_engine, slow_engine


def test_that_a_job_runs_in_a_polite_process_and_finishes(project):
    talk = Talk(slow_engine)
    with talk.client as client:
        number = client.submit(RunJob(project, "depth"))
        talk.until_started("depth")
        (worker,) = workers()
        assert worker.nice() >= 10
        os.kill(worker.pid, signal.SIGINT)  # Ctrl+C reaches the whole group
        assert talk.outcome() == Finished(number)
    assert talk.stages(StageDone) == ["cameras", "depth"]
    assert {message.job_id for message in talk.said} == {number}
    assert workers() == []


def test_that_each_depth_map_is_told_when_it_can_be_read(project):
    talk = Talk(slow_engine)
    with talk.client as client, ProjectFolder.open(project, write=False) as folder:
        client.submit(RunJob(project, "depth"))
        units = []
        while len(units) < VIEWS:
            happened = talk.until(lambda m: isinstance(getattr(m, "event", None), UnitStored))
            assert folder.chunks.header(happened.event.key).unit == happened.event.unit
            units.append(happened.event.unit)
        assert isinstance(talk.outcome(), Finished)
    assert sorted(units) == sorted(view.id for view in folder.project.views)


def test_that_jobs_run_one_after_the_other_in_one_worker(project):
    talk = Talk(exact_engine)
    with talk.client as client:
        numbers = [client.submit(RunJob(project, goal)) for goal in ("cameras", "depth", "depth")]
        assert [talk.outcome() for _ in numbers] == [Finished(number) for number in numbers]
        assert len(workers()) == 1
    assert talk.stages(StageDone) == ["cameras", "depth"]


def test_that_the_worker_shares_the_lock_of_the_program_that_started_it(project):
    talk = Talk(exact_engine)
    with ProjectFolder.open(project) as folder, talk.client as client:
        client.submit(RunJob(project, "cameras"))
        assert isinstance(talk.outcome(), Finished)
        folder.save(folder.project.with_views(folder.project.views[1:]))


def test_that_an_error_for_people_arrives_as_it_was_raised(project):
    talk = Talk(blind_engine)
    with talk.client as client:
        client.submit(RunJob(project, "depth"))
        failed = talk.outcome()
        client.submit(RunJob(project / "nowhere", "depth"))
        missing = talk.outcome()
    assert isinstance(failed, Failed)
    assert isinstance(failed.error(), CannotReconstruct)
    assert (failed.error().what, failed.error().fix) == ("It is dark.", "Light one.")
    assert isinstance(missing, Failed)
    assert isinstance(missing.error(), Missing)


def test_that_a_bug_is_reported_and_the_worker_lives_on(project):
    talk = Talk(buggy_engine)
    with talk.client as client:
        client.submit(RunJob(project, "depth"))
        crashed = talk.outcome()
        (worker,) = workers()
        client.submit(RunJob(project, "cameras"))
        assert isinstance(talk.outcome(), Finished)
        assert workers() == [worker]
    assert isinstance(crashed, Crashed)
    assert "ZeroDivisionError: a bug of ours" in crashed.traceback


def test_that_cancel_ends_a_job_within_2_seconds_and_drops_those_that_wait(project):
    talk = Talk(slow_engine)
    with talk.client as client:
        numbers = [client.submit(RunJob(project, "texture")) for _ in range(3)]
        talk.until_started("depth")
        began = time.monotonic()
        client.cancel()
        assert [talk.outcome() for _ in numbers] == [Cancelled(number) for number in numbers]
        assert time.monotonic() - began < 2
        later = client.submit(RunJob(project, "cameras"))
        assert talk.outcome() == Finished(later)


def test_that_a_job_that_does_not_listen_is_killed_after_the_grace_time(project):
    talk = Talk(deaf_engine, grace_s=0.3)
    with talk.client as client:
        number = client.submit(RunJob(project, "depth"))
        talk.until_started("depth")
        began = time.monotonic()
        client.cancel()
        assert talk.outcome() == Cancelled(number)
        assert time.monotonic() - began < 2
        later = client.submit(RunJob(project, "cameras"))
        assert talk.outcome() == Finished(later)
    assert talk.stages(StageKept) == ["cameras"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("lookup", "code"), [(faulty_once, -signal.SIGSEGV), (killed_once, -signal.SIGKILL)]
)
def test_that_a_dead_worker_is_a_message_and_the_next_job_works(
    project, lookup, code, tmp_path, monkeypatch
):
    monkeypatch.setenv("DA3STUDIO_TEST_MARKS", str(tmp_path))
    talk = Talk(lookup)
    with talk.client as client:
        died = client.submit(RunJob(project, "depth"))
        works = client.submit(RunJob(project, "depth"))
        assert talk.outcome() == WorkerDied(died, code)
        assert talk.outcome() == Finished(works)
    assert talk.stages(StageKept) == ["cameras"]


def test_that_closing_ends_a_job_that_runs(project):
    talk = Talk(deaf_engine, grace_s=0.1)
    with talk.client as client:
        client.submit(RunJob(project, "depth"))
        talk.until_started("depth")
    assert isinstance(talk.outcome(), Cancelled)
    assert workers() == []


@pytest.mark.parametrize(
    "engine",
    [
        "deaf_engine",
        pytest.param(
            "greedy_engine",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="a signal of Linux"),
        ),
    ],
)
def test_that_no_worker_outlives_a_killed_parent(project, tmp_path, monkeypatch, engine):
    monkeypatch.setenv("DA3STUDIO_TEST_MARKS", str(tmp_path))
    root = Path(__file__).parents[2]
    code = (
        "import pathlib, sys, time\n"
        "from da3studio.jobs.client import JobClient\n"
        "from da3studio.jobs.messages import RunJob\n"
        f"from tests.jobs.engines import {engine}\n"
        "if __name__ == '__main__':\n"
        "    say = lambda m: print(m.event, flush=True)\n"
        f"    client = JobClient(say, reconstructor_for={engine})\n"
        "    client.start()\n"
        f"    client.submit(RunJob(pathlib.Path({str(project)!r}), 'depth'))\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        while not parent.stdout.readline().startswith("StageStarted(stage='depth'"):
            assert parent.poll() is None
        while engine == "greedy_engine" and not (tmp_path / "asked").exists():
            assert parent.poll() is None
        children = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        gone, alive = psutil.wait_procs(children, timeout=10)
    assert len(gone) >= 1
    assert alive == []
