"""What a worker that was killed leaves beside the files it was writing, and that it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from da3studio.base.atomic import remove_temporary
from da3studio.jobs.messages import ExportDepthJob, ExportJob, ImportJob, Job, SampleJob


def remove_leftovers(job: Job, pid: int) -> None:
    """Remove the unfinished files of a job whose process is gone.

    Results and models need no care: their stores sweep before they write.

    Args:
        job: that it was doing.
        pid: of the process.
    """
    for folder in _written_to(job):
        remove_temporary(folder, pid)


def _written_to(job: Job) -> Iterator[Path]:
    match job:
        case ExportJob():
            yield job.target.parent
        case ExportDepthJob():
            yield job.folder.parent
        case SampleJob():
            yield job.folder
        case ImportJob():
            yield from (job.path / "frames").glob("*")
