"""All competitors on all sets, in windows of all sizes; what remains are figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from da3studio.base.cancel import CancelToken
from da3studio.bench.geometry.answers import Answer, SurfaceScore
from da3studio.bench.geometry.competitors import Competitor
from da3studio.bench.geometry.scores import (
    DepthScore,
    PairScores,
    score_depth,
    score_pairs,
)
from da3studio.bench.geometry.surface import FEWEST_CAMERAS, shown_surface
from da3studio.bench.geometry.truth import Array, Photo, TrueSet, TrueSurface, nested
from da3studio.bench.parity.reference_scores import binned_auc
from da3studio.geometry.pose_errors import auc

THRESHOLDS = (3, 5, 15, 30)  # [degrees]
WHOLE = 0  # in place of a window's size: all photos of the set


@dataclass(frozen=True)
class Figures:
    """What is told of one competitor; AUCs and shares are 0 to 100, NaN = not known."""

    auc: tuple[float, ...]  # at `THRESHOLDS`, exact area
    published_auc: tuple[float, ...]  # at `THRESHOLDS`, in bins of a degree
    rotation_deg: float  # medians over all pairs, those not found included
    direction_deg: float
    same_auc: float  # at 30 degrees, of the pairs that windows of all sizes have in common
    same_rotation_deg: float
    same_direction_deg: float
    found: float  # share of photos that got a camera
    abs_rel: float
    delta1: float
    cover: float
    f_score: float
    overall: float  # [m, mm or the median depth]
    seconds: float  # median, for the photos of a window


@dataclass(frozen=True)
class Line:
    """One competitor on one set, in windows of one size."""

    group: str
    name: str  # of the set
    competitor: str
    size: int  # photos of a window
    n_windows: int
    n_pairs: int
    figures: Figures
    failures: Mapping[str, int]  # why there was no answer → in how many windows


@dataclass(eq=False)
class _Tally:
    """What is known so far of one line."""

    pairs: list[PairScores] = field(default_factory=list)
    same: list[PairScores] = field(default_factory=list)
    depths: list[DepthScore] = field(default_factory=list)
    surfaces: list[SurfaceScore] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        answer: Answer,
        window: Sequence[Photo],
        smallest: Sequence[Sequence[Photo]],
        surface: TrueSurface | None,
    ) -> None:
        """An answer about a window; the smallest windows inside it are scored alone, too."""
        self.seconds.append(answer.seconds)
        if answer.failure:
            self.failures[answer.failure] += 1
        if answer.finds_cameras:
            self.pairs.append(score_pairs(answer, window))
            self.same += [score_pairs(answer, inner) for inner in smallest]
            self.found += [photo.name in answer.cameras for photo in window]
        if answer.measures_depth:
            self.depths += [score for photo in window if (score := score_depth(answer, photo))]
            self.surfaces += [surface.score(answer, window)] if surface is not None else []

    def figures(self) -> Figures:
        overall = [one.overall for one in self.surfaces if one.overall is not None]
        f_scores = [100 * one.f_score for one in self.surfaces if one.f_score is not None]
        return Figures(
            *_poses(self.pairs),
            *_medians(self.pairs),
            _poses(self.same)[0][-1],
            *_medians(self.same),
            found=100 * _mean(self.found),
            abs_rel=_mean([one.abs_rel for one in self.depths]),
            delta1=100 * _mean([one.delta1 for one in self.depths]),
            cover=100 * _mean([one.cover for one in self.depths]),
            f_score=_mean(f_scores),
            overall=_mean(overall),
            seconds=float(np.median(self.seconds)),
        )


def measure(
    true_set: TrueSet,
    competitors: Sequence[Competitor],
    sizes: Sequence[int],
    token: CancelToken,
    tell: Callable[[str], None],
) -> list[Line]:
    """All competitors on one set.

    Args:
        true_set: the set.
        competitors: who is asked.
        sizes: photos of a window, smallest first.
        token: checked between windows.
        tell: told what is worked on.

    Raises:
        UserFacingError: a photo, a file of the set or a network cannot be read.
        JobCancelled: by the token.
    """
    tallies: dict[tuple[str, int], _Tally] = {}
    for size, window, smallest in _windows(true_set, sizes):
        surface = None
        if len(window) >= FEWEST_CAMERAS:
            surface = true_set.surface() if true_set.surface else shown_surface(window)
        for competitor in competitors:
            token.check()
            tell(f"{true_set.name}: {len(window)}, {competitor.label}")
            answer = competitor.answer(window, token)
            if answer is not None:
                tally = tallies.setdefault((competitor.label, size), _Tally())
                tally.add(answer, window, smallest, surface)
    return [
        Line(
            true_set.group,
            true_set.name,
            competitor,
            size,
            len(tally.seconds),
            sum(len(one.published) for one in tally.pairs),
            tally.figures(),
            dict(tally.failures),
        )
        for (competitor, size), tally in tallies.items()
    ]


def averaged(lines: Sequence[Line], n_sizes: int) -> list[Line]:
    """For each competitor and size the mean over the sets of a group; medians of medians.

    What is said of the same pairs is averaged over the sets that have windows of all sizes.

    Args:
        lines: of one group.
        n_sizes: that were asked for.

    Returns:
        Lines whose name is the number of sets.
    """
    found = []
    for key in dict.fromkeys((line.competitor, line.size) for line in lines):
        mine = [line for line in lines if (line.competitor, line.size) == key]
        full = [line for line in mine if _has_all(line, lines, n_sizes)]
        n_windows, n_pairs = (
            sum(getattr(one, n) for one in mine) for n in ("n_windows", "n_pairs")
        )
        figures = _averaged_figures([one.figures for one in mine], [one.figures for one in full])
        n_sets = str(len(mine))
        found.append(Line(mine[0].group, n_sets, *key, n_windows, n_pairs, figures, {}))
    return found


def _windows(
    true_set: TrueSet, sizes: Sequence[int]
) -> Iterator[tuple[int, Sequence[Photo], list[Sequence[Photo]]]]:
    """Size, photos, and the smallest windows among these photos."""
    for base in true_set.bases(sizes):
        if true_set.is_whole:
            yield WHOLE, base, []
            continue
        inside = nested(base, sizes)
        for size in sizes:
            for window in inside[size]:
                names = {photo.name for photo in window}
                smallest = [one for one in inside[sizes[0]] if one[0].name in names]
                yield size, window, smallest


def _has_all(line: Line, lines: Sequence[Line], n_sizes: int) -> bool:
    sizes = {one.size for one in lines if one.name == line.name}
    return len(sizes) == n_sizes


def _averaged_figures(every: Sequence[Figures], full: Sequence[Figures]) -> Figures:
    values: dict[str, Any] = {}
    for part in fields(Figures):
        some = full if part.name.startswith("same_") else every
        columns = np.array([getattr(one, part.name) for one in some], np.float64)
        typical = np.nanmedian if part.name.endswith("_deg") else np.nanmean
        if columns.ndim == 2:
            values[part.name] = tuple(_typical(column, typical) for column in columns.T)
        else:
            values[part.name] = _typical(columns, typical)
    return Figures(**values)


def _typical(column: Array, typical: Callable[[Array], Any]) -> float:
    return float("nan") if np.isnan(column).all() else float(typical(column))


def _poses(scores: Sequence[PairScores]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """AUC by the exact area and in bins."""
    unknown = tuple(float("nan") for _ in THRESHOLDS)
    if not scores:
        return unknown, unknown
    errors = np.concatenate([one.errors for one in scores])
    published = np.concatenate([one.published for one in scores])
    return (
        tuple(100 * auc(errors, threshold) for threshold in THRESHOLDS),
        tuple(100 * binned_auc(published, threshold) for threshold in THRESHOLDS),
    )


def _medians(scores: Sequence[PairScores]) -> tuple[float, float]:
    """Of rotation and direction [degrees]."""
    if not scores:
        return float("nan"), float("nan")
    rotation, direction = np.concatenate([one.angles for one in scores]).T
    return float(np.median(rotation)), _typical(direction, np.nanmedian)


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
