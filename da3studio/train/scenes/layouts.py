"""The kinds of scenes there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from da3studio.train.scenes.inside import colonnade, figure, room, table
from da3studio.train.scenes.layout import Layout
from da3studio.train.scenes.outside import aerial, street, terrain
from da3studio.train.scenes.parts import Device, Draw

_NEAR_SLOTS, _OPEN_SLOTS, _TERRAIN_SLOTS = 24, 44, 24  # solids of a scene, at most

LAYOUTS: Mapping[str, Callable[[Draw], Layout]] = {
    made.__name__: made for made in (room, table, figure, street, aerial, terrain, colonnade)
}
SLOTS: Mapping[str, int] = {
    "room": _NEAR_SLOTS,
    "table": _NEAR_SLOTS,
    "figure": _NEAR_SLOTS,
    "colonnade": _NEAR_SLOTS,
    "street": _OPEN_SLOTS,
    "aerial": _OPEN_SLOTS,
    "terrain": _TERRAIN_SLOTS,
}


def layout(kind: str, n: int, device: Device) -> Layout:
    """`n` scenes of a kind."""
    return LAYOUTS[kind](Draw(n, device))
