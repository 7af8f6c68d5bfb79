"""The stage beside depth, cloud and mesh: Gaussians, photo by photo, from the photos' cameras."""

from __future__ import annotations

from da3studio.pipeline.keys import scratch_key
from da3studio.pipeline.metering import Metered
from da3studio.pipeline.pack import pack_gaussians, unpack_registration
from da3studio.pipeline.plan import Plan
from da3studio.pipeline.results import read_result
from da3studio.pipeline.stages import GAUSSIANS
from da3studio.pipeline.work import Work
from da3studio.scene.view import ViewId


def make_gaussians(work: Work, found: Plan) -> None:
    """Make the missing Gaussians, and store those of each photo at once.

    Raises:
        BadInput: the recipe's engine or network makes none.
    """
    step, recipe = found.step("gaussians"), work.project.recipe
    registration = read_result(work.chunks, found.step("cameras").header, unpack_registration)
    missing = dict(step.missing)
    work.folder.clear_scratch(keep=scratch_key(work.project))
    with Metered(work.emit, GAUSSIANS.name, step.key, len(missing)) as stage:
        pieces = work.gaussian_maker.make(
            work.project.views,
            work.photos,
            recipe.depth,
            registration,
            per_view=max(1, recipe.gaussians.budget // len(registration.view_ids)),
            scratch=work.folder.scratch(scratch_key(work.project)),
            finished=[ViewId(unit) for unit in step.stored],
            report=stage.report,
            token=work.token,
        )
        for piece in pieces:
            work.token.check()
            key = missing.pop(piece.view_id)
            work.store(GAUSSIANS, key, pack_gaussians(piece.gaussians), unit=piece.view_id)
