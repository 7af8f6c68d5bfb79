from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from da3studio.base.params import check_ranges, keyed_fields, param, params_of


@dataclass(frozen=True)
class Tea:
    """A recipe."""

    minutes: float = param(3.0, "Time", help="How long.", unit="min", low=1, high=10)
    kind: str = param("green", "Kind", help="Which.", choices=("green", "black"))
    cup: str = param("blue", "Cup", help="From which.", keyed=False)
    note: str = ""

    def __post_init__(self) -> None:
        check_ranges(self)


def test_that_fields_carry_what_a_form_needs_in_the_order_of_the_class():
    infos = params_of(Tea)

    assert list(infos) == ["minutes", "kind", "cup"]
    assert (infos["minutes"].unit, infos["minutes"].low, infos["minutes"].high) == ("min", 1, 10)
    assert params_of(Tea()) == infos


def test_that_only_keyed_fields_are_part_of_a_key():
    assert keyed_fields(Tea(cup="red")) == {"minutes": 3.0, "kind": "green"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"minutes": 0.5}, "minutes is 0.5; at least 1"),
        ({"minutes": 11}, "minutes is 11; at most 10"),
        ({"minutes": float("nan")}, "minutes is nan; at least 1"),
        ({"minutes": float("inf")}, "minutes is inf; at most 10"),
        ({"kind": "red"}, "kind is 'red'; allowed: green, black"),
    ],
)
def test_that_values_outside_their_range_are_named(changes, said):
    with pytest.raises(ValueError, match=said):
        replace(Tea(), **changes)


def test_that_the_ends_of_a_range_are_allowed():
    assert Tea(minutes=1).minutes == 1
    assert Tea(minutes=10).minutes == 10
