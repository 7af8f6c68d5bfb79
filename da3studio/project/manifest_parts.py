"""Edits, placement and measurements ↔ their part of `project.json`.

- `edits`: a list of objects with `id`, `on` and `edit`, which is what `edits.table` makes of it.
- `placement`: `up`, `origin` and `facing`, each three numbers or null, and `known_lengths`, a list
  of objects with the points `a` and `b` and the length in `metres`.
- `measurements`: a list of objects with `id`, `kind`, `points`, `name` and `sigma`.
- `frame`: the key of the cameras in whose world all of these are, "" = of those there are.

Readers raise `MalformedError` or `ValueError` for what does not fit: a file may be a stranger's.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from da3studio.edits.base import ListedEdit
from da3studio.edits.table import from_row, to_row
from da3studio.project.fields import Fields, MalformedError
from da3studio.scene.measurement import KINDS, Measurement
from da3studio.scene.placement import KnownLength, Placement, Vec3

_MOST_EDITS = 10_000
_MOST_LENGTHS = 1_000
_MOST_MEASUREMENTS = 10_000
_MOST_POINTS = 10_000  # of one measurement
_LONGEST_NAME = 512


def edit_row(listed: ListedEdit) -> dict[str, Any]:
    """An entry of the list of edits, as JSON values."""
    return {"id": listed.id, "on": listed.on, "edit": to_row(listed.edit)}


def read_edits(fields: Fields) -> tuple[ListedEdit, ...]:
    """The list of edits of a manifest."""
    entries = [Fields(item, "an edit") for item in fields.items("edits", _MOST_EDITS)]
    return tuple(
        ListedEdit(
            entry.text("id", longest=_LONGEST_NAME, empty=False),
            from_row(entry.plain("edit")),
            entry.flag("on"),
        )
        for entry in entries
    )


def placement_row(placement: Placement) -> dict[str, Any]:
    """A placement, as JSON values."""
    return dataclasses.asdict(placement)


def read_placement(fields: Fields) -> Placement:
    """The placement of a manifest."""
    placement = fields.fields("placement")
    lengths = [
        Fields(item, "a known length") for item in placement.items("known_lengths", _MOST_LENGTHS)
    ]

    def vector_or_none(name: str) -> Vec3 | None:
        return placement.or_none(name, lambda name: _vector(placement, name))

    return Placement(
        vector_or_none("up"),
        vector_or_none("origin"),
        vector_or_none("facing"),
        tuple(
            KnownLength(_vector(known, "a"), _vector(known, "b"), known.number("metres"))
            for known in lengths
        ),
    )


def measurement_row(measured: Measurement) -> dict[str, Any]:
    """A measurement, as JSON values."""
    return dataclasses.asdict(measured)


def read_measurements(fields: Fields) -> tuple[Measurement, ...]:
    """The measurements of a manifest."""
    rows = fields.items("measurements", _MOST_MEASUREMENTS)
    return tuple(_measurement(Fields(row, "a measurement")) for row in rows)


def read_frame(fields: Fields) -> str:
    """In which world the places of a manifest are."""
    frame = fields.text("frame", longest=128)
    if not re.fullmatch("[0-9a-f]*", frame):  # it becomes the name of a file
        raise MalformedError("'frame' is no key of a result")
    return frame


def _measurement(fields: Fields) -> Measurement:
    kind = next((kind for kind in KINDS if kind == fields.text("kind")), None)
    if kind is None:
        raise MalformedError(f"{fields.text('kind')!r} is no kind of measurement")
    points = fields.items("points", _MOST_POINTS)
    by_number = Fields({str(i): point for i, point in enumerate(points)}, "a measurement's points")
    return Measurement(
        fields.text("id", longest=_LONGEST_NAME, empty=False),
        kind,
        tuple(_vector(by_number, str(i)) for i in range(len(points))),
        fields.text("name", longest=_LONGEST_NAME),
        fields.numbers("sigma", len(fields.items("sigma", _MOST_POINTS))),
    )


def _vector(fields: Fields, name: str) -> Vec3:
    x, y, z = fields.numbers(name, 3)
    return x, y, z
