"""The page about cameras, depth and surfaces, and its charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from da3studio.bench.charts import bar_chart, line_chart
from da3studio.bench.geometry.measure import WHOLE, Figures, Line, averaged
from da3studio.bench.markdown import number, table
from da3studio.bench.pages import Made, head

_ABOUT = """\
Every competitor gets the same photos: windows of consecutive ones, each window inside one of the
next size. Networks and SIFT see photos of {px} px (longer side), the classical engine sees them as
they are. The photo that a network's world starts from is chosen as `--reference` says; the
published benchmark takes the first.

- **AUC@t**: area under the recall curve of the pairwise camera error up to t degrees, 0 to 100,
  the exact area. The error of a pair is the larger of its rotation error and the error of its
  direction of translation, which has a sign; a camera that was not found fails in all its pairs.
- **published @t**: the same by the published protocol of DA3-BENCH: bins of one degree, a direction
  is as good as its opposite, and the relative pose is taken of world-to-camera matrices the other
  way round. To compare with published numbers alone.
- **rotation, direction**: medians of the two errors over all pairs [degrees]; a pair that was not
  found has 180. **found**: share of photos that got a camera.
- **AbsRel, delta1**: mean relative error of depth, and share within a factor of 1.25, after each
  photo was scaled by its median, where there is depth at all; **cover** is the share of the true
  places where there is. On photo sets the true places are the points that COLMAP saw in the photo
  (few, and alike in depth, so that a constant is a strong opponent), or a dense cloud if the set
  has one; on made scenes all pixels.
- **F, Overall**: depth fused to a surface by the published protocol, harmonic mean of precision and
  recall in percent, and mean of both mean distances, from three photos on, where the true surface
  is known: similarity of the cameras, from ten on with consensus and seed 42, and a mesh of
  truncated signed distances by Open3D's `VoxelBlockGrid` (its older `ScalableTSDFVolume` comes out
  empty in version 0.20). For windows the true surface is what their photos show, near is 2.5 % of
  the median depth, and Overall is in percent of it.
