"""Extra windows that were put together from two places: what they say of the windows there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.graph import loop_edge
from da3studio.engine.long.join import CannotJoinError, join
from da3studio.engine.long.trace import Trace, WindowStore
from da3studio.engine.long.verify import agreement
from da3studio.geometry.sim3_graph import Sim3Edge
from da3studio.scene.view import ViewId

_CONFIRMED = 0.4  # of what both places show: places that only look alike agree in under a third
_WORSE_THAN_USUAL = 3.0  # times the median spread of the chain's links
_GOOD = 0.01  # of the depth: a spread that is never too much


@dataclass(frozen=True, eq=False)
class Loops:
    """What the extra windows said."""

    edges: tuple[Sim3Edge, ...]
    n_unconfirmed: int  # extra windows that did not show one place twice


def close_loops(
    store: WindowStore, trace: Trace, extra: Iterable[int], *, report: Report, token: CancelToken
) -> Loops:
    """Read extra windows, and keep those that do show one place twice.

    Args:
        store: holds them behind the windows of the plan.
        trace: of the plan's windows.
        extra: their numbers, the likeliest first; each holds views of two places.
        report: told about progress.
        token: checked between windows.

    Raises:
        JobCancelled: by the token.
    """
    spreads = [link.spread for link in trace.links.values()]
    worst = max(_GOOD, _WORSE_THAN_USUAL * float(np.median(spreads))) if spreads else _GOOD
    numbers, edges = list(extra), []
    for done, number in enumerate(numbers):
        token.check()
        report(Progress(tr("Closing loops"), done, len(numbers)))
        edge = _closed(store, trace, store.read(number), worst)
        if edge is not None:
            edges.append(edge)
    return Loops(tuple(edges), len(numbers) - len(edges))


def loop_through(store: WindowStore, trace: Trace, extra: WindowResult) -> tuple[Sim3Edge, float]:
    """What an extra window says of the two windows that it shares most views with; unjudged.

    Returns:
        The edge, and the larger spread of the two joins that it is made of.

    Raises:
        CannotJoinError: it has too little in common with one of them, or both are one window.
    """
    a, b = (
        _best_window(trace, [extra.view_ids[i] for i in half]) for half in _halves(extra, trace)
    )
    if a == b:
        raise CannotJoinError(tr("Both places lie in one group of photos."))
    a_from_extra = join(store.read(a), extra)
    extra_from_b = join(extra, store.read(b))
    spread = max(a_from_extra.spread, extra_from_b.spread)
    return loop_edge(a, b, a_from_extra, extra_from_b), spread


def _closed(store: WindowStore, trace: Trace, extra: WindowResult, worst: float) -> Sim3Edge | None:
    """The loop that an extra window closes, if it does."""
    if agreement(extra, *_halves(extra, trace)) < _CONFIRMED:
        return None
    try:
        edge, spread = loop_through(store, trace, extra)
    except CannotJoinError:
        return None
    return edge if spread <= worst else None


def _halves(extra: WindowResult, trace: Trace) -> tuple[Sequence[int], Sequence[int]]:
    """Which views of an extra window are of the earlier place, and which of the later one."""
    order = np.array([trace.order[view_id] for view_id in extra.view_ids])
    by_order = np.argsort(order, kind="stable")
    cut = int(np.diff(order[by_order]).argmax()) + 1
    return by_order[:cut].tolist(), by_order[cut:].tolist()


def _best_window(trace: Trace, view_ids: Sequence[ViewId]) -> int:
    """The window that holds most of some views, and of those the one that has them inmost."""
    wanted = set(view_ids)

    def fitness(k: int) -> tuple[int, int]:
        held = trace.outlines[k].view_ids
        margins = [min(i, len(held) - 1 - i) for i, name in enumerate(held) if name in wanted]
        return len(margins), min(margins, default=0)

    return max(range(len(trace.outlines)), key=fitness)
