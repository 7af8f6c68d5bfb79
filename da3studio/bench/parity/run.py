"""A folder of stored cases, compared one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.bench.parity.case_files import CaseFile, Kind, case_paths, read_case
from da3studio.bench.parity.comparison import Compared
from da3studio.bench.parity.costs import Cost
from da3studio.bench.parity.drift import Drift
from da3studio.bench.parity.end_to_end_cases import EndToEndCase
from da3studio.bench.parity.function_cases import compare_function_case
from da3studio.bench.parity.network_cases import NetworkCase, Weights
from da3studio.bench.parity.network_runs import ODD_CASE, CaseRun, run_networks
from da3studio.model.config import VARIANTS

_LONGEST_REASON = 300


@dataclass(frozen=True)
class Outcome:
    """Of one file."""

    name: str
    variant: str  # "" = functions alone, or a file that cannot be read
    compared: tuple[Compared, ...] = ()
    drifts: tuple[tuple[str, Drift], ...] = ()  # of which network
    cost: Cost = field(default_factory=Cost)
    failure: str = ""  # why it could not be compared

    @property
    def passes(self) -> bool:
        """Whether everything in it was compared and agrees."""
        return bool(self.compared) and not self.failure and all(c.passes for c in self.compared)

    @property
    def worst(self) -> Compared | None:
        """The array that uses up most of its tolerance."""
        return max(self.compared, key=lambda one: one.share, default=None)


@dataclass(frozen=True)
class VariantCost:
    """Of all cases with the same weights."""

    variant: str
    salt: str
    overridden: bool
    n_cases: int
    making_s: float  # the network and its weights
    exact_s: float
    rungs_s: float  # passes in fewer bits
    peak_memory_bytes: int


@dataclass(frozen=True)
class Parity:
    """Of a whole folder."""

    outcomes: tuple[Outcome, ...]
    costs: tuple[VariantCost, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Those that do not agree."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passes)


@dataclass(frozen=True)
class Wanted:
    """Which cases, and how."""

    only: tuple[str, ...] = ()  # kinds, short names of variants or names of files; () = all
    device: str = "cpu"
    drift: bool = True


Tell = Callable[[Outcome | VariantCost], None]


def run_folder(folder: Path, wanted: Wanted, tell: Tell, token: CancelToken) -> Parity:
    """Compare the cases of a folder; each file stands for itself, whatever is in the others.

    Args:
        folder: with `.npz` files.
        wanted: which of them.
        tell: hears every outcome as soon as it is there.
        token: asked between cases.

    Raises:
        Missing: no such files.
        BadInput: `wanted.only` names something that is not there.
        JobCancelled: by the token.
    """
    outcomes: list[Outcome] = []
    costs: list[VariantCost] = []

    def keep(one: Outcome | VariantCost) -> None:
        (outcomes if isinstance(one, Outcome) else costs).append(one)  # type: ignore[arg-type]
        tell(one)

    groups: dict[Weights, list[Path]] = {}
    for listed in _chosen(_listed(case_paths(folder)), wanted.only):
        token.check()
        if listed.failure:
            keep(Outcome(listed.path.stem, "", failure=listed.failure))
        elif listed.weights is None:
            keep(_function_outcome(read_case(listed.path)))
        else:
            groups.setdefault(listed.weights, []).append(listed.path)
    order = list(VARIANTS)
    for weights in sorted(groups, key=lambda one: (order.index(one.variant), one.salt)):
        for one in _network_outcomes(weights, groups[weights], wanted, token):
            keep(one)
    return Parity(tuple(outcomes), tuple(costs))


@dataclass(frozen=True)
class _Listed:
    path: Path
    kind: Kind | None = None
    weights: Weights | None = None
    failure: str = ""

    @property
    def words(self) -> set[str]:
        """By which it can be chosen."""
        words = {self.path.stem}
        if self.kind is not None:
            words.add(self.kind)
        if self.weights is not None:  # "da3metric-large" → "metric"
            words.add(self.weights.variant.removeprefix("da3").lstrip("-").split("-")[0])
        return words


def _listed(paths: Sequence[Path]) -> list[_Listed]:
    """What each file is; its arrays are read again when their turn comes."""
    listed = []
    for path in paths:
        try:
            file = read_case(path)
            weights = None if file.kind == "fn" else Weights.of(file)
            listed.append(_Listed(path, file.kind, weights))
        except (BadInput, *ODD_CASE) as error:
            listed.append(_Listed(path, failure=_reason(error)))
    return listed


def _chosen(listed: Sequence[_Listed], only: Sequence[str]) -> list[_Listed]:
    known = sorted(set().union(*(one.words for one in listed)))
    unknown = [word for word in only if word not in known]
    if unknown:
        raise BadInput(
            tr("There are no cases {word}.").format(word=unknown[0]),
            why=tr("The folder holds: {words}.").format(words=", ".join(known)),
            fix=tr("Choose among these."),
        )
    return [one for one in listed if not only or one.words & set(only)]


def _function_outcome(file: CaseFile) -> Outcome:
    cost, failure = Cost(), ""
    compared: tuple[Compared, ...] = ()
    try:
        with cost.meter():
            compared = tuple(compare_function_case(file))
    except ODD_CASE as error:
        failure = _reason(error)
    return Outcome(file.name, "", compared, cost=cost, failure=failure)


def _network_outcomes(
    weights: Weights, paths: Sequence[Path], wanted: Wanted, token: CancelToken
) -> Iterator[Outcome | VariantCost]:
    runs: list[CaseRun] = []
    for path in paths:
        try:
            file = read_case(path)
            runs.append(CaseRun((NetworkCase if file.kind == "net" else EndToEndCase).of(file)))
        except (BadInput, *ODD_CASE) as error:
            yield Outcome(path.stem, weights.variant, failure=_reason(error))
    spent = run_networks(weights, runs, wanted.device, token, drift=wanted.drift)
    for run in runs:
        yield _network_outcome(run, weights.variant)
    peaks = [spent.making.peak_memory_bytes, spent.rungs.peak_memory_bytes]
    yield VariantCost(
        weights.variant,
        weights.salt,
        bool(weights.override),
        len(paths),
        spent.making.seconds,
        sum(run.cost.seconds for run in runs),
        spent.rungs.seconds,
        max(peaks + [run.cost.peak_memory_bytes for run in runs]),
    )


def _network_outcome(run: CaseRun, variant: str) -> Outcome:
    compared: tuple[Compared, ...] = ()
    if run.failure is None:
        with run.guarded():
            compared = run.compared()
    failure = "" if run.failure is None else _reason(run.failure)
    name = run.network_case.file.name
    return Outcome(name, variant, compared, tuple(run.drifts), run.cost, failure)


def _reason(error: Exception) -> str:
    """One line."""
    if isinstance(error, BadInput):
        return error.why
    if isinstance(error, KeyError):
        text = tr("It lacks, or holds beyond what is known, {name}.").format(name=error)
    else:
        text = tr("It cannot be compared: {reason}.").format(reason=error)
    return " ".join(text.split())[:_LONGEST_REASON]
