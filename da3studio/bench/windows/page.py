"""The page about long captures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from da3studio.bench.markdown import number, table
from da3studio.bench.pages import Made, head
from da3studio.bench.windows.measure import OVERLAP, PER_PLACE, SIZE, Cost, Retrieval, Run
from da3studio.bench.windows.network import Errors
from da3studio.bench.windows.walk import Walk

_ABOUT = """\
A walk of {length:.1f} m through two rooms joined by a door, back to the start and a little further:
{n_views} views of {width} x {height} px with exact depth and cameras, in windows of {size} views of
which neighbours share {overlap} or more. No network has seen them; each window is the truth with
errors put on it, drawn anew for every window:

- a world of its own: any orientation and place, a scale that varies by a factor of e^0.5;
- along the walk the scale drifts by {drift:.0%} and the heading by {heading:.0f} degrees, also
  inside the windows, so that all neighbours agree and the whole is wrong all the same;
- depth: {pixel:.1%} noise per pixel, {view:.1%} per view, {smooth:.1%} that varies slowly over the
  picture; cameras: {centre:.1%} of the scene's depth and {turn} degrees.

Figures are medians over {seeds} draws, with the worst of them where it says so.

- **End**: how far off the last camera is if the first window is where it belongs, over the length
  of the walk. It has to be under 0.5 % with loops.
- **Cameras**: root mean square error of all cameras after the similarity that fits them best, over
  the length of the walk.
- **Walls**: RMS distance from their plane of all views' points on a square metre of wall, floor or
  furniture (median over such patches, and the worst in twenty): a wall that is there twice shows
  here. A single view's own points have {alone:.1f} cm: the noise of its pixels; what is between
  that and the first line are the errors of whole views, which no joining of windows mends."""

_LOOPS = """\
## Loops

Candidates come from descriptors that are as alike as what two views show, hidden under a part that
all share and under noise. Of {proposed} that were proposed, {same} show the same place (a tenth or
more of what they show). For each, one more window is made of {per_place} views around either. The
false ones are of different rooms that look alike: the network takes them for one place and puts the
second half of the window where the first one is. Two things stand against them: what the halves of
the window see has to agree in depth, and a loop must not strain the chain more than drift explains.
The last line leaves the first of them out. How many were believed and refused, over all draws:"""

_COST = """\
## Cost

Windows read from files, joined and chained, without loops. Memory is what Python and NumPy hold at
one time; two windows are {two:.1f} MB, and each view adds its camera and its descriptor."""

_TITLES = ("windows", "end", "end, worst", "cameras", "walls", "walls, worst")


def windows_page(
    walk: Walk, errors: Errors, runs: Sequence[Run], found: Retrieval, costs: Sequence[Cost],
    made: Made,
) -> str:  # fmt: skip
    """The whole page as Markdown.

    Args:
        walk: what was walked.
        errors: of the windows.
        runs: all ways, for several draws.
        found: what the descriptors proposed.
        costs: for several lengths of the walk.
        made: how the page came about.
    """
    ways = list(dict.fromkeys(run.way for run in runs))
    seeds = len(runs) // len(ways)
    about = _ABOUT.format(
        length=walk.length_m, n_views=walk.n_views, width=walk.size[0], height=walk.size[1],
        size=SIZE, overlap=OVERLAP, drift=errors.scale_drift, heading=errors.heading_drift_deg,
        pixel=errors.pixel, view=errors.view_scale, smooth=errors.smooth, centre=errors.centre,
        turn=errors.turn_deg, seeds=seeds,
        alone=100 * np.median([run.score.view_wall_m for run in runs]),
    )  # fmt: skip
    loops = _LOOPS.format(proposed=found.n_proposed, same=found.n_same_place, per_place=PER_PLACE)
    two_windows = 2 * SIZE * walk.size[0] * walk.size[1] * 9 / 1e6  # float32 twice, bool once
    rows = [_row(way, [run for run in runs if run.way == way]) for way in ways]
    parts = [
        head("Long captures: windows brought together", made),
        about,
        table(_TITLES, rows),
        loops,
        table(("windows", "believed", "refused", "seconds"), _loop_rows(ways, runs)),
        _COST.format(two=two_windows),
        table(("views", "windows", "on disk", "seconds", "peak memory"), _cost_rows(costs)),
    ]
    return "\n\n".join(parts) + "\n"


def _row(way: str, runs: Sequence[Run]) -> tuple[str, ...]:
    scores = [run.score for run in runs]
    ends = [one.end_drift for one in scores]
    return (
        way,
        f"{np.median(ends):.2%}",
        f"{max(ends):.2%}",
        f"{np.median([one.rms_drift for one in scores]):.2%}",
        f"{100 * np.median([one.wall_m for one in scores]):.1f} cm",
        f"{100 * np.median([one.wall_worst_m for one in scores]):.1f} cm",
    )


def _loop_rows(ways: Sequence[str], runs: Sequence[Run]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for way in ways:
        mine = [run for run in runs if run.way == way]
        if any(run.n_closed for run in mine):
            closed, refused = sum(run.n_closed for run in mine), sum(run.n_refused for run in mine)
            seconds = float(np.median([run.seconds for run in mine]))
            rows.append((way, str(closed), str(refused), number(seconds)))
    return rows


def _cost_rows(costs: Sequence[Cost]) -> list[tuple[str, ...]]:
    return [
        (
            str(cost.n_views),
            str(cost.n_windows),
            f"{cost.disk_bytes / 1e6:.0f} MB",
            number(cost.seconds),
            f"{cost.peak_bytes / 1e6:.1f} MB",
        )
        for cost in costs
    ]
