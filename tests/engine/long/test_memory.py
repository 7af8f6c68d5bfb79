"""Thousands of views in the memory of two windows."""

from __future__ import annotations

import tracemalloc
import weakref
from dataclasses import dataclass, field

import numpy as np

from da3studio.base.cancel import NEVER
from da3studio.base.progress import silent
from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.chain import Chained, chain
from da3studio.engine.long.closing import Loops
from da3studio.engine.long.plan import plan_windows
from da3studio.engine.long.trace import trace_windows
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId
from tests.synthetic.rigs import lens_of, look_at

PIXELS = 14
SIZE, OVERLAP = 20, 6


@dataclass
class TinyWindows:
    """A `WindowStore` of a long straight walk past a bumpy wall; counts the windows alive."""

    n_views: int
    most_alive: int = 0
    _alive: int = 0
    plan: list[range] = field(init=False)

    def __post_init__(self) -> None:
        self.plan = list(plan_windows(self.n_views, SIZE, OVERLAP))

    def read(self, index: int) -> WindowResult:
        world = Sim3(1.5 ** (index % 3), np.eye(3), np.array([index % 7, 0.0, 1.0]))
        views = self.plan[index]
        lens, rows = lens_of((PIXELS, PIXELS), 0.8), np.arange(PIXELS)
        cameras, depths = [], []
        for i in views:
            camera = look_at((0.1 * i, 0, 0), (0.1 * i, 5, 0), lens)
            z = 3 + np.sin(0.8 * (rows[None] + 0.3 * rows[:, None])) + 0.1 * np.cos(i)
            z = (z * world.scale).astype(np.float32)
            cameras.append(world.apply_to_camera(camera))
            depths.append(DepthMap(z, np.ones_like(z), z < 0))
        names = tuple(ViewId(f"v{i}") for i in views)
        descriptors = np.eye(16, dtype=np.float32)[np.array(views) % 16]
        window = WindowResult(names, tuple(cameras), tuple(depths), descriptors, "relative")
        self._alive += 1
        self.most_alive = max(self.most_alive, self._alive)
        weakref.finalize(window, self._gone)
        return window

    def _gone(self) -> None:
        self._alive -= 1


def chained(n_views: int) -> tuple[Chained, TinyWindows, int]:
    """The peak of memory over what there was before, too [bytes]."""
    store = TinyWindows(n_views)
    tracemalloc.start()
    try:
        trace = trace_windows(store, len(store.plan), report=silent, token=NEVER)
        found = chain(trace, Loops((), 0))
        return found, store, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_that_two_thousand_views_need_two_windows_and_their_cameras():
    _, _, few = chained(200)
    found, store, many = chained(2000)
    per_view = (many - few) / 1800

    assert len(found.owner) == 2000
    assert store.most_alive == 2
    assert per_view < 3_000  # bytes: two cameras, a descriptor
