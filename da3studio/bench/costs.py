"""What the stages of a run cost, kept beside its project."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from da3studio.base.atomic import write_bytes_atomic
from da3studio.pipeline.events import Event, Noticed, StageDone
from da3studio.pipeline.stages import STAGES

_FILE = "costs.json"


@dataclass(frozen=True)
class StageCost:
    """Of one stage, as its `StageDone` tells it."""

    stage: str
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True)
class RunRecord:
    """A run from the first stage to the last, without interruption."""

    made_by: str  # digest of the program and the settings
    costs: tuple[StageCost, ...]
    notices: tuple[str, ...]

    @property
    def total(self) -> StageCost:
        """Sums of the seconds, and the highest memory."""
        return StageCost(
            "total",
            sum(cost.seconds for cost in self.costs),
            sum(cost.cpu_seconds for cost in self.costs),
            max((cost.peak_memory_bytes for cost in self.costs), default=0),
        )

    def save(self, project: Path) -> None:
        """Write it into the project folder.

        Raises:
            DiskFull, CannotWrite: the folder refuses.
        """
        write_bytes_atomic(project / _FILE, json.dumps(asdict(self), indent=1).encode())

    @classmethod
    def of(cls, project: Path, made_by: str) -> RunRecord | None:
        """The record of a finished run by this very program, `None` if there is none."""
        try:
            stored = json.loads((project / _FILE).read_text("utf-8"))
            costs = tuple(StageCost(**cost) for cost in stored["costs"])
            record = cls(stored["made_by"], costs, tuple(stored["notices"]))
        except (OSError, ValueError, TypeError, KeyError):  # not there, or of another version
            return None
        return record if record.made_by == made_by else None


UNFINISHED = RunRecord("", (), ())
"""Of a project that was begun: the mark by which a measurement knows its own projects."""


def is_record_in(project: Path) -> bool:
    """Whether a measurement made this project, finished or not."""
    return (project / _FILE).is_file()


class Listener:
    """Hears the events of one run."""

    def __init__(self) -> None:
        self._costs: dict[str, StageCost] = {}
        self._notices: list[str] = []

    def hear(self, event: Event) -> None:
        """An `Emit`."""
        match event:
            case StageDone():
                self._costs[event.stage] = StageCost(
                    event.stage, event.seconds, event.cpu_seconds, event.peak_memory_bytes
                )
            case Noticed() if event.text not in self._notices:
                self._notices.append(event.text)

    def record(self, made_by: str) -> RunRecord:
        """What was heard, in the order of the stages."""
        costs = (self._costs[stage.name] for stage in STAGES if stage.name in self._costs)
        return RunRecord(made_by, tuple(costs), tuple(self._notices))


def median_costs(records: Sequence[RunRecord]) -> tuple[StageCost, ...]:
    """Median of each figure of each stage, and of the totals, over runs of the same photos.

    Args:
        records: at least one, all with the same stages.
    """
    runs = [(*record.costs, record.total) for record in records]
    return tuple(
        StageCost(
            of_stage[0].stage,
            statistics.median(cost.seconds for cost in of_stage),
            statistics.median(cost.cpu_seconds for cost in of_stage),
            int(statistics.median(cost.peak_memory_bytes for cost in of_stage)),
        )
        for of_stage in zip(*runs, strict=True)
    )
