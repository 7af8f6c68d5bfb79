"""Edits that are set by numbers: their rows, and how a slider moves through what a cloud holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from da3studio.edits.base import Edit, Evidence, ListedEdit, Vec3
from da3studio.edits.pieces import LargestComponents
from da3studio.edits.planes import RemovePlane, find_plane
from da3studio.edits.stack import EditStack
from da3studio.edits.thresholds import (
    MaxIsolation,
    MaxSlant,
    MinConfidence,
    MinViews,
    cos_slant,
)

SAMPLE = 100_000  # points a distribution is taken from: the start of the cloud, a fair share of it
_BINS = 64
_TAIL = 0.002  # of the values at either end that a histogram leaves out
_FIRST_SHARE = 0.05  # of the points that uncertain ones are assumed to be, to begin with
_UPRIGHT_RAD = 0.5  # how far a table may be tilted against up; about 30 degrees
_NOTABLE = 0.03  # share of the points from which a level plane is one

Removes = Literal["below", "above"]
Measure = Callable[[Evidence, slice], NDArray[Any]]
Start = Callable[[Evidence, NDArray[np.bool_], Vec3], Edit | None]


@dataclass(frozen=True)
class NumberField:
    """One number of an edit, and how it is shown."""

    name: str  # of the edit's field
    label: str
    low: float
    high: float
    decimals: int = 0
    text: str = ""  # what stands behind it
    is_length: bool = False  # in world units; its range follows the scene


@dataclass(frozen=True)
class Adjuster:
    """A kind of edit that is set by numbers, as the panel offers it."""

    family: type[Edit]
    icon: str
    label: str  # of the step to undo, and what the button is for
    help: str
    fields: tuple[NumberField, ...]
    start: Start  # evidence, what other edits keep, up → the edit to begin with; None = no such
    removes: Removes = "below"  # on which side of its first number points go
    measure: Measure | None = None  # of the first number; None = no histogram

    @property
    def kind(self) -> str:
        return self.family.kind

    def prepare(
        self, stack: EditStack, others: Sequence[ListedEdit], up: Vec3, edit: Edit | None
    ) -> Prepared:
        """Find out what there is to be set; may take seconds.

        Args:
            stack: of the cloud.
            others: the edits that this one comes on top of.
            up: of the world.
            edit: to begin with; `None` = what suits the cloud.
        """
        keep, evidence = stack.keep(others), stack.evidence
        spread = None if self.measure is None else Distribution.of(self.measure, evidence, keep)
        return Prepared(edit or self.start(evidence, keep, up), spread)


def _confidence(evidence: Evidence, rows: slice) -> NDArray[np.float32]:
    return evidence.cloud.confidence[rows]


def _isolation(evidence: Evidence, rows: slice) -> NDArray[np.float32]:
    return evidence.cloud.isolation[rows]


def _n_views(evidence: Evidence, rows: slice) -> NDArray[np.uint8]:
    return evidence.cloud.n_views[rows]


def _slant(evidence: Evidence, rows: slice) -> NDArray[np.float32]:
    cosine = np.clip(cos_slant(evidence, rows), 0, 1)
    degrees: NDArray[np.float32] = np.degrees(np.arccos(cosine))
    return degrees


def _least_sure(evidence: Evidence, keep: NDArray[np.bool_], _up: Vec3) -> Edit:
    values = Distribution.of(_confidence, evidence, keep)
    return MinConfidence(values.at_share(_FIRST_SHARE, "below"))


def _table(evidence: Evidence, keep: NDArray[np.bool_], up: Vec3) -> Edit | None:
    """The largest level surface; where there is none worth the name, the largest flat one."""
    found = find_plane(evidence.cloud, keep, along=up, within_rad=_UPRIGHT_RAD)
    if found is None or found.share < _NOTABLE:
        found = find_plane(evidence.cloud, keep)
    if found is None:
        return None
    return RemovePlane(found.normal, found.offset, found.thickness)


ADJUSTERS: tuple[Adjuster, ...] = (
    Adjuster(
        MinConfidence,
        icon="confidence",
        label="Remove uncertain points",
        help="Cuts away points that the reconstruction itself was least sure of.",
        fields=(NumberField("value", "Confidence at least", -1e12, 1e12, decimals=3),),
        start=_least_sure,
        measure=_confidence,
    ),
    Adjuster(
        MaxIsolation,
        icon="points",
        label="Remove floaters",
        help="Cuts away points that hang alone in the air, far from their neighbours.",
        fields=(
            NumberField("value", "Distance to neighbours at most", 0, 1e9, 2, text=" × usual"),
        ),
        start=lambda _evidence, _keep, _up: MaxIsolation(3.0),
        removes="above",
        measure=_isolation,
    ),
    Adjuster(
        MinViews,
        icon="photos",
        label="Remove points few photos see",
        help="Cuts away points that only a few photos agree on.",
        fields=(NumberField("n", "Photos at least", 1, 255),),
        start=lambda _evidence, _keep, _up: MinViews(3),
        measure=_n_views,
    ),
    Adjuster(
        MaxSlant,
        icon="eraser",
        label="Remove streaks at edges",
        help="Cuts away points that their photo saw edge-on: the streaks behind outlines.",
        fields=(NumberField("degrees", "Angle at most", 0, 90, 1, text="°"),),
        start=lambda _evidence, _keep, _up: MaxSlant(80.0),
        removes="above",
        measure=_slant,
    ),
    Adjuster(
        LargestComponents,
        icon="layers",
        label="Remove small pieces",
        help="Keeps the largest connected pieces and cuts away what hangs apart from them.",
        fields=(
            NumberField("n_kept", "Pieces to keep", 1, 100),
            NumberField("gap", "Gap between pieces", 1, 100, 1, text=" × spacing"),
        ),
        start=lambda _evidence, _keep, _up: LargestComponents(1, 6.0),
    ),
    Adjuster(
        RemovePlane,
        icon="floor",
        label="Remove the table or floor",
        help="Finds the largest flat surface the subject stands on and cuts it away.",
        fields=(NumberField("thickness", "Thickness", 0, 1e12, 3, is_length=True),),
        start=_table,
    ),
)


def adjuster_of(edit: Edit) -> Adjuster | None:
    """The row of an edit, `None` for one that is not set by numbers."""
    return next((row for row in ADJUSTERS if isinstance(edit, row.family)), None)


@dataclass(frozen=True, eq=False)
class Prepared:
    """What was found out before the first number can be shown."""

    draft: Edit | None  # None = there is nothing of the kind
    distribution: Distribution | None  # None = it is no threshold


@dataclass(frozen=True, eq=False)
class Counted:
    """What an edit would cut away of what the others leave."""

    edit: Edit
    removed: NDArray[np.bool_]  # (N,) by it alone
    marked: NDArray[np.bool_]  # (N,) of these the ones that are still there
    n_marked: int
    n_there: int


def count(stack: EditStack, others: Sequence[ListedEdit], edit: Edit) -> Counted:
    """Evaluate an edit on top of others, without keeping the answer."""
    there = stack.keep(others)
    removed = edit.removes(stack.evidence)
    marked = removed & there
    n_marked, n_there = int(np.count_nonzero(marked)), int(np.count_nonzero(there))
    return Counted(edit, removed, marked, n_marked, n_there)


@dataclass(frozen=True, eq=False)
class Distribution:
    """How a measure is spread over a cloud, as a fair sample of it tells."""

    values: NDArray[np.float64]  # (S,) ascending, finite
    counts: NDArray[np.int64]  # (B,) of equally wide bins ...
    low: float  # ... from here ...
    high: float  # ... to here

    @staticmethod
    def of(measure: Measure, evidence: Evidence, keep: NDArray[np.bool_]) -> Distribution:
        """Of the kept points at the start of the cloud, whose rows have to be in random order."""
        rows = slice(0, SAMPLE)
        raw = measure(evidence, rows)
        values = raw[keep[rows]].astype(np.float64)
        values = np.sort(values[np.isfinite(values)])
        if not len(values):
            return Distribution(values, np.zeros(1, np.int64), 0.0, 1.0)
        if np.issubdtype(raw.dtype, np.integer):  # one bin a number
            low, high = values[0] - 0.5, values[-1] + 0.5
            n_bins = int(high - low)
        else:
            low, high = np.quantile(values, (_TAIL, 1 - _TAIL))
            low, high = (low, high) if high > low else (low - 0.5, low + 0.5)
            n_bins = _BINS
        counts = np.histogram(values, n_bins, (low, high))[0].astype(np.int64)
        return Distribution(values, counts, float(low), float(high))

    def at_share(self, share: float, removes: Removes) -> float:
        """The threshold that cuts away this share of the points, 0...1."""
        if not len(self.values):
            return 0.0
        return float(np.quantile(self.values, share if removes == "below" else 1 - share))

    def share_at(self, value: float, removes: Removes) -> float:
        """The share of the points that a threshold cuts away, 0...1."""
        n = len(self.values)
        if not n:
            return 0.0
        if removes == "below":
            return float(np.searchsorted(self.values, value, "left")) / n
        return float(n - np.searchsorted(self.values, value, "right")) / n
