"""What long work says of itself while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units of the current step; `total` 0 = not known."""

    step: str  # what is being done, a short phrase a person reads
    done: int
    total: int


@dataclass(frozen=True)
class Notice:
    """Something worth saying that does not stop the work."""

    text: str


Report = Callable[[Progress | Notice], None]


def silent(_: Progress | Notice) -> None:
    """A `Report` that nobody reads."""
