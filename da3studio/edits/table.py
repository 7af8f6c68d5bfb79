"""All kinds of edit, and their form on disk."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from typing import Any, cast

from da3studio.edits.base import Edit
from da3studio.edits.pieces import LargestComponents
from da3studio.edits.planes import RemovePlane
from da3studio.edits.selection import DeleteSelected
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.edits.thresholds import MaxIsolation, MaxSlant, MinConfidence, MinViews
from da3studio.edits.views import HideView, MaskPhoto

EDITS: tuple[type[Edit], ...] = (
    CropBox,
    DeleteInBox,
    DeleteSelected,
    MinConfidence,
    MaxIsolation,
    MinViews,
    MaxSlant,
    LargestComponents,
    RemovePlane,
    HideView,
    MaskPhoto,
)

_LONGEST_TEXT = 1024
_LONGEST_LIST = 20_000  # corners of an outline
_LARGEST_INTEGER = 2**53  # exact in every JSON reader


def to_row(edit: Edit) -> dict[str, Any]:
    """The edit as plain JSON values, with its `kind`."""
    return {"kind": edit.kind, **_plain(edit)}


def from_row(row: Mapping[str, Any]) -> Edit:
    """The edit that `to_row` wrote; a row that somebody else may have written is checked.

    Raises:
        ValueError: an unknown kind, a field that is missing, unknown or of a wrong type, or a
            value that the edit refuses.
    """
    if not isinstance(row, Mapping):
        raise ValueError("an edit is not an object")
    kind = row.get("kind")
    family = next((edit for edit in EDITS if edit.kind == kind), None)
    if family is None:
        raise ValueError(f"there is no edit of the kind {str(kind)[:40]!r}")
    fields = {name: value for name, value in row.items() if name != "kind"}
    return cast(Edit, _read(family, fields, f"an edit of the kind {kind!r}"))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _read(kind: Any, value: Any, where: str) -> Any:
    """A JSON value as the type that a field is annotated with."""
    if isinstance(kind, typing.NewType):
        return _read(kind.__supertype__, value, where)
    if dataclasses.is_dataclass(kind):
        return _read_fields(kind, value, where)
    outer, inner = typing.get_origin(kind), typing.get_args(kind)
    if outer is typing.Literal:
        return _checked(value, isinstance(value, str) and value in inner, where)
    if outer is tuple:
        fits = isinstance(value, (list, tuple)) and len(value) <= _LONGEST_LIST
        if inner[-1] is ... and _checked(value, fits, where) is not None:
            return tuple(_read(inner[0], item, where) for item in value)
        _checked(value, fits and len(value) == len(inner), where)
        return tuple(_read(*pair, where) for pair in zip(inner, value, strict=True))
    if kind is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        fits = number and abs(value) <= _LARGEST_INTEGER and math.isfinite(value)
        return float(_checked(value, fits, where))
    if kind is int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return _checked(value, whole and abs(value) <= _LARGEST_INTEGER, where)
    if kind is str:
        fits = isinstance(value, str) and len(value) <= _LONGEST_TEXT and "\0" not in value
        return _checked(value, fits, where)
    if kind is bool:
        return _checked(value, isinstance(value, bool), where)
    raise TypeError(f"edits do not store {kind}")  # a bug of ours: a field of another type


def _read_fields(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} is not an object")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    unknown = set(value) - set(fields)
    if unknown:
        raise ValueError(f"{where} has the unknown field {str(min(unknown))[:40]!r}")
    hints = typing.get_type_hints(kind)
    read = {}
    for name, field in fields.items():
        if name in value:
            read[name] = _read(hints[name], value[name], f"{name!r} of {where}")
        elif field.default is dataclasses.MISSING:
            raise ValueError(f"{where} has no {name!r}")
    return kind(**read)


def _checked(value: Any, fits: bool, where: str) -> Any:
    if not fits:
        raise ValueError(f"{where} is not of the right type, length or size")
    return value
