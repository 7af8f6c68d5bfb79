from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from da3studio.base.errors import Missing
from da3studio.project.masks import MaskStore

RANDOM = np.random.default_rng(3)


@pytest.fixture
def store(tmp_path: Path) -> MaskStore:
    return MaskStore(tmp_path / "masks")


@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (64, 8), (301, 403)])
def test_that_a_mask_comes_back_and_is_a_picture_that_others_can_read(store, shape, tmp_path):
    mask = RANDOM.random(shape) > 0.5
    digest = store.put(mask)
    np.testing.assert_array_equal(store.get(digest), mask)
    assert not store.get(digest).flags.writeable
    with Image.open(tmp_path / "masks" / f"{digest}.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), mask)


def test_that_the_same_mask_has_the_same_name_and_another_shape_another(store, tmp_path):
    mask = np.zeros((4, 8), np.bool_)
    assert store.put(mask) == store.put(mask.copy())
    assert store.put(mask.reshape(8, 4)) != store.put(mask)
    assert len(list((tmp_path / "masks").iterdir())) == 2


@pytest.mark.parametrize("shape", [(0, 5), (5,), (2, 2, 2), (1, 40_000)])
def test_that_an_impossible_mask_is_refused(store, shape):
    with pytest.raises(ValueError, match="impossible"):
        store.put(np.zeros(shape, np.bool_))


@pytest.mark.parametrize("name", ["0" * 32, "../../secret", "", "A" * 32])
def test_that_a_mask_that_is_not_there_is_missing_with_a_way_out(store, name):
    with pytest.raises(Missing, match="Paint it again"):
        store.get(name)


def test_that_damage_is_noticed_wherever_it_is(store, tmp_path):
    digest = store.put(RANDOM.random((40, 50)) > 0.5)
    path = tmp_path / "masks" / f"{digest}.png"
    content = path.read_bytes()
    for place in range(16, len(content) - 20, 7):
        flipped = bytearray(content)
        flipped[place] ^= 255
        for damaged in (content[:place], bytes(flipped)):
            path.write_bytes(damaged)
            try:
                kept = store.get(digest)
            except Missing:
                continue
            assert kept.shape == (40, 50)  # only the checksums, which nobody needs here


def test_that_a_tiny_file_that_states_a_huge_picture_takes_no_memory(store, tmp_path):
    digest = store.put(np.zeros((8, 8), np.bool_))
    path = tmp_path / "masks" / f"{digest}.png"
    content = bytearray(path.read_bytes())
    content[16:24] = (0x7FFFFFFF).to_bytes(4, "big") * 2
    path.write_bytes(content)
    with pytest.raises(Missing):
        store.get(digest)
