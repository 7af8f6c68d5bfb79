from __future__ import annotations

import numpy as np
import pytest

from da3studio.bench.pages import Made
from da3studio.bench.retrieval import Described, average_precision, retrieval_page


def test_that_precision_is_one_where_all_right_pairs_are_most_alike():
    likeness, right = np.array([0.9, 0.1, 0.8, 0.2]), np.array([True, False, True, False])

    assert average_precision(likeness, right) == 1
    # The right ones come third and fourth: 1/3 and 2/4.
    assert average_precision(-likeness, right) == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_that_a_photo_is_told_to_its_own_set():
    rng = np.random.default_rng(0)
    places = np.eye(3, 8)
    sets = [
        Described(
            f"set {k}",
            (place + 0.05 * rng.standard_normal((4, 8))).astype(np.float32),
            np.ones((4, 4), np.bool_),
        )
        for k, place in enumerate(places)
    ]
    page = retrieval_page(sets, "a network", Made("a command", "", "digest"))

    rows = [row for row in page.splitlines() if row.startswith("| set ")][1:]
    assert [row.split("|")[3].strip() for row in rows] == ["100%"] * 3
