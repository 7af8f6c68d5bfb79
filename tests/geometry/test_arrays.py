from __future__ import annotations

import numpy as np
import pytest

from da3studio.geometry.arrays import frozen


def test_that_the_callers_array_stays_writeable_and_apart():
    mine = np.zeros((2, 3))
    kept = frozen(mine, (2, 3), np.float64)
    mine[0] = 7

    assert kept.max() == 0
    assert mine.flags.writeable
    assert not kept.flags.writeable


def test_that_part_of_another_array_is_copied():
    whole = np.zeros((4, 3), np.float32)
    kept = frozen(whole[1:3], (2, 3), np.float32)
    whole[:] = 7

    assert kept.max() == 0


def test_that_a_read_only_array_is_shared_without_a_copy():
    first = frozen(np.zeros(5), (5,), np.float64)

    assert frozen(first, (5,), np.float64) is first
    assert np.shares_memory(frozen(first[1:], (4,), np.float64), first)


def test_that_lists_and_other_dtypes_are_converted():
    kept = frozen([[1, 2], [3, 4]], (2, 2), np.float32)

    assert kept.dtype == np.float32
    assert kept.tolist() == [[1, 2], [3, 4]]


def test_that_none_stands_for_any_length_but_not_for_any_number_of_axes():
    assert frozen(np.zeros((7, 3)), (None, 3), np.float64).shape == (7, 3)
    for wrong in (np.zeros((7, 2)), np.zeros(3), np.zeros((1, 7, 3))):
        with pytest.raises(ValueError, match="expected an array of shape"):
            frozen(wrong, (None, 3), np.float64)
