from __future__ import annotations

from itertools import pairwise

import pytest

from da3studio.engine.long.plan import plan_windows


@pytest.mark.parametrize("size", [2, 5, 16, 40])
@pytest.mark.parametrize("n_views", [1, 2, 5, 17, 41, 300, 2000])
def test_that_windows_cover_all_views_in_order_and_are_equally_long(n_views, size):
    for overlap in {1, size // 3, size // 2, size - 1} - {0}:
        plan = plan_windows(n_views, size, overlap)

        assert sorted({i for window in plan for i in window}) == list(range(n_views))
        assert {len(window) for window in plan} == {min(size, n_views)}
        for one, other in pairwise(plan):
            assert len(set(one) & set(other)) >= overlap
            assert one.start < other.start


def test_that_no_more_windows_are_planned_than_needed():
    assert len(plan_windows(300, 120, 60)) == 4
    assert plan_windows(41, 40, 10) == (range(40), range(1, 41))


@pytest.mark.parametrize("numbers", [(0, 5, 2), (10, 5, 5), (10, 5, 0), (10, 1, 1)])
def test_that_impossible_plans_are_refused(numbers):
    with pytest.raises(ValueError, match="no plan"):
        plan_windows(*numbers)
