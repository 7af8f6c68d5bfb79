"""What the worker is asked and what it answers: frozen, picklable, small."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from da3studio.base.errors import UserFacingError, rebuilt_error
from da3studio.pipeline.events import Event
from da3studio.pipeline.stages import Goal
from da3studio.recipes.export import DepthFormat, ExportRecipe
from da3studio.scene.view import View

Task = Literal["import", "export", "depth_maps", "sample", "download", "adopt", "verify", "gpu"]
"""Work that is no stage of the pipeline."""


@dataclass(frozen=True)
class RunJob:
    """Bring the project in this folder to a goal."""

    path: Path
    goal: Goal


@dataclass(frozen=True)
class ImportJob:
    """Look through photos, folders and videos for a project; answered by `Imported`.

    The project is only read, apart from frames of videos, which go into its folder: whoever asked
    saves the views.
    """

    path: Path
    files: tuple[Path, ...]
    n_frames: int  # to take from each video


@dataclass(frozen=True)
class ExportJob:
    """Finish a project as far as a file needs it, and write the file; answered by `Exported`."""

    path: Path
    target: Path  # its suffix is the format
    recipe: ExportRecipe = field(default_factory=ExportRecipe)


@dataclass(frozen=True)
class ExportDepthJob:
    """Measure depth as far as it lacks, and write one file a photo; answered by `Exported`."""

    path: Path
    folder: Path
    format: DepthFormat = "png"


@dataclass(frozen=True)
class SampleJob:
    """Make the photos of the sample in a folder; answered by `Exported`, with all of them."""

    folder: Path


@dataclass(frozen=True)
class DownloadJob:
    """Fetch a published model whose licence is accepted; answered by `ModelReady`."""

    model_id: str


@dataclass(frozen=True)
class AdoptJob:
    """Install weights that are on this computer; answered by `ModelReady`.

    Without `accept_licence` it fails as `LicenceNotAccepted` where one has to be accepted first.
    """

    path: Path
    accept_licence: bool = False  # the person has read and accepted it


@dataclass(frozen=True)
class VerifyJob:
    """Compare an installed model with what was installed; answered by `ModelReady`."""

    model_id: str


@dataclass(frozen=True)
class InstallGpuJob:
    """Fetch PyTorch for the graphics card and try it; answered by `GpuReady`."""


Job = (
    RunJob
    | ImportJob
    | ExportJob
    | ExportDepthJob
    | SampleJob
    | DownloadJob
    | AdoptJob
    | VerifyJob
    | InstallGpuJob
)


@dataclass(frozen=True)
class Order:
    """A job with its number."""

    job_id: int
    job: Job
    language: str = ""  # code of the one that its sentences are in, "" = as the code has them


@dataclass(frozen=True)
class WarmUp:
    """Load the libraries that a reconstruction needs, while nothing else is to do."""


@dataclass(frozen=True)
class Happened:
    """An event of a run."""

    job_id: int
    event: Event


@dataclass(frozen=True)
class Working:
    """How far work is that is no stage; `total` 0 = not known."""

    job_id: int
    task: Task
    step: str  # a short phrase a person reads
    done: int
    total: int
    seconds_left: float | None  # of this step; None = not known yet


@dataclass(frozen=True)
class Noted:
    """Something worth saying that did not stop the work."""

    job_id: int
    task: Task
    text: str


@dataclass(frozen=True)
class Computing:
    """What a run computes with, once, when that is known."""

    job_id: int
    device: str  # "NVIDIA GeForce RTX 3060, 12 GB"; "processor" in the person's language


@dataclass(frozen=True)
class Imported:
    """What an import found; the views are not in the project yet."""

    job_id: int
    views: tuple[View, ...]  # new ones, their photos named as the project does
    refused: tuple[tuple[str, str], ...]  # name of the file, reason as one sentence
    notices: tuple[str, ...]  # what the person should know of the views


@dataclass(frozen=True)
class Exported:
    """Every file or folder that was written, the one that was asked for last."""

    job_id: int
    files: tuple[Path, ...]


@dataclass(frozen=True)
class ModelReady:
    """The model that is installed now, or was found whole."""

    job_id: int
    model_id: str


@dataclass(frozen=True)
class GpuReady:
    """PyTorch for the graphics card is installed; workers that start later use it if it works."""

    job_id: int
    works: bool
    why: str  # if it does not


@dataclass(frozen=True)
class Finished:
    """The job did what it was asked for."""

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
        return rebuilt_error(self.family, self.what, self.why, self.fix)


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


News = Happened | Working | Noted | Computing
"""What a job says while it runs."""

Answer = Imported | Exported | ModelReady | GpuReady
"""What a job was asked for, once, right before `Finished`."""

Outcome = Finished | Cancelled | Failed | Crashed | WorkerDied
"""How a job ended: its last message."""

Message = News | Answer | Outcome