- **no knowledge**: nobody turns, everybody steps to the right, everything is equally far.
  **true cameras**: the network is told the cameras; only its depth is judged."""

_SAME = """\
The pairs of the smallest windows are in the larger ones, too. This is how good these very pairs are
when more photos are seen with them, over the sets that have windows of all sizes."""


@dataclass(frozen=True)
class GeometryPage:
    """A page and the files beside it."""

    text: str
    charts: Mapping[str, str]  # name of the file → SVG


def geometry_page(
    lines: Sequence[Line], px: int, network: str, folder: str, made: Made
) -> GeometryPage:
    """The page as Markdown.

    Args:
        lines: of all sets.
        px: what networks see, longer side.
        network: which one, in words; "" = none.
        folder: where the charts will lie, as seen from the page.
        made: how the page came about.
    """
    parts = [head("Cameras, depth and surfaces", made)]
    parts += [f"- Network: {network}"] if network else []
    parts.append(_ABOUT.format(px=px))
    charts: dict[str, str] = {}
    for group in dict.fromkeys(line.group for line in lines):
        mine = [line for line in lines if line.group == group]
        sizes = sorted({line.size for line in mine})
        means = averaged(mine, len(sizes))
        parts += [f"## {group[0].upper()}{group[1:]}", table(_TITLES, _rows(means, is_mean=True))]
        if len(sizes) > 1:
            parts += [_SAME, table(_SAME_TITLES, [_same_row(line) for line in means])]
        for name, drawing in _charts(group, mine, means, sizes).items():
            charts[name] = drawing
            parts.append(f"![{_alt(name)}]({folder}/{name})")
        parts += ["Each set:", table(_SET_TITLES, _rows(mine, is_mean=False))]
        parts += _failures(mine)
    return GeometryPage("\n\n".join(parts) + "\n", charts)


_FIGURE_TITLES = (
    "AUC@3", "AUC@5", "AUC@15", "AUC@30", "published @3", "@30", "rotation", "direction", "found",
    "AbsRel", "delta1", "cover", "F", "Overall", "seconds",
)  # fmt: skip
_TITLES = ("who", "photos", "sets", "pairs", *_FIGURE_TITLES)
_SET_TITLES = ("set", "who", "photos", "pairs", *_FIGURE_TITLES)
_SAME_TITLES = ("who", "photos", "AUC@30", "rotation", "direction")


def _rows(lines: Sequence[Line], *, is_mean: bool) -> list[tuple[str, ...]]:
    rows = []
    for line in lines:
        who, cells = (line.competitor, _size(line)), _cells(line.figures, line.group)
        before = (*who, line.name) if is_mean else (line.name, *who)
        rows.append((*before, str(line.n_pairs), *cells))
    return rows


def _cells(one: Figures, group: str) -> tuple[str, ...]:
    is_window = group not in _IN_UNITS
    overall = one.overall * (100 if is_window else 1)
    unit = "%" if is_window else _IN_UNITS[group]
    return (
        *(_number(value) for value in one.auc),
        _number(one.published_auc[0]),
        _number(one.published_auc[-1]),
        *(_number(value) for value in (one.rotation_deg, one.direction_deg)),
        _share(one.found),
        _number(one.abs_rel, 3),
        _number(one.delta1),
        _share(one.cover),
        _number(one.f_score),
        "–" if math.isnan(overall) else f"{overall:.{2 if is_window else 4}f} {unit}",
        _number(one.seconds, 2),
    )


_IN_UNITS = {
    "ETH3D": "m",
    "7Scenes": "m",
    "ScanNet++": "m",
    "HiRoom": "m",
    "DTU": "mm",
    "DTU-64": "mm",
}


def _same_row(line: Line) -> tuple[str, ...]:
    one = line.figures
    values = (one.same_auc, one.same_rotation_deg, one.same_direction_deg)
    return (line.competitor, _size(line), *map(_number, values))


def _charts(
    group: str, lines: Sequence[Line], means: Sequence[Line], sizes: Sequence[int]
) -> dict[str, str]:
    """By the names of their files."""
    stem, found = group.lower().replace(" ", "-").replace("+", "p"), dict[str, str]()
    who = list(dict.fromkeys(line.competitor for line in means))
    if len(sizes) > 1:
        curves: dict[str, list[tuple[float, float]]] = {name: [] for name in who}
        for line in means:
            if not math.isnan(line.figures.same_auc):
                curves[line.competitor].append((line.size, line.figures.same_auc))
        found[f"{stem}-same-pairs.svg"] = line_chart(
            f"{group}: the same pairs, seen with more photos", "photos at once", "AUC@30", curves
        )
    size = sizes[len(sizes) // 2]
    at_once = "all photos" if size == WHOLE else f"{size} photos"
    at = {(line.name, line.competitor): line.figures for line in lines if line.size == size}
    places = list(dict.fromkeys(name for name, _ in at))
    for title, part in (("AUC@30", "auc"), ("AbsRel", "abs_rel")):
        bars = {name: [_value(at.get((place, name)), part) for place in places] for name in who}
        found[f"{stem}-{part.replace('_', '-')}.svg"] = bar_chart(
            f"{group}: {title} with {at_once}", title, places, bars
        )
    return found


def _value(one: Figures | None, part: str) -> float:
    if one is None:
        return math.nan
    return one.auc[-1] if part == "auc" else float(getattr(one, part))


def _failures(lines: Sequence[Line]) -> list[str]:
    rows = [
        f"- {line.name}, {line.competitor}, {_size(line)} photos:"
        f" {n} of {line.n_windows} times: {why}"
        for line in lines
        for why, n in line.failures.items()
    ]
    return ["No answer:", "\n".join(rows)] if rows else []


def _size(line: Line) -> str:
    return "all" if line.size == WHOLE else str(line.size)


def _number(value: float, digits: int = 1) -> str:
    return number(None if math.isnan(value) else value, digits)


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f} %"


def _alt(name: str) -> str:
    return name.removesuffix(".svg").replace("-", " ")
