"""Small line and bar charts as SVG, for pages of results."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from xml.sax.saxutils import escape

_WIDTH = 640  # [px]
_LEFT, _RIGHT, _TOP = 60, 176, 40  # room about the frame [px]
_STRAIGHT = 4  # most names under an axis that have room side by side
_COLOURS = ("#2563a8", "#c2571a", "#2e8555", "#8a4fa3", "#8c6d1f", "#555555", "#b03060")
_INK, _GRID = "#333333", "#dddddd"
_STEPS = (1, 2, 2.5, 5, 10)
_LINES = 5  # of the grid, about

Point = tuple[float, float]


def line_chart(title: str, x_title: str, y_title: str, lines: Mapping[str, Sequence[Point]]) -> str:
    """Points joined by lines; x is spaced by the logarithm, as numbers of photos double.

    Args:
        title: above all.
        x_title: what x is.
        y_title: what y is; it begins at 0.
        lines: name → points by x, all x > 0; one without points keeps its colour for others.
    """
    places = sorted({x for points in lines.values() for x, _ in points})
    low, high = (math.log(x) for x in (places[0], places[-1])) if places else (0.0, 1.0)
    frame = _Frame(340, 44, [y for points in lines.values() for _, y in points])

    def across(x: float) -> float:
        share = (math.log(x) - low) / (high - low) if high > low else 0.5
        return _LEFT + 14 + share * (frame.width - 28)

    parts = [
        *frame.parts(title, y_title),
        _text(_LEFT + frame.width / 2, frame.floor + 36, x_title, "middle"),
        *(_text(across(x), frame.floor + 18, f"{x:g}", "middle") for x in places),
    ]
    for colour, points in zip(_colours(), lines.values(), strict=False):
        at = [(across(x), frame.up(y)) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
    shown = {name: bool(points) for name, points in lines.items()}
    return frame.drawing([*parts, *_legend(shown)])


def bar_chart(
    title: str, y_title: str, places: Sequence[str], bars: Mapping[str, Sequence[float]]
) -> str:
    """Groups of bars.

    Args:
        title: above all.
        y_title: what y is; it begins at 0.
        places: below the groups.
        bars: name → a value for each place, NaN = no bar; one without any keeps its colour.
    """
    values = [value for row in bars.values() for value in row if math.isfinite(value)]
    is_turned = len(places) > _STRAIGHT
    frame = _Frame(400 if is_turned else 340, 104 if is_turned else 44, values)
    group = frame.width / max(len(places), 1)
    drawn = [
        (colour, row)
        for colour, row in zip(_colours(), bars.values(), strict=False)
        if any(map(math.isfinite, row))
    ]
    thick = 0.8 * group / max(len(drawn), 1)
    parts = frame.parts(title, y_title)
    for i, place in enumerate(places):
        middle = _LEFT + (i + 0.5) * group
        parts.append(_text(middle, frame.floor + 16, place, "middle", is_turned=is_turned))
        for k, (colour, row) in enumerate(drawn):
            if math.isfinite(row[i]):
                x, y = _LEFT + (i + 0.1) * group + k * thick, frame.up(row[i])
                parts.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{thick:.1f}"'
                    f' height="{frame.floor - y:.1f}" fill="{colour}"/>'
                )
    shown = {name: any(map(math.isfinite, row)) for name, row in bars.items()}
    return frame.drawing([*parts, *_legend(shown)])


class _Frame:
    """The space that is drawn in, with its y axis from 0 to a round number above all values."""

    def __init__(self, height: float, bottom: float, values: Sequence[float]) -> None:
        self._height = height
        self.width, self.floor = _WIDTH - _LEFT - _RIGHT, height - bottom
        self._top = _round_up(max(values, default=1.0))

    def up(self, value: float) -> float:
        """Where a value is drawn, from above [px]."""
        return self.floor - value / self._top * (self.floor - _TOP)

    def parts(self, title: str, y_title: str) -> list[str]:
        """Title, grid and numbers."""
        parts, step = [_text(_LEFT, 22, title, "start", size=15)], _step(self._top)
        for i in range(round(self._top / step) + 1):
            y = self.up(i * step)
            ends = f'x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + self.width}" y2="{y:.1f}"'
            parts.append(f'<line {ends} stroke="{_GRID}"/>')
            parts.append(_text(_LEFT - 6, y + 4, f"{i * step:g}", "end"))
        middle = (_TOP + self.floor) / 2
        turn = f'transform="rotate(-90 14 {middle})"'
        parts.append(
            f'<text x="14" y="{middle}" text-anchor="middle" {turn}>{escape(y_title)}</text>'
        )
        return parts

    def drawing(self, parts: Sequence[str]) -> str:
        """The whole file."""
        width, height = _WIDTH, self._height
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" font-family="sans-serif" font-size="12"'
            f' fill="{_INK}">'
        )
        paper = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        return "\n".join([head, paper, *parts, "</svg>", ""])


def _colours() -> Iterator[str]:
    return cycle(_COLOURS)


def _legend(shown: Mapping[str, bool]) -> list[str]:
    parts: list[str] = []
    x, y = _WIDTH - _RIGHT + 14, _TOP + 8
    for colour, (name, is_shown) in zip(_colours(), shown.items(), strict=False):
        if is_shown:
            parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
            parts.append(_text(x + 16, y, name, "start"))
            y += 20
    return parts


def _text(
    x: float, y: float, words: str, anchor: str, *, size: int = 12, is_turned: bool = False
) -> str:
    turn = f' transform="rotate(-40 {x:.1f} {y:.1f})"' if is_turned else ""
    anchor = "end" if is_turned else anchor
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{turn}>'
        f"{escape(words)}</text>"
    )


def _step(top: float) -> float:
    """Between the lines of the grid: a round number."""
    rough = top / _LINES
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * (1 - 1e-9))


def _round_up(value: float) -> float:
    """The end of the axis, a whole number of steps."""
    value = value if value > 0 else 1.0
    step = _step(value)
    return math.ceil(value / step - 1e-9) * step
