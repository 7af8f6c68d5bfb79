"""From photos to cameras: COLMAP's work in a process of its own, served from this one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct, rebuilt_error
from da3studio.base.i18n import language, tr
from da3studio.base.progress import Notice, Progress, Report, silent
from da3studio.engine.protocol import Photos
from da3studio.engine.sfm.convert import to_registration
from da3studio.engine.sfm.lenses import group_by_lens
from da3studio.engine.sfm.looking import PhotoEyes
from da3studio.engine.sfm.messages import (
    Broke,
    Outcome,
    Refused,
    Solved,
    Task,
    WantCodebook,
    WantFeatures,
)
from da3studio.engine.sfm.process import ColmapProcess
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from da3studio.scene.view import View


class ColmapBug(Exception):
    """The COLMAP process met a bug; the argument is its traceback."""


def register_views(
    views: Sequence[View],
    photos: Photos,
    recipe: DepthRecipe,
    *,
    scratch: Path,
    report: Report,
    token: CancelToken,
) -> Registration:
    """Find the cameras of the views.

    Args:
        views: at least two.
        photos: reads their pixels.
        recipe: resolution and number of features, seed.
        scratch: keeps the database of features and matches over an interruption.
        report: told about progress.
        token: checked ten times a second.

    Raises:
        CannotReconstruct: fewer than two cameras can be placed; says why.
        JobCancelled: by the token; the COLMAP process is ended in the middle of its work.
        DiskFull, ProcessDied: the COLMAP process died.
        MemoryError: it got no more memory.
        ColmapBug: it met a bug.
    """
    if len(views) < 2:
        raise CannotReconstruct(
            tr("One photo is not enough for a 3D scene."),
            why=tr("Depth comes from seeing the same details from two or more places."),
            fix=tr("Add more photos of the same subject, taken from different places."),
        )
    lenses = group_by_lens(views)
    task = Task(tuple(views), lenses, scratch / "matches.db", recipe.seed, language())
    eyes = PhotoEyes(views, lenses, photos, recipe, token)
    with ColmapProcess(task, token) as colmap:
        solved = _solved(_serve(colmap, len(views), eyes, report))
    return to_registration(solved, views, photos)


def _serve(colmap: ColmapProcess, n_views: int, eyes: PhotoEyes, report: Report) -> Outcome:
    """Do what the process asks for until it ends."""
    while True:
        match colmap.next():
            case Progress() | Notice() as said:
                report(said)
            case WantFeatures(view_idx, affine):
                # a closer look is one step of a longer work, whose progress the process says
                tell = silent if affine else report
                done = n_views - len(view_idx)
                tell(Progress(tr("Finding points"), done, n_views))
                for found in eyes.features(view_idx, affine=affine):
                    colmap.send(found)
                    done += 1
                    tell(Progress(tr("Finding points"), done, n_views))
            case WantCodebook(sample, seed):
                colmap.send(eyes.codebook(sample, seed))
            case Solved() | Refused() | Broke() as outcome:
                return outcome
            case _ as never:
                assert_never(never)


def _solved(outcome: Outcome) -> Solved:
    match outcome:
        case Solved():
            return outcome
        case Refused(family, what, why, fix):
            raise rebuilt_error(family, what, why, fix)
        case Broke(traceback, lacks_memory):
            raise (MemoryError if lacks_memory else ColmapBug)(traceback)
        case _ as never:
            assert_never(never)
