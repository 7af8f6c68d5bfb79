"""`docs/results/window.md`."""

from __future__ import annotations

from da3studio.app.bench.points_page import Aim
from da3studio.app.bench.window import WindowFigures, late_ms
from da3studio.app.bench.window_runs import TICK_MS, Work
from da3studio.bench.markdown import table
from da3studio.bench.pages import Made, head

_START_S, _LATE_MS = 1.5, 30.0

_TEXT = """
**Start**: the real program, in a new process each time, from the start of the process (Python's
own start included) to the moment after the first picture of the window; the first of {starts_all}
starts does not count. **Clock**: a timer of the window that asks every {tick} ms, and by how much
it came late: at rest with {photos} photos in the project, and from the press of *Reconstruct*
(draft) to the finished cloud in the viewport, with the worker on all cores beside it and the
growing cloud drawn meanwhile. OpenGL is a software renderer here: each picture takes the same
processor.
"""


def window_aims(figures: WindowFigures) -> tuple[Aim, ...]:
    """What the issue asks of the window, and what it came to."""
    late = late_ms(figures.best_work.busy_ms, 0.99)
    loaded = [*(one.loaded for one in figures.starts), *(one.loaded for one in figures.works)]
    heavy = {name for names in loaded for name in names} & {"torch", "open3d"}
    return (
        Aim("start, median", f"{figures.start_s:.2f} s", "1.5 s", figures.start_s < _START_S),
        Aim("clock while reconstructing, p99", f"{late:.0f} ms late", "30 ms", late < _LATE_MS),
        Aim("torch or Open3D in its process", ", ".join(heavy) or "none", "none", not heavy),
    )


def window_page(figures: WindowFigures, made: Made) -> str:
    """The page as Markdown."""
    starts = ", ".join(f"{one.seconds:.2f}" for one in figures.starts)
    text = _TEXT.format(
        starts_all=len(figures.starts) + 1, tick=TICK_MS, photos=figures.works[0].n_photos
    )
    aims = [
        (one.name, one.value, one.wanted, "yes" if one.is_met else "NO")
        for one in window_aims(figures)
    ]
    rows = [_row(f"run {n + 1}", work) for n, work in enumerate(figures.works)]
    columns = ("", "at rest p50 / p99", "working p50", "p95", "p99", "most", "seconds", "previews")
    return "\n".join(
        [
            head("The window", made),
            text,
            f"Starts [s]: {starts}",
            "",
            "## The clock [ms late]",
            "",
            table(columns, rows),
            "",
            "## Against what was asked for",
            "",
            "Of the clock the run counts that the rest of the machine disturbed least.",
            "",
            table(("", "measured", "asked for", "met"), aims),
            "",
        ]
    )


def _row(name: str, work: Work) -> tuple[str, ...]:
    rest = f"{late_ms(work.idle_ms, 0.5):.1f} / {late_ms(work.idle_ms, 0.99):.1f}"
    busy = (f"{late_ms(work.busy_ms, share):.1f}" for share in (0.5, 0.95, 0.99, 1.0))
    return (name, rest, *busy, f"{work.seconds:.0f}", str(work.n_previews))
