"""Finding views of the same place by descriptors that were not made for it."""

from __future__ import annotations

import numpy as np
import pytest

from da3studio.engine.long.loops import Revisit, find_revisits, loop_windows
from da3studio.scene.view import ViewId


def descriptors(places: np.ndarray, common: float, noise: float = 0.3) -> np.ndarray:
    """Of views at places along a line; alike up to a distance of about 8, plus what all share."""
    rng = np.random.default_rng(5)
    basis = rng.normal(size=(400, 256))
    near = np.exp(-(((places[:, None] - np.arange(400)) / 5.0) ** 2))
    own = near @ basis
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    own += noise / 16 * rng.normal(size=own.shape) + common * basis[0] / np.linalg.norm(basis[0])
    return (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)


THERE_AND_BACK = np.concatenate([np.arange(30, 230), np.arange(229, 29, -1)]).astype(float)


@pytest.mark.parametrize("common", [0.0, 1.0, 4.0])
def test_that_revisited_places_are_found_however_much_all_descriptors_share(common):
    found = find_revisits(descriptors(THERE_AND_BACK, common), min_gap=40, most=10)

    assert len(found) >= 5
    for one in found:
        assert abs(THERE_AND_BACK[one.first] - THERE_AND_BACK[one.second]) <= 8
        assert one.second - one.first > 40
    firsts = sorted(one.first for one in found)
    assert min(np.diff(firsts)) > 20  # no place is proposed twice


def test_that_revisits_are_found_where_most_views_are_revisited_many_times():
    rounds = np.tile(np.arange(100.0, 180.0), 6)
    found = find_revisits(descriptors(rounds, 1.0), min_gap=40, most=30)

    assert len(found) >= 12
    assert max(abs(rounds[one.first] - rounds[one.second]) for one in found) <= 8


@pytest.mark.parametrize("common", [0.0, 4.0])
def test_that_a_walk_that_never_comes_back_has_no_revisits(common):
    assert find_revisits(descriptors(np.arange(400.0), common), min_gap=40, most=10) == ()


def test_that_descriptors_without_meaning_propose_nothing():
    rng = np.random.default_rng(0)
    random = rng.normal(size=(300, 64)).astype(np.float32)
    same = np.ones((300, 64), np.float32) / 8

    assert find_revisits(random, min_gap=40, most=10) == ()
    assert find_revisits(same, min_gap=40, most=10) == ()
    assert find_revisits(random[:30], min_gap=40, most=10) == ()


def test_that_no_more_are_proposed_than_asked_for_and_the_likeliest_first():
    walk = descriptors(THERE_AND_BACK, 1.0)
    many, few = (find_revisits(walk, min_gap=40, most=most) for most in (10, 3))

    assert few == many[:3]
    assert [one.likeness for one in many] == sorted((o.likeness for o in many), reverse=True)


def test_that_an_extra_window_holds_views_around_both_places():
    names = [ViewId(str(i)) for i in range(100)]
    windows = loop_windows(names, [Revisit(0, 99, 1.0), Revisit(20, 70, 0.9)], 6)

    assert windows[0] == tuple(names[:6] + names[94:])
    assert windows[1] == tuple(names[17:23] + names[67:73])
