"""The job that looks through photos; loads neither PyTorch nor Open3D."""

from __future__ import annotations

from da3studio.jobs.desk import Desk
from da3studio.jobs.messages import Imported, ImportJob
from da3studio.media.probe import nothing_usable
from da3studio.pipeline.importing import look_through
from da3studio.project.folder import ProjectFolder


def import_photos(job: ImportJob, desk: Desk) -> None:
    """Answer with the views that the project has not got yet.

    Raises:
        BadInput: nothing can be used, and the project has no photos yet.
    """
    with ProjectFolder.open(job.path, write=False) as folder:
        found = look_through(
            folder, job.files, job.n_frames, report=desk.report_on("import"), token=desk.token
        )
        if not found.views and not folder.project.views:
            raise nothing_usable(found)
    refused = tuple((refusal.path.name, refusal.why) for refusal in found.refused)
    desk.say(Imported(desk.job_id, found.views, refused, found.notices))
