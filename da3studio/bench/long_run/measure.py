"""A long capture run once without a break and once with kills, and the two compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from da3studio.base.cancel import CancelToken
from da3studio.base.digest import digest_of_file
from da3studio.base.i18n import tr
from da3studio.bench.long_run.capture import make_capture, models_in
from da3studio.bench.long_run.watch import Moment, Sample, Watched, watch
from da3studio.jobs.messages import Crashed, Failed, Finished, WorkerDied

N_VIEWS, VIEWS_PER_WINDOW, N_KILLS = 2000, 40, 5
MARKS = (200, 500, 1000, 1500)  # finished views at which memory is told, and at the end
_EARLY, _LATE = 0.1, 0.8  # shares of a step between which it is killed
_QUICK_S = 0.5  # a step that takes less is killed as soon as it begins
_HESITATION = 0.05  # of the time that the step takes: by how much a kill may come later
_FLAT_SHARE, _FLAT_BYTES = 0.05, 30e6  # less than either is no growth

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """A step of a run, from one mark to the next."""

    views: int  # finished at its end
    seconds: float
    n_views: int  # that were finished in it
    peak_bytes: int


@dataclass(frozen=True)
class LongRun:
    """What is known of it all."""

    n_views: int
    views_per_window: int
    whole: Watched
    killed: tuple[Watched, ...]  # of one project, one after the other
    resumed: Watched  # that project to its end
    n_files: int  # of results
    size_bytes: int  # of all of them
    different: tuple[str, ...]  # results that are not byte for byte those of the run without kills

    @property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """Memory and time of each step of the run without kills, from mark to mark."""
        steps = self.whole.steps
        return {name: _parts(samples, self.n_views) for name, samples in steps.items()}

    @property
    def growing(self) -> tuple[str, ...]:
        """Steps that need more memory for the last views than for the first."""
        return tuple(name for name, parts in self.parts.items() if not _is_flat(parts))


def measure(
    folder: Path,
    tell: Tell,
    token: CancelToken,
    *,
    n_views: int = N_VIEWS,
    views_per_window: int = VIEWS_PER_WINDOW,
    n_kills: int = N_KILLS,
) -> LongRun:
    """Run a long capture to its end, and once more with kills.

    Args:
        folder: empty; everything is made in it.
        tell: hears what is done next.
        token: asked all the time.
        n_views: of the capture.
        views_per_window: that the network sees together.
        n_kills: moments, each in another step of the run, in their order; a kill that comes after
            the end of the run does not count.

    Raises:
        UserFacingError: the run met something a person can mend.
        RuntimeError: it met a bug.
        JobCancelled: by the token.
    """
    with models_in(folder / "models"):
        tell(tr("Taking photos"))
        capture = make_capture(folder, n_views, views_per_window, token)
        tell(tr("Running without a break"))
        one, other = capture.new_project("whole"), capture.new_project("killed")
        whole = _finished(watch(one, token))
        killed = []
        for moment in _moments(whole, n_kills):
            tell(tr("Killing it: {step}").format(step=moment.step))
            run = watch(other, token, moment)
            if not isinstance(run.outcome, WorkerDied):
                _finished(run)
                break
            killed.append(run)
        tell(tr("Resuming to the end"))
        resumed = _finished(watch(other, token))
    results = _results(one)
    again = _results(other)
    different = sorted(
        name for name in results.keys() | again.keys() if results.get(name) != again.get(name)
    )
    size = sum((one / name).stat().st_size for name in results)
    return LongRun(
        n_views, views_per_window, whole, tuple(killed), resumed, len(results), size,
        tuple(different),
    )  # fmt: skip


def _moments(whole: Watched, n_kills: int) -> list[Moment]:
    """One in each of some steps, the first and the last among them."""
    chance = np.random.default_rng(0)
    steps = list(whole.steps.items())
    chosen = sorted(set(np.linspace(0, len(steps) - 1, n_kills).round().astype(int).tolist()))
    moments = []
    for name, samples in (steps[k] for k in chosen):
        seconds = samples[-1].at_s - samples[0].at_s
        if seconds < _QUICK_S:
            moments.append(Moment(name, 0.0, 0.0))
            continue
        share, later = chance.uniform(_EARLY, _LATE), chance.uniform(0, _HESITATION * seconds)
        moments.append(Moment(name, float(share), float(later)))
    return moments


def _results(project: Path) -> dict[str, str]:
    """Digest of each file of results; what else may not be left is listed, too."""
    files = [path for name in ("chunks", "scratch") for path in (project / name).rglob("*")]
    return {
        path.relative_to(project).as_posix(): digest_of_file(path)
        for path in files
        if path.is_file()
    }


def _finished(run: Watched) -> Watched:
    match run.outcome:
        case Failed():
            raise run.outcome.error()
        case Crashed():
            raise RuntimeError(run.outcome.traceback)
        case Finished():
            return run
    raise RuntimeError(f"a run that nobody stopped ended with {run.outcome}")


def _parts(samples: Sequence[Sample], n_views: int) -> tuple[Part, ...]:
    """What was seen of one step, cut where marks were reached."""
    marks = [mark for mark in MARKS if mark < n_views]
    shares = np.array([one.share for one in samples])
    starts = np.searchsorted(shares * n_views, [0, *marks]).tolist()
    parts = []
    for mark, start, end in zip(
        [*marks, n_views], starts, [*starts[1:], len(samples)], strict=True
    ):
        if start == end:  # too quick to be looked at
            continue
        first, after = samples[start], samples[min(end, len(samples) - 1)]
        share = (after.share if end < len(samples) else 1.0) - first.share
        peak = max(one.memory_bytes for one in samples[start:end])
        parts.append(Part(mark, after.at_s - first.at_s, round(share * n_views), peak))
    return tuple(parts)


def _is_flat(parts: Sequence[Part]) -> bool:
    first = parts[0].peak_bytes
    grown = max(part.peak_bytes for part in parts) - first
    return grown < max(_FLAT_BYTES, _FLAT_SHARE * first)
