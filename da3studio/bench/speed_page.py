"""The page about speed and memory."""

from __future__ import annotations

from collections.abc import Sequence

from da3studio.bench.costs import RunRecord, median_costs
from da3studio.bench.pages import Made, cost_table, head

_ABOUT = """\
A fresh project each time, in a worker process of its own. CPU seconds are those of the worker and
count all its threads; wall seconds depend on how many cores are free. Memory is the worker's peak
of resident memory, the program and its libraries included."""


def speed_page(photos: str, runs: Sequence[RunRecord], made: Made) -> str:
    """The whole page as Markdown.

    Args:
        photos: how many of which size, in words.
        runs: of the same photos, at least one.
        made: how the page came about.
    """
    kind = "one run" if len(runs) == 1 else f"medians of {len(runs)} runs"
    parts = [
        head("Speed and memory", made),
        _ABOUT,
        f"Photos: {photos}. Figures: {kind}.",
        cost_table(median_costs(runs)),
    ]
    return "\n\n".join(parts) + "\n"
