"""What bringing windows of a walk together achieves, and what it costs."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import silent
from da3studio.bench.windows.network import REALISTIC, Errors, WalkWindows
from da3studio.bench.windows.scores import WalkScore, score
from da3studio.bench.windows.walk import Walk
from da3studio.engine.long.chain import Chained, chain
from da3studio.engine.long.closing import Loops, close_loops, loop_through
from da3studio.engine.long.disk import DiskWindows
from da3studio.engine.long.join import join
from da3studio.engine.long.loops import Revisit, loop_windows
from da3studio.engine.long.plan import plan_windows
from da3studio.engine.long.trace import Trace, trace_windows
from da3studio.scene.view import ViewId

SIZE, OVERLAP, PER_PLACE = 40, 12, 10  # views
N_VIEWS, N_MANY = 300, 1200
SEEDS = 5
NO_LOOPS = Loops((), 0)

_LOOK_ALIKE = ((40, 160), (20, 130), (100, 210), (75, 250))  # views of different rooms, in 300
_SAME_PLACE = 0.1  # of what two views show: from there on they do show one place


@dataclass(frozen=True)
class Run:
    """One way to bring the windows of one seed together."""

    way: str
    score: WalkScore
    n_closed: int
    n_refused: int
    seconds: float  # of closing and chaining, the drawing of the extra windows included


@dataclass(frozen=True)
class Retrieval:
    """What the descriptors proposed, over all seeds."""

    n_proposed: int
    n_same_place: int


@dataclass(frozen=True)
class Cost:
    """Joining windows that lie on disk."""

    n_views: int
    n_windows: int
    disk_bytes: int
    seconds: float
    peak_bytes: int  # allocated by Python and NumPy at one time


def measure_ways(
    walk: Walk, token: CancelToken, errors: Errors = REALISTIC, seeds: int = SEEDS
) -> tuple[list[Run], Retrieval]:
    """All ways, for several draws of the errors."""
    runs: list[Run] = []
    n_proposed, n_same = 0, 0
    alike = walk.surfaces @ walk.surfaces.T
    for seed in range(seeds):
        plan = _plan(walk)
        store = WalkWindows(walk, plan, errors, seed=seed)
        trace = trace_windows(store, len(plan), report=silent, token=token)
        revisits = trace.revisits(most=len(plan))
        n_proposed += len(revisits)
        n_same += sum(alike[one.first, one.second] > _SAME_PLACE for one in revisits)
        runs += _ways(walk, trace, store, revisits, token)
    return runs, Retrieval(n_proposed, n_same)


def measure_cost(walk: Walk, folder: Path, token: CancelToken) -> Cost:
    """Time and memory of joining all windows, read from files."""
    plan = _plan(walk)
    said = WalkWindows(walk, plan, REALISTIC)
    store = DiskWindows(folder, plan, "bench windows")
    for k in range(len(plan)):
        token.check()
        if not store.has(k):
            store.put(k, said.read(k))
    started = time.perf_counter()
    chain(trace_windows(store, len(plan), report=silent, token=token), NO_LOOPS)
    seconds = time.perf_counter() - started
    tracemalloc.start()
    try:
        chain(trace_windows(store, len(plan), report=silent, token=token), NO_LOOPS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    size = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    return Cost(walk.n_views, len(plan), size, seconds, peak)


def _plan(walk: Walk) -> list[tuple[ViewId, ...]]:
    windows = plan_windows(walk.n_views, SIZE, OVERLAP)
    return [tuple(walk.view_ids[i] for i in window) for window in windows]


def _ways(
    walk: Walk,
    trace: Trace,
    store: WalkWindows,
    revisits: Sequence[Revisit],
    token: CancelToken,
) -> Iterator[Run]:
    chained = chain(trace, NO_LOOPS)
    yield Run("each at its true place", score(walk, _true(chained, store), store), 0, 0, 0.0)
    yield _run("chain alone", walk, chained, store, 0.0)
    false = [
        Revisit(i * walk.n_views // N_VIEWS, j * walk.n_views // N_VIEWS, 2.0)
        for i, j in _LOOK_ALIKE
    ]
    first = len(trace.outlines)
    extra = loop_windows(trace.view_ids, [*false, *revisits], PER_PLACE)
    n_false, numbers = len(false), range(first, first + len(extra))
    store = replace(store, windows=(*store.windows, *extra), false=frozenset(numbers[:n_false]))
    for way, tried in (("with loops", numbers[n_false:]), ("…and four false ones", numbers)):
        started = time.perf_counter()
        loops = close_loops(store, trace, tried, report=silent, token=token)
        closed = chain(trace, loops)
        yield _run(way, walk, closed, store, time.perf_counter() - started)
    started = time.perf_counter()
    unjudged = [loop_through(store, trace, store.read(k))[0] for k in numbers[:n_false]]
    closed = chain(trace, Loops((*unjudged, *loops.edges), 0))
    yield _run("…not checked in depth", walk, closed, store, time.perf_counter() - started)


def _run(way: str, walk: Walk, chained: Chained, store: WalkWindows, seconds: float) -> Run:
    found = score(walk, chained, store)
    return Run(way, found, chained.n_closed, chained.n_refused, seconds)


def _true(chained: Chained, store: WalkWindows) -> Chained:
    """Every window where the truth has it: what no way of joining them can surpass by much."""
    places = {k: join(store.exact(k), store.read(k)).a_from_b for k in chained.world_from_window}
    moves = {k: place @ chained.world_from_window[k].inverse() for k, place in places.items()}
    cameras = {
        view_id: moves[chained.owner[view_id]].apply_to_camera(camera)
        for view_id, camera in chained.cameras.items()
    }
    return replace(chained, world_from_window=places, cameras=cameras)
