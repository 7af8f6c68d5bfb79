"""How far the work is: a bar on a terminal, plain lines in a log, JSON lines for a program."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from da3studio.base.i18n import tr
from da3studio.base.progress import Notice, Progress, Report
from da3studio.cli.output import Output
from da3studio.pipeline.events import (
    Event,
    Noticed,
    Registered,
    StageDone,
    StageKept,
    StageProgress,
    StageStarted,
    to_json,
)
from da3studio.pipeline.stages import Goal

TITLES: dict[Goal, str] = {
    "cameras": "Finding cameras",
    "depth": "Measuring depth",
    "cloud": "Joining points",
    "clean": "Cleaning",
    "mesh": "Building the surface",
    "texture": "Baking the texture",
    "gaussians": "Making Gaussians",
}

_PLAIN_SHARE = 0.1  # a line at each tenth of a step ...
_PLAIN_INTERVAL_S = 5.0  # ... but not more often than this
_RATE_NEEDS_S = 1.0  # before that a rate says more about the start than about the work


class Display(Protocol):
    """Shows a person one piece of work after the other."""

    def started(self, title: str) -> None: ...

    def progressed(self, title: str, progress: Progress, seconds_left: float | None) -> None: ...

    def done(self, title: str, seconds: float) -> None: ...


class Narrator:
    """Tells the events of a run and of the work around it, in the words of the output's mode."""

    def __init__(self, output: Output, display: Display) -> None:
        self._output = output
        self._display = display

    def event(self, event: Event) -> None:
        """Tell an event of the pipeline."""
        if self._output.as_json:
            self._output.tell(**to_json(event))
            return
        match event:
            case StageStarted():
                self._display.started(tr(TITLES[event.stage]))
            case StageProgress():
                progress = Progress(event.step, event.done, event.total)
                self._display.progressed(tr(TITLES[event.stage]), progress, event.seconds_left)
            case StageDone():
                self._display.done(tr(TITLES[event.stage]), event.seconds)
            case StageKept():
                title = tr(TITLES[event.stage])
                self._output.tell("stage_kept", tr("{title}: done before").format(title=title))
            case Noticed():
                self._output.tell("noticed", tr("Note: {text}").format(text=event.text))
            case Registered():
                pass  # told at the end, where a person still sees it

    @contextmanager
    def work(self, name: str, title: str) -> Iterator[Report]:
        """Tell of work that is no stage, such as reading photos.

        Args:
            name: for a program.
            title: for a person.

        Yields:
            What the work reports to.
        """
        began = time.monotonic()
        clock = Clock()
        if not self._output.as_json:
            self._display.started(title)

        def report(said: Progress | Notice) -> None:
            if isinstance(said, Notice):
                self._output.tell(
                    "noticed", tr("Note: {text}").format(text=said.text), text=said.text
                )
            elif not self._output.as_json:
                self._display.progressed(title, said, clock.left(said))
            else:
                self._output.tell(
                    "work_progress", work=name, step=said.step, done=said.done, total=said.total
                )

        yield report
        if not self._output.as_json:
            self._display.done(title, time.monotonic() - began)


@contextmanager
def narrator(output: Output) -> Iterator[Narrator]:
    """A narrator with the display that fits where the output goes."""
    if output.live:
        from da3studio.cli.bar import live_bar

        with live_bar(output) as bar:
            yield Narrator(output, bar)
    else:
        yield Narrator(output, PlainLines(output))


class PlainLines:
    """A `Display` for logs: start, end, and each tenth of what takes longer."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._step = ""
        self._next = 0.0
        self._last = 0.0

    def started(self, title: str) -> None:
        self._step = ""
        self._output.tell("started", tr("{title} ...").format(title=title))

    def progressed(self, title: str, progress: Progress, seconds_left: float | None) -> None:
        now = time.monotonic()
        if progress.step != self._step:
            self._step, self._next, self._last = progress.step, _PLAIN_SHARE, now
        share = progress.done / progress.total if progress.total > 0 else 0.0
        if share < self._next or share >= 1 or now - self._last < _PLAIN_INTERVAL_S:
            return
        self._next, self._last = share + _PLAIN_SHARE, now
        line = progress_line(title, progress, seconds_left)
        self._output.tell("progress", f"  {title}: {line}")

    def done(self, title: str, seconds: float) -> None:
        self._output.tell("done", done_line(title, seconds))


class Clock:
    """Seconds left of a step at its own rate so far."""

    def __init__(self) -> None:
        self._step = ""
        self._began = 0.0
        self._done_at_first = 0

    def left(self, progress: Progress) -> float | None:
        """Until the step is done [s]; None while that cannot be told."""
        now = time.monotonic()
        if progress.step != self._step:
            self._step, self._began, self._done_at_first = progress.step, now, progress.done
        spent, done = now - self._began, progress.done - self._done_at_first
        if progress.total <= 0 or done <= 0 or spent < _RATE_NEEDS_S:
            return None
        return spent / done * (progress.total - progress.done)


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `1 h 5 min`; rounded as a person would."""
    whole = max(round(seconds), 1)
    if whole < 60:
        return tr("{s} s").format(s=whole)
    if whole < 3600:
        return tr("{min} min {s} s").format(min=whole // 60, s=whole % 60)
    return tr("{h} h {min} min").format(h=whole // 3600, min=whole % 3600 // 60)


def progress_line(title: str, progress: Progress, seconds_left: float | None) -> str:
    """`matching photos, 12 of 55, 20 s left`, as far as it is known and not said by the title."""
    parts = [progress.step] if progress.step not in ("", title) else []
    if progress.total > 0:
        parts.append(tr("{done} of {total}").format(done=progress.done, total=progress.total))
    elif progress.done > 0:
        parts.append(str(progress.done))
    if seconds_left:
        parts.append(tr("{duration} left").format(duration=duration(seconds_left)))
    return ", ".join(parts)


def done_line(title: str, seconds: float) -> str:
    """`Finding cameras: 12 s`."""
    return tr("{title}: {duration}").format(title=title, duration=duration(seconds))
