"""The live bar on a terminal, by rich."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column

from da3studio.base.progress import Progress
from da3studio.cli.output import Output
from da3studio.cli.progress import done_line, progress_line


@contextmanager
def live_bar(output: Output) -> Iterator[LiveBar]:
    """One bar for the running stage; finished stages and comments scroll by above it."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn(
            "{task.fields[details]}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis"),
        ),
        console=console,
        transient=True,
        redirect_stdout=False,  # answers belong on standard output, also while a bar is shown
        redirect_stderr=False,
    )
    former = output.comment
    output.comment = lambda text: console.print(text, markup=False)
    try:
        with bar:
            yield LiveBar(output, bar)
    finally:
        output.comment = former


class LiveBar:
    """A `Display` for a person who watches."""

    def __init__(self, output: Output, bar: Bar) -> None:
        self._output = output
        self._bar = bar
        self._tasks: list[TaskID] = []

    def started(self, title: str) -> None:
        self._clear()
        self._tasks = [self._bar.add_task(title, total=None, details="")]

    def progressed(self, title: str, progress: Progress, seconds_left: float | None) -> None:
        for task in self._tasks:
            self._bar.update(
                task,
                description=title,
                completed=progress.done,
                total=progress.total or None,
                details=progress_line(title, progress, seconds_left),
            )

    def done(self, title: str, seconds: float) -> None:
        self._clear()
        self._output.comment(done_line(title, seconds))

    def _clear(self) -> None:
        for task in self._tasks:
            self._bar.remove_task(task)
        self._tasks = []
        self._bar.refresh()  # or the next comment would draw the old line once more
