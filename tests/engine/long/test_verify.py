"""Two places in one window: one place twice, or two that look alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from da3studio.engine.long.verify import agreement
from tests.engine.long.said import A, Seen, around, forward, said
from tests.synthetic.rigs import look_at


def test_that_two_views_of_one_place_confirm_each_other():
    window = said(around(), range(8), A, noise=0.01)
    assert agreement(window, range(3), range(5, 8)) > 0.8


def test_that_views_of_another_place_do_not_confirm_even_where_they_were_put():
    """The cameras of the middle of the room, but what is seen from its end."""
    here, there = around(), forward()
    mixed = Seen(here.names, here.cameras, (*here.depths[:4], *there.depths[4:]))
    assert agreement(said(mixed, range(8), A), range(4), range(4, 8)) < 0.4


def test_that_views_that_look_elsewhere_confirm_nothing():
    there = forward()
    behind = said(there, range(8), A)
    assert agreement(behind, [7], [7]) == pytest.approx(1.0)
    away = look_at((-4, 0.1, 0), (-9, 0.1, 0), there.cameras[0].intrinsics)
    turned = replace(there, cameras=(*there.cameras[:7], away))
    assert agreement(said(turned, range(8), A), range(4), [7]) == 0.0
