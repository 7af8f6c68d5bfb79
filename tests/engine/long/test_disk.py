"""Windows on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.disk import DiskWindows
from da3studio.project.chunks import ChunkDamagedError, ChunkStore
from da3studio.scene.depth import DepthMap
from tests.engine.long.said import A, B, around, forward, said

FIRST = said(around(), range(5), A, noise=0.02, unit="metre")
SECOND = said(forward(8, (112, 84)), range(3), B)
PLAN = (FIRST.view_ids, SECOND.view_ids)


@pytest.fixture
def store(tmp_path: Path) -> DiskWindows:
    store = DiskWindows(tmp_path, PLAN, "tiny network at 56 px")
    store.put(0, FIRST)
    store.put(1, SECOND)
    return store


def bits(window: WindowResult) -> list[bytes]:
    return [
        *(part.tobytes() for d in window.depths for part in (d.z, d.confidence, d.sky)),
        *(c.cam_from_world.matrix().tobytes() for c in window.cameras),
        window.descriptors.tobytes(),
    ]


def test_that_windows_come_back_bit_for_bit(store):
    for index, window in enumerate((FIRST, SECOND)):
        found = store.read(index)

        assert bits(found) == bits(window)
        assert [c.intrinsics for c in found.cameras] == [c.intrinsics for c in window.cameras]
        assert (found.view_ids, found.unit) == (window.view_ids, window.unit)


def test_that_depth_maps_of_a_window_may_differ_in_size(tmp_path: Path):
    small = forward().depths[1]
    lens = SECOND.cameras[1].resized(small.width, small.height)
    mixed = replace(
        SECOND,
        depths=(SECOND.depths[0], small, SECOND.depths[2]),
        cameras=(SECOND.cameras[0], lens, SECOND.cameras[2]),
    )
    store = DiskWindows(tmp_path, PLAN, "")
    store.put(1, mixed)

    assert bits(store.read(1)) == bits(mixed)


def test_that_another_plan_or_maker_finds_only_what_is_the_same(store, tmp_path: Path):
    more = DiskWindows(tmp_path, (SECOND.view_ids[:2], *PLAN), "tiny network at 56 px")
    other = DiskWindows(tmp_path, PLAN, "tiny network at 42 px")

    assert [more.has(k) for k in range(3)] == [False, True, True]
    assert bits(more.read(2)) == bits(SECOND)
    assert not other.has(0)
    with pytest.raises(KeyError):
        other.read(0)


def test_that_a_damaged_window_is_missing_and_can_be_made_again(store, tmp_path: Path):
    for damage in ("cut", "flip"):
        path = next(tmp_path.glob(f"*/{store._keys[0]}.safetensors"))
        content = bytearray(path.read_bytes())
        if damage == "cut":
            del content[len(content) // 2 :]
        else:
            content[-5] ^= 4
        path.write_bytes(content)

        assert not store.has(0)
        assert not path.exists()
        store.put(0, FIRST)
        assert bits(store.read(0)) == bits(FIRST)


def test_that_a_file_that_is_no_window_is_refused(store, tmp_path: Path):
    whole = ChunkStore(tmp_path).read(store._keys[0])
    for name, wrong in (
        ("z_0", np.zeros((2, 2), np.float32)),
        ("lenses", whole["lenses"][:, :5]),
        ("rotations", whole["rotations"][:2]),
        ("descriptors", whole["descriptors"][0]),
    ):
        ChunkStore(tmp_path).put(
            store._keys[0], "window", {**whole, name: wrong}, {"unit": "metre"}
        )
        with pytest.raises(ChunkDamagedError, match="no window"):
            store.read(0)


def test_that_a_window_of_other_views_is_refused(store):
    with pytest.raises(ValueError, match="other views"):
        store.put(0, SECOND)


def test_that_depth_is_what_it_was_even_where_nothing_was_measured(tmp_path: Path):
    depth = FIRST.depths[0]
    hole = DepthMap(np.zeros_like(depth.z), np.zeros_like(depth.z), ~depth.sky)
    window = replace(FIRST, depths=(hole, *FIRST.depths[1:]))
    store = DiskWindows(tmp_path, PLAN, "")
    store.put(0, window)
    assert bits(store.read(0)) == bits(window)
