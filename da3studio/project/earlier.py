"""Earlier manifests of a project: which ones are worth keeping, and reading their times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from da3studio.base.atomic import write_bytes_atomic, writing_to

_MOST = 20
_STAMP = "%Y-%m-%dT%H-%M-%S-%f"
_NOW_S = 1.0  # everything younger counts as this old, so that ratios of ages mean something


class Earlier(NamedTuple):
    """A manifest that was saved over."""

    path: Path
    when: datetime  # when it was saved over, UTC


def list_earlier(folder: Path) -> list[Earlier]:
    """The earlier manifests in a folder, newest first; their content is not looked at."""
    found = []
    for path in folder.glob("[0-9]*.json"):
        try:
            when = datetime.strptime(path.stem, _STAMP).replace(tzinfo=UTC)
        except ValueError:  # not one of ours
            continue
        found.append(Earlier(path, when))
    return sorted(found, key=lambda earlier: earlier.when, reverse=True)


def keep_earlier(folder: Path, content: bytes) -> None:
    """Add a manifest, and remove those of which there are enough from about the same time.

    Raises:
        DiskFull, CannotWrite: by the place.
    """
    now = datetime.now(UTC)
    write_bytes_atomic(folder / f"{now.strftime(_STAMP)}.json", content)
    found = list_earlier(folder)
    ages = [(now - earlier.when).total_seconds() for earlier in found]
    for i in superfluous(ages):
        with writing_to(found[i].path):
            found[i].path.unlink(missing_ok=True)


def superfluous(ages_s: Sequence[float], most: int = _MOST) -> list[int]:
    """Which of many versions may go so that the rest cover seconds as well as months.

    The program saves after every change: the last twenty versions would be of the last minutes.
    So the one goes whose neighbours in time have the most similar ages, again and again; the
    newest and the oldest stay.

    Args:
        ages_s: ascending [s].
        most: how many may stay, at least 2.

    Returns:
        Their indices.
    """
    left = list(range(len(ages_s)))
    while len(left) > max(most, 2):
        ages = [max(ages_s[i], 0.0) + _NOW_S for i in left]
        growth = [ages[i + 1] / ages[i - 1] for i in range(1, len(ages) - 1)]
        del left[1 + growth.index(min(growth))]
    return sorted(set(range(len(ages_s))) - set(left))
