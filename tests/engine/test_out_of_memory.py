"""What happens when a pass does not fit: fewer views, then fewer pixels, then a clear end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from da3studio.base.errors import OutOfMemory
from da3studio.scene.view import ViewId
from tests.conftest import ROOT
from tests.engine.small_memory import Looked, SmallMemory


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    """The networks are so small that threads would only wait on each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_that_fewer_views_are_seen_at_once_until_they_fit(tmp_path: Path):
    memory = SmallMemory(lambda n_views, side, n_done: n_views > 9)
    looked = Looked(memory, 24, tmp_path)

    seen = looked.see(views_per_window=16)

    assert [len(window) for window in seen.windows] == [9] * 4
    assert memory.asked == [(16, 140)] * 2 + [(12, 140)] + [(9, 140)] * 4  # once with small heads
    assert looked.notices == [
        "Memory does not suffice for 16 photos at once; it goes on with 12.",
        "Memory does not suffice for 12 photos at once; it goes on with 9.",
    ]
    assert {name for window in seen.windows for name in window} == {str(i) for i in range(24)}
    assert [seen.store.read(k).view_ids for k in range(4)] == list(seen.windows)


def test_that_finished_windows_are_kept_when_a_later_one_does_not_fit(tmp_path: Path):
    memory = SmallMemory(lambda n_views, side, n_done: n_done >= 2 and n_views > 6)
    looked = Looked(memory, 40, tmp_path)

    seen = looked.see(views_per_window=10)

    sizes = [len(window) for window in seen.windows]
    assert sizes[:2] == [10, 10]
    assert set(sizes[2:]) == {5}  # 10, 7, 5
    assert memory.asked[:2] == [(10, 140)] * 2
    assert memory.asked.count((10, 140)) == 4  # the third, and once more with small heads
    assert memory.asked.count((5, 140)) == len(sizes) - 2
    neighbours = zip(seen.windows, seen.windows[1:], strict=False)
    assert min(len(set(one) & set(other)) for one, other in neighbours) >= 2


def test_that_the_smaller_plan_outlives_an_interruption(tmp_path: Path):
    before = Looked(SmallMemory(lambda n_views, side, n_done: n_views > 6), 24, tmp_path)
    seen = before.see(views_per_window=16)
    enough = SmallMemory(lambda *_: False)

    again = Looked(enough, 24, tmp_path).see(views_per_window=16)

    assert again.windows == seen.windows
    assert enough.asked == []


def test_that_few_views_that_do_not_fit_are_seen_with_fewer_pixels(tmp_path: Path):
    memory = SmallMemory(lambda n_views, side, n_done: side > 240)
    looked = Looked(memory, 12, tmp_path)

    seen = looked.see(views_per_window=6, network_px=280)

    assert looked.notices == [
        "Memory does not suffice for 6 photos at once; it goes on with 4.",
        "Memory does not suffice at 280 px; it starts again at 238 px, so depth will be less fine.",
    ]
    assert {side for _, side in memory.asked[-len(seen.windows) :]} == {238}
    assert {depth.width for depth in seen.store.read(0).depths} == {238}


def test_that_windows_of_the_finer_resolution_are_not_mixed_with_coarser_ones(tmp_path: Path):
    memory = SmallMemory(lambda n_views, side, n_done: n_done >= 1 and side > 240)
    looked = Looked(memory, 9, tmp_path)

    seen = looked.see(views_per_window=4, network_px=280)

    widths = {d.width for k in range(len(seen.windows)) for d in seen.store.read(k).depths}
    assert widths == {238}
    assert looked.steps[-1].total == len(seen.windows)


def test_that_a_network_that_never_fits_ends_in_words(tmp_path: Path):
    memory = SmallMemory(lambda *_: True)

    with pytest.raises(OutOfMemory) as caught:
        Looked(memory, 30, tmp_path).see(views_per_window=16, network_px=280)

    error = caught.value
    assert error.exit_code == 7
    assert error.what == "There is not enough memory for this network."
    assert "4 photos at 224 px" in error.why
    assert "--checkpoint" in error.fix
    assert memory.asked[-1] == (4, 224)


def test_that_an_extra_window_that_does_not_fit_is_left_out_and_the_others_are_kept(tmp_path: Path):
    memory = SmallMemory(lambda n_views, side, n_done: n_views > 6)
    capture = Looked(memory, 16, tmp_path).capture(views_per_window=6)
    first = len(capture.see().windows)
    names = [ViewId(str(i)) for i in range(16)]
    extra = [(names[0], names[15]), tuple(names[:8]), (names[3], names[12], names[13])]

    seen = capture.see_extra(extra)

    assert seen.windows[first:] == (extra[0], extra[2])
    assert [seen.store.read(k).view_ids for k in (first, first + 1)] == [extra[0], extra[2]]

    asked = len(memory.asked)
    again = Looked(memory, 16, tmp_path).capture(views_per_window=6)
    again.see()
    assert again.see_extra(extra).windows == seen.windows
    assert memory.asked[asked:] == [(8, 140)]  # what is on disk is not looked at again


def test_that_a_refused_pass_is_let_go_before_the_next_one_begins(tmp_path: Path):
    memory = SmallMemory(lambda n_views, side, n_done: n_views > 4 or side > 240)

    Looked(memory, 12, tmp_path).see(views_per_window=12, network_px=280)

    assert len(memory.asked) > 6
    assert set(memory.alive) == {0}


def test_that_other_errors_of_the_network_are_not_taken_for_a_lack_of_memory(tmp_path: Path):
    class Broken(SmallMemory):
        def network(self):
            network = super().network()
            network.register_forward_pre_hook(self._break)
            return network

        def _break(self, *_):
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        Looked(Broken(lambda *_: False), 8, tmp_path).see(views_per_window=4)


_LIMITED = """
import json, pathlib, resource, sys
import psutil, torch
from da3studio.base.errors import OutOfMemory
from tests.engine.small_memory import Looked, SmallMemory

torch.set_num_threads(1)
warm, looked = [
    Looked(SmallMemory(lambda *_: False), n, pathlib.Path(sys.argv[1]) / str(n)) for n in (2, 24)
]
warm.capture(network_px=280).see()  # libraries are loaded, threads have been there
capture = looked.capture(network_px=280, views_per_window=24)
most = psutil.Process().memory_info().vms + (120 << 20)
resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
try:
    sizes = [len(window) for window in capture.see().windows]
except OutOfMemory:
    sizes = []
print(json.dumps([sizes, looked.notices]))
"""


@pytest.mark.slow  # how far the ladder goes depends on what else the process holds at the moment
@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_that_an_allocator_that_gets_nothing_more_leads_down_the_same_ladder(
    tmp_path: Path,
):
    # Freed memory has to be the system's again at once, or the limit would count what is unused.
    malloc = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", _LIMITED, tmp_path],
        cwd=ROOT,
        env={**os.environ, **malloc},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    sizes, notices = json.loads(ran.stdout.splitlines()[-1])

    assert all(size < 24 for size in sizes)
    assert sizes == sorted(sizes, reverse=True)
    assert "Memory does not suffice for 24 photos at once; it goes on with 18." in notices
