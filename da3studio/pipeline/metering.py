"""What a stage costs, and how long it still takes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

from da3studio.base.progress import Notice, Progress
from da3studio.pipeline.events import Emit, Noticed, StageDone, StageProgress, StageStarted
from da3studio.pipeline.stages import Goal

_EVENTS_PER_S = 10.0
_SAMPLE_EVERY_S = 0.25
_RATE_NEEDS_S = 0.5  # a rate from less time jumps about


class Metered:
    """The time around a stage: says when it starts and, if nothing was raised, what it cost.

    Args:
        emit: receives the events, on the thread that runs the stage.
        stage: its name.
        key: of the result.
        total: units still to do, 0 = not known.
    """

    def __init__(self, emit: Emit, stage: Goal, key: str, total: int) -> None:
        self._emit, self._stage, self._key, self._total = emit, stage, key, total
        self._memory = _PeakMemory()
        self._pace = Pace()

    def __enter__(self) -> Self:
        self._emit(StageStarted(self._stage, self._total))
        self._started, self._cpu_started = time.monotonic(), _cpu_seconds()
        self._memory.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        peak = self._memory.stop()
        if error is None:
            seconds, cpu = time.monotonic() - self._started, _cpu_seconds() - self._cpu_started
            self._emit(StageDone(self._stage, self._key, seconds, cpu, peak))

    def report(self, said: Progress | Notice) -> None:
        """A `Report`: passes notices on, and at most ten steps of progress a second."""
        if isinstance(said, Notice):
            self._emit(Noticed(self._stage, said.text))
            return
        paced = self._pace.of(said)
        if paced is not None:
            self._emit(
                StageProgress(self._stage, said.step, said.done, said.total, paced.seconds_left)
            )


@dataclass(frozen=True)
class Paced:
    """A report that is worth passing on."""

    seconds_left: float | None  # of its step; None = not known yet


class Pace:
    """Which of many reports to pass on: ten a second, the first and the last of every step."""

    def __init__(self) -> None:
        self._step = _StepRate("")
        self._told = 0.0

    def of(self, said: Progress) -> Paced | None:
        """How long the step still takes; `None` if the report can be dropped."""
        now = time.monotonic()
        new_step = said.step != self._step.name
        if new_step:
            self._step = _StepRate(said.step)
        left = self._step.seconds_left(said, now)
        if new_step or said.done == said.total or now - self._told >= 1 / _EVENTS_PER_S:
            self._told = now
            return Paced(left)
        return None


class _StepRate:
    """How fast one step goes, from its first report on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._first: tuple[float, int] | None = None

    def seconds_left(self, said: Progress, now: float) -> float | None:
        if self._first is None:
            self._first = now, said.done
        since, done_before = self._first
        if not (said.total and said.done > done_before and now - since >= _RATE_NEEDS_S):
            return None
        return (now - since) / (said.done - done_before) * max(said.total - said.done, 0)


class _PeakMemory:
    """Highest resident memory of this process and its children, looked at four times a second."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak memory", daemon=True)
        self._peak = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return max(self._peak, _memory_bytes())

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_EVERY_S):
            self._peak = max(self._peak, _memory_bytes())


def _memory_bytes() -> int:
    total = 0
    for process in _family():
        try:
            total += process.memory_info().rss
        except psutil.Error:  # it ended while we asked
            continue
    return total


def _cpu_seconds() -> float:
    """Used so far by this process, its children, and those that it waited for."""
    total = 0.0
    for process in _family():
        try:
            times = process.cpu_times()
        except psutil.Error:  # it ended while we asked
            continue
        waited = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        total += times.user + times.system + waited
    return total


def _family() -> list[psutil.Process]:
    this = psutil.Process()
    return [this, *this.children(recursive=True)]
