"""When was asked last, and which version the person does not want to hear of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.paths import data_folder

_DAY_S = 24 * 60 * 60


@dataclass(frozen=True)
class Remembered:
    """What is kept from one start to the next."""

    asked: float = 0.0  # [s since 1970]
    skipped: str = ""  # version

    def is_due(self, now: float) -> bool:
        """Whether a day has passed; also where the clock was set back."""
        return not 0 <= now - self.asked < _DAY_S

    def with_asked(self, now: float) -> Remembered:
        return replace(self, asked=now)

    def with_skipped(self, version: str) -> Remembered:
        return replace(self, skipped=version)


def load() -> Remembered:
    """What was saved; where that cannot be read, as at first."""
    try:
        document = json.loads(_file().read_text("utf-8"))
        return Remembered(float(document["asked"]), str(document["skipped"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Remembered()


def save(remembered: Remembered) -> None:
    """Keep it.

    Raises:
        CannotWrite, DiskFull: what was kept before is still there.
    """
    write_bytes_atomic(_file(), json.dumps(asdict(remembered)).encode())


def _file() -> Path:
    return data_folder() / "updates.json"
