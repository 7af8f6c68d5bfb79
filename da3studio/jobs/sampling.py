"""The job that makes the photos of the sample."""

from __future__ import annotations

from da3studio.jobs.desk import Desk
from da3studio.jobs.messages import Exported, SampleJob
from da3studio.sample.photos import write_photos


def make_sample(job: SampleJob, desk: Desk) -> None:
    """Render the photos; those that are there already are kept."""
    photos = write_photos(job.folder, report=desk.report_on("sample"), token=desk.token)
    desk.say(Exported(desk.job_id, photos))
