"""What the worker is asked and what it answers: frozen, picklable, small."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from da3studio.base.errors import FAMILIES, UserFacingError
from da3studio.pipeline.events import Event
from da3studio.pipeline.stages import Goal


@dataclass(frozen=True)
class RunJob:
    """Bring the project in this folder to a goal."""

    path: Path
    goal: Goal


@dataclass(frozen=True)
class Order:
    """A job with its number."""

    job_id: int
    job: RunJob


@dataclass(frozen=True)
class Happened:
    """An event of the run."""

    job_id: int
    event: Event


@dataclass(frozen=True)
class Finished:
    """The goal is reached."""

    job_id: int


@dataclass(frozen=True)
class Cancelled:
    """The job stopped because it was asked to, or was killed after the grace time."""

    job_id: int


@dataclass(frozen=True)
class Failed:
    """The job ended with something the person can mend."""

    job_id: int
    family: str  # name of the error's class
    what: str
    why: str
    fix: str

    def error(self) -> UserFacingError:
        """The error as it was raised in the worker."""
        families = {family.__name__: family for family in FAMILIES}
        return families[self.family](self.what, why=self.why, fix=self.fix)


@dataclass(frozen=True)
class Crashed:
    """The job met a bug of ours; the worker lives on."""

    job_id: int
    traceback: str


@dataclass(frozen=True)
class WorkerDied:
    """The worker process is gone: a fault in native code, or killed by the system."""

    job_id: int
    exit_code: int  # negative = ended by this signal


Outcome = Finished | Cancelled | Failed | Crashed | WorkerDied
Message = Happened | Outcome
