"""Killing the worker at random moments costs at most the piece in hand."""

from __future__ import annotations

import queue
import time
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.jobs.client import JobClient
from da3studio.jobs.messages import Happened, Message, RunJob, WorkerDied
from da3studio.pipeline.events import Event, StageDone, StageKept
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.run import run
from da3studio.pipeline.stages import STAGES, Goal
from da3studio.project.folder import ProjectFolder
from tests.jobs.talk import PATIENCE_S, workers
from tests.pipeline.exact_engine import exact_engine, slow_engine

GOALS = [stage.name for stage in STAGES]


@pytest.mark.parametrize(
    "kills", [6, pytest.param(20, marks=pytest.mark.slow)], ids=lambda n: f"{n} kills"
)
def test_that_kills_at_random_moments_lose_nothing_that_was_finished(project: Path, kills: int):
    chance = np.random.default_rng(kills)
    messages: queue.Queue[Message] = queue.Queue()
    finished: set[Goal] = set()
    deaths = 0
    with JobClient(messages.put, reconstructor_for=slow_engine) as client:
        while deaths < kills:
            client.submit(RunJob(project, "texture"))
            first = messages.get(timeout=PATIENCE_S)
            assert isinstance(first, Happened)
            time.sleep(chance.uniform(0, 0.8))  # the moment is the point of this test
            for worker in workers():
                worker.kill()
            events, outcome = rest_of(messages)
            deaths += isinstance(outcome, WorkerDied)
            events.insert(0, first.event)
            check_kept(events, finished)
            finished |= {event.stage for event in events if isinstance(event, StageDone)}
            with ProjectFolder.open(project) as folder:  # the lock of the dead is taken over
                assert list(folder.chunks.verify()) == []
            if finished == set(GOALS):
                finished = start_over(project)

    left: list[Event] = []
    with ProjectFolder.open(project) as folder:
        run(folder, "texture", emit=left.append, token=NEVER, reconstructor_for=exact_engine)
        assert list(folder.chunks.verify()) == []
        assert load_scene(folder).mesh is not None
    check_kept(left, finished)
    assert finished | {e.stage for e in left if isinstance(e, StageDone)} == set(GOALS)


def rest_of(messages: queue.Queue[Message]) -> tuple[list[Event], Message]:
    """Events up to the outcome, and the outcome."""
    events = []
    while isinstance(message := messages.get(timeout=PATIENCE_S), Happened):
        events.append(message.event)
    return events, message


def check_kept(events: list[Event], finished: set[Goal]) -> None:
    """What was finished before is kept and never made again."""
    assert not {e.stage for e in events if isinstance(e, StageDone)} & finished
    kept = {e.stage for e in events if isinstance(e, StageKept)}
    assert kept <= finished
    assert not events or kept == finished


def start_over(project: Path) -> set[Goal]:
    """Throw the results away, so that the next kills have something to meet."""
    with ProjectFolder.open(project) as folder:
        folder.chunks.collect(())
    return set()
