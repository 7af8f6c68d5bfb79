"""How soon the window is there, and whether it answers while photos are reconstructed."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from da3studio.app.bench.window_runs import Start, Work
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr

_STARTS = 7  # the first one reads the disk and does not count
_WORKS = 3
_PATIENCE_S = 1200


@dataclass(frozen=True)
class WindowFigures:
    """What was measured."""

    starts: tuple[Start, ...]
    works: tuple[Work, ...]

    @property
    def start_s(self) -> float:
        """Median time from the start of the process to the painted window."""
        return statistics.median(one.seconds for one in self.starts)

    @property
    def best_work(self) -> Work:
        """The run that the rest of the machine disturbed least."""
        return min(self.works, key=lambda work: late_ms(work.busy_ms, 0.99))


def measure_window(photos: Path, tell: Callable[[str], None], token: CancelToken) -> WindowFigures:
    """Start the real program several times, each in a process and with settings of its own.

    Args:
        photos: a folder of them.
        tell: hears what is being done.
        token: checked between runs.

    Raises:
        Missing: a run said nothing, for example without a screen.
    """
    starts, works = [], []
    with tempfile.TemporaryDirectory(prefix="da3studio-bench-") as folder:
        home = Path(folder)
        for number in range(_STARTS):
            token.check()
            tell(tr("Start {n} of {total}").format(n=number + 1, total=_STARTS))
            said = _run(home / "settings", "start", str(time.time()))
            if number:
                starts.append(Start.read(said))
        for number in range(_WORKS):
            token.check()
            tell(tr("Reconstruction {n} of {total}").format(n=number + 1, total=_WORKS))
            project = home / f"{number}.da3"
            said = _run(home / "settings", "work", str(project), str(photos.absolute()))
            works.append(Work.read(said))
    return WindowFigures(tuple(starts), tuple(works))


def late_ms(late: tuple[float, ...], share: float) -> float:
    """The lateness that this share of all ticks stays below [ms]."""
    ordered = sorted(late)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _run(home: Path, *arguments: str) -> str:
    """The last line of a run."""
    ran = subprocess.run(
        [sys.executable, "-m", "da3studio.app.bench.window_runs", *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=_PATIENCE_S,
        env={**os.environ, "DA3STUDIO_HOME": str(home)},
    )
    lines = ran.stdout.strip().splitlines()
    if not lines:
        said = ran.stderr.strip().splitlines()
        raise Missing(
            tr("The window could not be measured."),
            why=said[-1] if said else tr("It said nothing."),
            fix=tr("Run it where there is a screen, for example under xvfb-run."),
        )
    return lines[-1]
