"""Windows of a known walk through two rooms, brought into one world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.progress import silent
from da3studio.bench.windows.network import REALISTIC, Errors, WalkWindows
from da3studio.bench.windows.scores import score
from da3studio.bench.windows.walk import Walk
from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.chain import Chained, chain
from da3studio.engine.long.closing import Loops, close_loops, loop_through
from da3studio.engine.long.loops import Revisit, loop_windows
from da3studio.engine.long.plan import plan_windows
from da3studio.engine.long.trace import Trace, trace_windows
from da3studio.geometry.camera import project, unproject
from da3studio.geometry.similarity import Sim3, align_points
from da3studio.scene.depth import DepthMap
from tests.engine.long.said import A, B, Kept, Seen, around, forward, said

N_VIEWS, SIZE, OVERLAP, PER_PLACE = 120, 16, 5, 4
FALSE = (Revisit(16, 64, 2.0), Revisit(8, 52, 2.0))  # of different rooms
NO_LOOPS = Loops((), 0)
EXACT = Sim3(1.0, np.eye(3), np.zeros(3))


@cache
def walk() -> Walk:
    return Walk(N_VIEWS, (42, 32))


@cache
def traced(errors: Errors = REALISTIC) -> tuple[WalkWindows, Trace]:
    plan = plan_windows(N_VIEWS, SIZE, OVERLAP)
    windows = [tuple(walk().view_ids[i] for i in window) for window in plan]
    store = WalkWindows(walk(), windows, errors)
    return store, trace_windows(store, len(windows), report=silent, token=NEVER)


@cache
def with_extra(n_false: int) -> tuple[WalkWindows, range]:
    """The store with extra windows, the first of which are of places that only look alike."""
    store, trace = traced()
    revisits = (*FALSE[:n_false], *trace.revisits(most=6))
    extra = loop_windows(trace.view_ids, revisits, PER_PLACE)
    numbers = range(len(store.windows), len(store.windows) + len(extra))
    more = (*store.windows, *extra)
    return replace(store, windows=more, false=frozenset(numbers[:n_false])), numbers


def joined(windows: Sequence[WindowResult]) -> tuple[Trace, Chained]:
    trace = trace_windows(Kept(windows), len(windows), report=silent, token=NEVER)
    return trace, chain(trace, NO_LOOPS)


def test_that_windows_without_errors_give_the_walk_back_exactly():
    store, trace = traced(Errors())
    found = score(walk(), chain(trace, NO_LOOPS), store)

    assert found.worst_drift < 1e-5  # float32
    assert found.wall_worst_m < 1e-3


def test_that_a_closed_loop_leaves_less_than_half_a_percent_of_drift():
    store, trace = traced()
    more, numbers = with_extra(0)
    loops = close_loops(more, trace, numbers, report=silent, token=NEVER)
    before = score(walk(), chain(trace, NO_LOOPS), store)
    after = score(walk(), chain(trace, loops), store)

    assert before.end_drift > 0.01
    assert after.end_drift < 0.004
    assert after.rms_drift < 0.5 * before.rms_drift
    assert after.wall_worst_m < 0.8 * before.wall_worst_m


def test_that_walls_are_not_doubled():
    """A window more or less makes walls no thicker than the errors of whole views do."""
    _, trace = traced()
    more, numbers = with_extra(0)
    loops = close_loops(more, trace, numbers, report=silent, token=NEVER)
    found = score(walk(), chain(trace, loops), more)
    view_errors = REALISTIC.view_scale * 2.5  # [m] at the walk's typical depth

    assert found.wall_m < 1.3 * np.hypot(found.view_wall_m, view_errors)


def test_that_windows_of_places_that_only_look_alike_are_not_believed():
    _, trace = traced()
    more, numbers = with_extra(2)
    loops = close_loops(more, trace, numbers, report=silent, token=NEVER)

    assert len(loops.edges) == len(numbers) - 2
    assert chain(trace, loops).n_refused == 2


def test_that_a_false_loop_bends_nothing_even_if_it_was_believed_at_first():
    store, trace = traced()
    more, numbers = with_extra(2)
    false = [loop_through(more, trace, more.read(k))[0] for k in numbers[:2]]
    true = close_loops(more, trace, numbers[2:], report=silent, token=NEVER)
    alone, mixed = chain(trace, true), chain(trace, Loops((*false, *true.edges), 0))

    assert mixed.n_refused == 2
    assert mixed.n_closed == alone.n_closed > 0
    assert score(walk(), mixed, store) == score(walk(), alone, store)
    unbent = chain(trace, Loops(tuple(false), 0))
    assert score(walk(), unbent, store) == score(walk(), chain(trace, NO_LOOPS), store)


def test_that_every_view_has_one_owner_in_whose_middle_it_lies():
    store, trace = traced()
    found = chain(trace, NO_LOOPS)

    assert tuple(found.owner) == walk().view_ids
    for view_id, k in found.owner.items():
        margins = {
            other: min(names.index(view_id), len(names) - 1 - names.index(view_id))
            for other, names in enumerate(store.windows)
            if view_id in names
        }
        assert margins[k] == max(margins.values())


def test_that_cameras_and_depth_of_the_world_belong_together():
    store, trace = traced(Errors())
    found = chain(trace, NO_LOOPS)
    true = align_points(
        [found.cameras[name].centre for name in walk().view_ids],
        [camera.centre for camera in walk().cameras],
    )
    for i in (0, 50, 119):
        name = walk().view_ids[i]
        depth = found.depth(name, store.read(found.owner[name]))
        points = true.apply(unproject(depth.z, found.cameras[name]))
        exact = unproject(walk().seen[i][0], walk().cameras[i])
        np.testing.assert_allclose(points, exact, atol=1e-3)
        assert np.isfinite(project(points, walk().cameras[i])).all()


def test_that_one_window_is_a_world():
    window = said(around(), range(8), A)
    _, found = joined([window])

    assert set(found.owner.values()) == {0}
    assert found.cameras[window.view_ids[3]].centre == pytest.approx(window.cameras[3].centre)
    assert found.notices == ()


def test_that_the_largest_group_is_kept_and_the_others_are_named():
    room = forward(16)
    windows = [
        said(room, range(4), A), said(room, range(3, 7), B),
        said(room, range(7, 11), A), said(room, range(10, 14), B), said(room, range(12, 16), A),
    ]  # fmt: skip
    _, found = joined(windows)

    assert set(found.world_from_window) == {2, 3, 4}
    assert tuple(found.left_out) == room.names[:7]
    assert set(found.owner) | set(found.left_out) == set(room.names)
    (notice,) = found.notices
    assert notice.startswith("Photos 1 to 7 of the capture are left out.")
    assert notice.endswith("to the rest: Two neighbouring groups share no photo.")


def test_that_a_view_of_two_groups_is_not_left_out():
    room = forward(10)
    blind = said(room, range(4, 7), B)
    nothing = tuple(DepthMap(d.z * 0, d.confidence * 0, ~d.sky) for d in blind.depths)
    windows = [said(room, range(5), A), replace(blind, depths=nothing), said(room, range(6, 8), A)]
    _, found = joined(windows)

    assert set(found.world_from_window) == {0}
    assert set(found.left_out) == set(room.names[5:8])
    assert "too little" in found.notices[0]


def test_that_a_loop_joins_what_the_chain_does_not():
    room = forward(16)
    windows = [said(room, range(5), A), said(room, range(5, 10), B), said(room, range(9, 14), A)]
    trace = trace_windows(Kept(windows), 3, report=silent, token=NEVER)
    store = Kept([*windows, said(room, [1, 2, 3, 10, 11, 12], B)])
    loops = close_loops(store, trace, [3], report=silent, token=NEVER)
    found = chain(trace, loops)

    assert set(found.world_from_window) == {0, 1, 2}
    assert found.n_closed == 1
    assert set(found.owner) == set(room.names[:14])


def test_that_a_world_in_metres_has_the_median_scale_of_its_windows():
    scales = (1.0, 1.1, 0.9, 1.05, 3.0)
    room = forward(13)
    windows = [
        said(room, range(2 * k, 2 * k + 5), Sim3(scale, np.eye(3), np.zeros(3)), unit="metre")
        for k, scale in enumerate(scales)
    ]
    _, found = joined(windows)
    step = found.cameras[room.names[1]].centre - found.cameras[room.names[0]].centre

    assert found.unit == "metre"
    assert np.linalg.norm(step) == pytest.approx(0.25 * 1.05, rel=1e-3)


def test_that_one_window_without_metres_makes_the_world_relative():
    windows = [said(forward(), range(5), A, unit="metre"), said(forward(), range(3, 8), B)]
    assert joined(windows)[1].unit == "relative"


def test_that_the_same_windows_give_the_same_bits():
    found = [chain(traced()[1], NO_LOOPS) for _ in range(2)]
    trace = trace_windows(traced()[0], len(traced()[0].windows), report=silent, token=NEVER)
    again = chain(trace, NO_LOOPS)
    for name in walk().view_ids:
        bits = {one.cameras[name].cam_from_world.matrix().tobytes() for one in (*found, again)}
        assert len(bits) == 1


def test_that_it_can_be_stopped_between_windows():
    store, _ = traced()
    with pytest.raises(JobCancelled):
        trace_windows(store, 3, report=silent, token=CancelToken(lambda: True))


def test_that_an_unseen_part_of_the_room_is_a_fact_and_not_a_guess():
    """Windows of two rigs that share nothing stay two worlds."""
    here, there = around(), forward()
    apart = Seen(here.names + there.names, here.cameras + there.cameras, here.depths + there.depths)
    _, found = joined([said(apart, range(8), A), said(apart, range(8, 16), B)])
    assert len(found.left_out) == 8
