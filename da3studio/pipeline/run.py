"""Run a project up to a goal: what is stored is kept, what is missing is made and stored."""

from __future__ import annotations

from collections.abc import Callable

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput, CannotWrite, OutOfMemory
from da3studio.base.i18n import tr
from da3studio.engine.protocol import GaussianMaker
from da3studio.pipeline.clean import make_clean
from da3studio.pipeline.engines import GAUSSIAN_MAKER, ReconstructorFor, registered_engine
from da3studio.pipeline.events import Emit, Event, Noticed, StageDone, StageKept
from da3studio.pipeline.gaussians import make_gaussians
from da3studio.pipeline.plan import Plan, Step, plan
from da3studio.pipeline.reconstruct import make_cameras_and_depth
from da3studio.pipeline.stages import Goal
from da3studio.pipeline.surface import make_cloud, make_mesh, make_texture
from da3studio.pipeline.work import Work
from da3studio.project.chunks import ChunkDamagedError
from da3studio.project.folder import ProjectFolder

_MAKERS: dict[Goal, Callable[[Work, Plan], None]] = {
    "cameras": make_cameras_and_depth,
    "depth": make_cameras_and_depth,
    "cloud": make_cloud,
    "clean": make_clean,
    "mesh": make_mesh,
    "texture": make_texture,
    "gaussians": make_gaussians,
}


def run(
    folder: ProjectFolder,
    goal: Goal,
    *,
    emit: Emit,
    token: CancelToken,
    reconstructor_for: ReconstructorFor = registered_engine,
    gaussian_maker: GaussianMaker = GAUSSIAN_MAKER,
) -> None:
    """Bring a project to a goal.

    Every piece is stored as soon as it is made: after a stop of any kind the next run goes on from
    there. Stored results that nothing needs any more stay, so that an earlier recipe finds them.

    Args:
        folder: open for writing.
        goal: the last stage wanted.
        emit: told what happens, on this thread.
        token: checked between views and blocks.
        reconstructor_for: gives the engine of an id.
        gaussian_maker: makes Gaussians, for the goal of that name.

    Raises:
        BadInput: the project has no photos, or its engine or network makes no Gaussians.
        CannotReconstruct: the photos give no scene, or all of it was cut away.
        Missing: a photo or a mask is gone or changed.
        DiskFull, CannotWrite: a result cannot be stored.
        OutOfMemory: the system gave no more.
        JobCancelled: by the token.
    """
    if not folder.project.views:
        raise BadInput(
            tr("There is nothing to reconstruct."),
            why=tr("The project {name} has no photos yet.").format(name=folder.project.name),
            fix=tr("Add photos or a video to it first."),
        )
    if goal == "gaussians":
        gaussian_maker.check(folder.project.recipe.depth)
    try:
        _run(folder, goal, emit, token, reconstructor_for, gaussian_maker)
    except MemoryError as error:
        raise OutOfMemory(
            tr("There is not enough memory to go on."),
            why=tr("The system refused a block of memory: {reason}.").format(
                reason=str(error) or "MemoryError"
            ),
            fix=tr(
                "Close other programs, or lower the depth resolution or the texture size;"
                " finished work is kept."
            ),
        ) from error


def _run(
    folder: ProjectFolder,
    goal: Goal,
    emit: Emit,
    token: CancelToken,
    reconstructor_for: ReconstructorFor,
    gaussian_maker: GaussianMaker,
) -> None:
    known: set[Goal] = set()  # stages of which was said that they are made, or were there already
    removed: set[str] = set()  # keys of damaged results
    warned = ""  # what was said of places that could not follow
    last: Goal | None = None  # what was made in the round before

    def tell(event: Event) -> None:
        if isinstance(event, StageDone):
            known.add(event.stage)
        emit(event)

    def forget(damage: ChunkDamagedError) -> None:
        nonlocal last
        last = None
        _forget(work, damage, removed)

    work = Work(folder, goal, tell, token, reconstructor_for, gaussian_maker)
    while True:
        token.check()
        found = plan(work.project, goal, work.chunks, on_damage=forget)
        for step in found.steps:
            if step.done and step.stage.name not in known:
                _keep(work, step)
                known.add(step.stage.name)
        if found.notice != warned:
            warned = found.notice
            work.emit(Noticed("cameras", warned))
        if found.finished:
            folder.clear_scratch()
            return
        stage = found.todo[0].stage.name
        if stage == last:
            raise RuntimeError(f"the stage {stage} stored nothing under its key")
        try:
            _MAKERS[stage](work, found)
        except ChunkDamagedError as damage:
            forget(damage)
        else:
            last = stage


def _keep(work: Work, step: Step) -> None:
    work.emit(StageKept(step.stage.name, step.key))
    for header in step.stored.values():
        work.announce(step.stage, header)


def _forget(work: Work, damage: ChunkDamagedError, removed: set[str]) -> None:
    """Remove a damaged result, so that it is made again; a second time the disk is to blame."""
    if damage.key in removed:
        raise CannotWrite(
            tr("A result was damaged again right after it was made anew."),
            why=tr("The file of the result {key} says: {reason}.").format(
                key=damage.key, reason=damage.reason
            ),
            fix=tr("Check the disk, or copy the project to another one and run again."),
        )
    removed.add(damage.key)
    work.chunks.remove(damage.key)
    work.emit(
        Noticed(
            work.goal,
            tr("A stored result was damaged and is made again: {reason}.").format(
                reason=damage.reason
            ),
        )
    )
