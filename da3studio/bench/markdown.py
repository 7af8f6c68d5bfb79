"""Tables that read well as Markdown and as plain text."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def table(titles: Row, rows: Sequence[Row]) -> str:
    """A Markdown table with aligned columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    widths = [max(width, 3) for width in widths]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (titles, rule, *rows))


def number(value: float | None, digits: int = 1) -> str:
    """With this many digits behind the point; `–` for what is not known."""
    return "–" if value is None else f"{value:.{digits}f}"


def decibels(value: float | None) -> str:
    """`24.1 dB`, or `–`."""
    return "–" if value is None else f"{value:.1f} dB"


def _line(row: Row, widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if i else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "| " + " | ".join([first, *others]) + " |"
