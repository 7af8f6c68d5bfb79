"""`docs/results/long_run.md`."""

from __future__ import annotations

from da3studio.bench.long_run.measure import LongRun, Part
from da3studio.bench.markdown import table
from da3studio.bench.pages import Made, head

_TEXT = """
A walk of {n} photos along a wall and back, by a small network with weights from a formula, on the
processor, {size} photos in a window: what it says is no scene, but memory, time and resuming do not
depend on that. {registered} of the {n} photos have a camera; the run ends with a depth map of each
of these and the cameras, in {files} files of {mb:.0f} MB.

**Memory**: resident, of the worker process, looked at fifty times a second; the highest value
from the mark before to this one.
"""


def long_run_page(run: LongRun, made: Made) -> str:
    """The page as Markdown."""
    marks = sorted({part.views for parts in run.parts.values() for part in parts})
    about = _TEXT.format(
        n=run.n_views, size=run.views_per_window, registered=run.whole.n_registered,
        files=run.n_files, mb=run.size_bytes / 1e6,
    )  # fmt: skip
    growth = ", ".join(run.growing)
    return "\n".join(
        [
            head("Two thousand photos", made),
            about,
            "## Memory in MB, up to so many photos of each step",
            "",
            table(("step", *map(str, marks)), [_memory(*row, marks) for row in run.parts.items()]),
            "",
            f"Steps whose memory grows: {growth}." if growth else "No step's memory grows.",
            "",
            "## Seconds for a photo, up to so many photos of each step",
            "",
            table(("step", *map(str, marks)), [_time(*row, marks) for row in run.parts.items()]),
            "",
            "## Killed and resumed",
            "",
            _kills(run),
            "",
        ]
    )


def _memory(step: str, parts: tuple[Part, ...], marks: list[int]) -> tuple[str, ...]:
    known = {part.views: f"{part.peak_bytes / 1e6:.0f}" for part in parts}
    return (step, *(known.get(mark, "–") for mark in marks))


def _time(step: str, parts: tuple[Part, ...], marks: list[int]) -> tuple[str, ...]:
    known = {p.views: f"{p.seconds / p.n_views:.4f}" for p in parts if p.n_views}
    return (step, *(known.get(mark, "–") for mark in marks))


def _kills(run: LongRun) -> str:
    moments = "; ".join(
        f"{one.last.step or 'between two steps'}, {one.last.share:.0%} done" for one in run.killed
    )
    same = (
        "Every file of its results is byte for byte that of the run without kills."
        if not run.different
        else f"These files differ from those of the run without kills: {', '.join(run.different)}."
    )
    return (
        f"A second project was killed with SIGKILL {len(run.killed)} times ({moments}), each time"
        f" started again, and at last run to its end. {same}"
    )
