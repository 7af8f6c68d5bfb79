from __future__ import annotations

from da3studio.bench.network.measure import Card, Drift, PassCost, operations
from da3studio.bench.network.page import network_page
from da3studio.bench.pages import Made
from da3studio.engine.da3.memory import PassSize
from da3studio.model.config import SMALL, TINY

CARD = Card("A card", "2.0", 800e12, 3e12)


def test_that_operations_are_counted_without_doing_them():
    """Products of weights grow with the photos, attention across views with their square."""
    one, two, four = (operations(TINY, PassSize(n, 56, 84, 2)) for n in (1, 2, 4))

    # In four of twelve blocks all N tokens meet: 2 products of N x N x width, 2 operations each.
    tokens = 1 + 4 * 6
    square = 4 * 4 * tokens**2 * TINY.backbone.width
    assert four - 3 * two + 2 * one == 6 * square  # of a constant, a linear and a square part
    assert operations(TINY, PassSize(1, 56, 84, 2, rays=True)) > one


def test_that_the_page_compares_with_the_reference_where_it_has_a_figure():
    size = PassSize(32, 378, 504, 8)
    costs = [
        PassCost("da3-base", size, 0.2, 0.067, 2 * 2**30, 3 * 2**30, 2e13, {"dense head": 0.01}),
        PassCost(SMALL.name, size, 0.1, 0.050, 1 * 2**30, 1 * 2**30, 1e13, {"dense head": 0.01}),
    ]
    page = network_page(costs, [Drift("da3-base", 2.5e-3, 1e-3)], CARD, Made("it", "", "digest"))
    base, small = _rows(page)

    assert base[5:] == ["2.00 x", "2.00", "3.1", "65%", "3.00", "+50%"]
    assert small[5:] == ["–", "1.00", "–", "–", "1.00", "+0%"]


def _rows(page: str) -> list[list[str]]:
    """Cells of the first table."""
    rows = [row for row in page.splitlines() if row.startswith("| da3-")][:2]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]
