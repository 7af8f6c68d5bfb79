"""Watching a run from outside: the memory of its process, and its end at a chosen moment."""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from da3studio.base.cancel import CancelToken
from da3studio.jobs.client import JobClient
from da3studio.jobs.messages import Happened, Message, Outcome, RunJob
from da3studio.pipeline.events import Event, Registered, StageDone, StageProgress

_LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Moment:
    """When to end a run: in a step of it, some time after a share of the step is done."""

    step: str
    share: float
    later_s: float


@dataclass(frozen=True)
class Sample:
    """A look at the process."""

    step: str  # "" = between steps
    share: float  # of the step that was done
    at_s: float  # since the run was asked for
    memory_bytes: int  # resident


@dataclass(frozen=True)
class Watched:
    """What was seen of one run."""

    samples: tuple[Sample, ...]
    n_registered: int | None  # `None` = it did not come so far
    outcome: Outcome

    @property
    def last(self) -> Sample:
        """Where it ended."""
        return self.samples[-1]

    @property
    def steps(self) -> Mapping[str, tuple[Sample, ...]]:
        """The looks at each step, in the order of the steps."""
        names = dict.fromkeys(one.step for one in self.samples if one.step)
        return {name: tuple(one for one in self.samples if one.step == name) for name in names}


def watch(project: Path, token: CancelToken, kill: Moment | None = None) -> Watched:
    """Let a worker process bring a project up to its depth maps.

    Args:
        project: its folder.
        token: asked all the time.
        kill: when the process is killed, as `kill -9` does it; `None` = never.

    Raises:
        JobCancelled: by the token; the process is ended.
    """
    messages: queue.Queue[Message] = queue.Queue()
    others = set(multiprocessing.active_children())
    with JobClient(messages.put) as client:
        client.submit(RunJob(project, "depth"))
        first = messages.get()  # from here on there is a process
        (process,) = set(multiprocessing.active_children()) - others
        watcher = _Watcher(process, kill)
        for message in _chained(first, messages):
            token.check()
            if isinstance(message, Outcome):
                return Watched(tuple(watcher.samples), watcher.n_registered, message)
            watcher.look(message.event if isinstance(message, Happened) else None)
    raise AssertionError("a queue of messages does not end")


def _chained(first: Message, messages: queue.Queue[Message]) -> Iterator[Message | None]:
    """Messages as they come, and `None` where none came for a moment."""
    yield first
    while True:
        try:
            yield messages.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            yield None


class _Watcher:
    """Keeps what is seen of a process, and ends it in time."""

    def __init__(self, process: Any, kill: Moment | None) -> None:
        self.samples: list[Sample] = []
        self.n_registered: int | None = None
        self._process, self._seen = process, psutil.Process(process.pid)
        self._kill, self._kill_at_s = kill, float("inf")
        self._step, self._share = "", 0.0
        self._began = time.monotonic()

    def look(self, event: Event | None) -> None:
        """To be called with every event, and often in between."""
        now = time.monotonic() - self._began
        match event:
            case StageProgress(step=step, done=done, total=total) if total:
                self._step, self._share = step, done / total
            case StageDone():
                self._step, self._share = "", 0.0
            case Registered(registered=n):
                self.n_registered = n
        kill = self._kill
        if kill and kill.step == self._step and kill.share <= self._share:
            self._kill_at_s = min(self._kill_at_s, now + kill.later_s)
        with suppress(psutil.NoSuchProcess):
            memory = self._seen.memory_info().rss
            if memory:  # else it is dead, and nobody has asked for its end yet
                self.samples.append(Sample(self._step, self._share, now, memory))
        if now >= self._kill_at_s:
            self._process.kill()
