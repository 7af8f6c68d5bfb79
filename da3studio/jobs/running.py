"""Jobs that run the pipeline: to a goal, or as far as a file needs it."""

from __future__ import annotations

import sys

from da3studio.base.i18n import tr
from da3studio.base.progress import Progress
from da3studio.engine.device import describe_device
from da3studio.exporters import export
from da3studio.exporters.depth_maps import refuse_depth_folder
from da3studio.jobs.desk import Desk
from da3studio.jobs.messages import ExportDepthJob, Exported, ExportJob, RunJob
from da3studio.pipeline.deliver import check_target, finished_scene, goal_of
from da3studio.pipeline.events import Event
from da3studio.pipeline.export_depth import export_depth
from da3studio.pipeline.run import run
from da3studio.pipeline.stages import Goal
from da3studio.project.folder import ProjectFolder


def run_project(job: RunJob, desk: Desk) -> None:
    """Bring a project to a goal."""
    with ProjectFolder.open(job.path) as folder:
        _bring(folder, job.goal, desk)


def export_model(job: ExportJob, desk: Desk) -> None:
    """Finish a project as far as a file needs it, and write the file.

    What is out of date is never written: a finished plan is all that is loaded.
    """
    check_target(job.target, job.recipe)
    goal = goal_of(job.target, job.recipe)
    report = desk.report_on("export")
    with ProjectFolder.open(job.path) as folder:
        scene = finished_scene(folder, goal, lambda: _bring(folder, goal, desk))
        desk.token.check()
        report(Progress(tr("Writing {file}").format(file=job.target.name), 0, 0))
        files = export(scene, job.target, job.recipe)
    desk.say(Exported(desk.job_id, files))


def export_depth_maps(job: ExportDepthJob, desk: Desk) -> None:
    """Measure depth as far as it lacks, and write one file a photo."""
    refuse_depth_folder(job.folder)
    with ProjectFolder.open(job.path) as folder:
        files = export_depth(
            folder,
            job.folder,
            job.format,
            lambda: _bring(folder, "depth", desk),
            report=desk.report_on("depth_maps"),
            token=desk.token,
        )
    desk.say(Exported(desk.job_id, files))


def _bring(folder: ProjectFolder, goal: Goal, desk: Desk) -> None:
    told = False

    def emit(event: Event) -> None:
        nonlocal told
        desk.emit(event)
        if not told and "torch" in sys.modules:  # loaded by what computes, never only for this
            told = True
            desk.computes_with(describe_device(folder.project.recipe.depth.device))

    run(folder, goal, emit=emit, token=desk.token, reconstructor_for=desk.reconstructor_for)
