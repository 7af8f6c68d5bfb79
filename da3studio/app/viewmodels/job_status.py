"""What runs, how far it is and how long it takes, for the bar at the bottom of the window."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from da3studio.app.units import number_text
from da3studio.base.i18n import tr
from da3studio.pipeline.stages import Goal, stages_until

State = Literal["idle", "running", "stopping", "paused"]

# Share of the whole work, from docs/results/speed.md: a bar that counts stages would rush and wait.
_WORK: dict[Goal, float] = {
    "cameras": 0.17,
    "depth": 0.38,
    "cloud": 0.11,
    "clean": 0.01,
    "mesh": 0.13,
    "texture": 0.20,
    "gaussians": 0.20,
}
_TELL_AFTER = 0.04  # of the work: before, nobody knows how long it takes
_LOG_LINES = 2000


@dataclass(frozen=True)
class JobStatus:
    """One moment of the job that runs, or that ran last."""

    state: State = "idle"
    title: str = ""  # "Reconstructing"
    step: str = ""  # "Comparing depth maps"
    done: int = 0
    total: int = 0  # units of the step, 0 = not known
    fraction: float | None = None  # of all the work of the job, None = not known
    seconds_left: float | None = None
    device: str = ""  # what computes, in plain words; "" = not known yet
    memory_bytes: int = 0  # of the worker
    waiting: tuple[str, ...] = ()  # titles of what comes next
    can_pause: bool = False  # it can go on later from where it was
    log: tuple[str, ...] = field(default=(), repr=False)

    @property
    def busy(self) -> bool:
        """Whether something runs or is about to stop."""
        return self.state in ("running", "stopping")

    def logged(self, line: str) -> JobStatus:
        """With one more line in the log, each with its time of day."""
        stamped = f"{time.strftime('%H:%M:%S')}  {line}"
        return replace(self, log=(*self.log[-_LOG_LINES:], stamped))


class Course:
    """How far a run through several stages is, by the work that each of them is.

    Args:
        stages: that the run goes through, in order.
        clock: seconds, any origin.
    """

    def __init__(
        self, stages: tuple[Goal, ...], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._work = {stage: _WORK[stage] for stage in stages}
        self._done: dict[Goal, float] = {}
        self._clock = clock
        self._start = clock()
        self._kept = 0.0  # work that was there already
        self._shown = 0.0

    def kept(self, stage: Goal) -> None:
        """The stage's result was there."""
        if stage in self._work and self._done.get(stage, 0.0) < 1.0:
            self._kept += self._work[stage] * (1 - self._done.get(stage, 0.0))
            self._done[stage] = 1.0

    def finished(self, stage: Goal) -> None:
        """The stage is done."""
        if stage in self._work:
            self._done[stage] = 1.0

    def within(self, stage: Goal, share: float) -> None:
        """The stage is this far, 0...1; it never goes back."""
        if stage in self._work:
            self._done[stage] = max(self._done.get(stage, 0.0), min(share, 1.0))

    @property
    def fraction(self) -> float:
        """Of all the work, 0...1; never less than it was."""
        total = sum(self._work.values()) or 1.0
        done = sum(self._work[stage] * share for stage, share in self._done.items())
        self._shown = max(self._shown, min(done / total, 1.0))
        return self._shown

    @property
    def seconds_left(self) -> float | None:
        """From what was done in this run; `None` before enough of it is."""
        total = sum(self._work.values()) or 1.0
        new = self.fraction - self._kept / total
        if new < _TELL_AFTER:
            return None
        return (self._clock() - self._start) * (1 - self.fraction) / new


def duration_text(seconds: float) -> str:
    """`about 3 min`, as exact as it is known."""
    if seconds < 10:
        return tr("a few seconds")
    if seconds < 90:
        return tr("about {n} s").format(n=round(seconds / 10) * 10)
    if seconds < 5400:
        return tr("about {n} min").format(n=round(seconds / 60))
    return tr("about {n} h").format(n=number_text(seconds / 3600, 1))


def course_to(
    goal: Goal, *, cuts: bool = False, clock: Callable[[], float] = time.monotonic
) -> Course:
    """Of a run up to a goal.

    Args:
        goal: the last stage.
        cuts: whether the project has edits switched on, see `stages_until`.
        clock: seconds, any origin.
    """
    return Course(tuple(stage.name for stage in stages_until(goal, cuts=cuts)), clock)
