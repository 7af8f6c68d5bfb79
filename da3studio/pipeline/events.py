"""What a run says of itself; small frozen values that cross processes and become JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from da3studio.pipeline.stages import Goal


@dataclass(frozen=True)
class StageStarted:
    """A stage begins; `total` units of it are still to do, 0 = not known."""

    stage: Goal
    total: int


@dataclass(frozen=True)
class StageProgress:
    """`done` of `total` units of a step of the stage; `total` 0 = not known."""

    stage: Goal
    step: str  # a short phrase a person reads
    done: int
    total: int
    seconds_left: float | None  # of this step, from a running rate; None = not known yet


@dataclass(frozen=True)
class UnitStored:
    """One of the results of a stage with many is stored and can be read."""

    stage: Goal
    unit: str  # id of the view
    key: str


@dataclass(frozen=True)
class StageDone:
    """The result of a stage is stored under `key`."""

    stage: Goal
    key: str
    seconds: float
    cpu_seconds: float  # of this process and its children
    peak_memory_bytes: int  # highest resident memory of this process and its children


@dataclass(frozen=True)
class StageKept:
    """The result was there already; nothing was done."""

    stage: Goal
    key: str


@dataclass(frozen=True)
class Registered:
    """How many photos have a camera, and why the others have none."""

    registered: int
    total: int
    left_out: tuple[tuple[str, str], ...]  # name of the photo, reason as one sentence


@dataclass(frozen=True)
class Noticed:
    """Something worth saying that did not stop the work."""

    stage: Goal
    text: str


Event = StageStarted | StageProgress | UnitStored | StageDone | StageKept | Registered | Noticed

Emit = Callable[[Event], None]


def to_json(event: Event) -> dict[str, Any]:
    """The event as a plain dictionary; `event` holds its name, as in `"stage_done"`."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name, **asdict(event)}
