"""Reading JSON that somebody else may have written: every value checked for type and range."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

Read = TypeVar("Read")

_DEEPEST = 32  # objects and lists inside each other; ours are 4 deep


class MalformedError(ValueError):
    """JSON that is not what was agreed; the text says where and what was expected."""


def parse_json(content: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN or infinity, not nested deeper than anything of ours.

    Raises:
        MalformedError: it is not.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_refuse)
    except RecursionError as error:
        raise MalformedError("it is nested too deeply") from error
    except ValueError as error:  # also UnicodeDecodeError and integers of thousands of digits
        raise MalformedError(f"it is not JSON: {error}") from error
    _check_depth(value)
    return value


def _refuse(name: str) -> float:
    raise MalformedError(f"the number {name} is not allowed")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise MalformedError("it is nested too deeply")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


class Fields:
    """One JSON object, read field by field.

    Args:
        value: what stands where an object is expected.
        where: how messages call it.

    Every reader raises `MalformedError` for a missing field, a wrong type or a value out of range.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise MalformedError(f"{where} is not an object")
        self._value: dict[str, Any] = value
        self.where = where

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def _get(self, name: str) -> Any:
        if name not in self._value:
            raise MalformedError(f"{self.where} has no {name!r}")
        return self._value[name]

    def _wrong(self, name: str, expected: str) -> MalformedError:
        return MalformedError(f"{name!r} of {self.where} is not {expected}")

    def text(self, name: str, *, longest: int = 4096, empty: bool = True) -> str:
        """A string of at most `longest` characters, without the character NUL."""
        value = self._get(name)
        if not isinstance(value, str) or len(value) > longest or "\0" in value:
            raise self._wrong(name, f"a text of at most {longest} characters")
        if not (value or empty):
            raise self._wrong(name, "a text with at least one character")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """An integer within the range, both ends included."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._wrong(name, f"an integer from {low} to {high}")
        return value

    def number(self, name: str, low: float = -1e12, high: float = 1e12) -> float:
        """A finite number within the range, both ends included."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._wrong(name, "a number")
        if not (low <= value <= high and math.isfinite(value)):
            raise self._wrong(name, f"a number from {low:g} to {high:g}")
        return float(value)

    def numbers(self, name: str, n: int) -> tuple[float, ...]:
        """A list of exactly `n` finite numbers."""
        values = self.items(name, n)
        if len(values) != n:
            raise self._wrong(name, f"a list of {n} numbers")
        each = Fields(
            {str(i): value for i, value in enumerate(values)}, f"{name!r} of {self.where}"
        )
        return tuple(each.number(str(i)) for i in range(n))

    def flag(self, name: str) -> bool:
        """`true` or `false`."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def fields(self, name: str) -> Fields:
        """An object inside this one."""
        return Fields(self._get(name), f"{name!r} of {self.where}")

    def items(self, name: str, most: int) -> list[Any]:
        """A list of at most `most` values, which the caller checks."""
        value = self._get(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"a list of at most {most} entries")
        return value

    def texts(self, name: str, most: int, longest: int = 4096) -> tuple[str, ...]:
        """A list of strings."""
        values = self.items(name, most)
        if not all(isinstance(value, str) and len(value) <= longest for value in values):
            raise self._wrong(name, f"a list of texts of at most {longest} characters")
        return tuple(values)

    def plain(self, name: str) -> dict[str, Any]:
        """An object inside this one, as it stands in the file."""
        return self.fields(name)._value

    def texts_by_name(self, name: str) -> dict[str, str]:
        """An object whose values are all strings."""
        value = self.plain(name)
        if not all(isinstance(item, str) for item in value.values()):
            raise self._wrong(name, "an object of texts")
        return value

    def or_none(self, name: str, read: Callable[[str], Read]) -> Read | None:
        """What `read(name)` gives, or `None` where the file says `null`."""
        return None if self._get(name) is None else read(name)
