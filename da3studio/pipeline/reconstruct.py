"""The two stages of an engine: cameras, then one depth map after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.base.progress import Notice, Progress, Report, silent
from da3studio.engine.protocol import Depth
from da3studio.pipeline.events import UnitStored
from da3studio.pipeline.keys import scratch_key
from da3studio.pipeline.metering import Metered
from da3studio.pipeline.pack import Packed, pack_depth, pack_registration, unpack_registration
from da3studio.pipeline.plan import Plan, Step, plan
from da3studio.pipeline.results import read_result
from da3studio.pipeline.stages import CAMERAS, DEPTH, stages_until
from da3studio.pipeline.work import Work
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import ViewId

Pieces = Iterator[Registration | Depth]


class _Relay:
    """A `Report` that the engine keeps while the stage that listens changes."""

    def __init__(self) -> None:
        self.to: Report = silent

    def __call__(self, said: Progress | Notice) -> None:
        self.to(said)


def make_cameras_and_depth(work: Work, found: Plan) -> None:
    """Let the engine do what is missing of cameras and depth maps, and store each at once.

    Raises:
        CannotReconstruct: by the engine, or it found no camera at all.
    """
    work.folder.clear_scratch(keep=scratch_key(work.project))
    cameras = found.step("cameras")
    relay = _Relay()
    try:
        if cameras.done:
            registration = read_result(work.chunks, cameras.header, unpack_registration)
            depth = found.step("depth")
            pieces = _start(work, relay, registration, [ViewId(unit) for unit in depth.stored])
        else:
            pieces = _start(work, relay, None, ())
            _make_cameras(work, relay, pieces, cameras)
            if DEPTH not in stages_until(work.goal):
                return
            depth = plan(work.project, "depth", work.chunks).step("depth")
            if depth.stored:  # cameras as in an earlier run: what it measured is not done again
                return
        _make_depth(work, relay, pieces, depth)
    except CannotReconstruct:
        work.folder.clear_scratch()
        raise
    work.folder.clear_scratch()


def _start(
    work: Work, report: Report, registration: Registration | None, finished: Collection[ViewId]
) -> Pieces:
    recipe = work.project.recipe.depth
    return work.reconstructor_for(recipe.engine).reconstruct(
        work.project.views,
        work.photos,
        recipe,
        known=work.project.known_cameras,
        scratch=work.folder.scratch(scratch_key(work.project)),
        registration=registration,
        finished=finished,
        report=report,
        token=work.token,
    )


def _make_cameras(work: Work, relay: _Relay, pieces: Pieces, step: Step) -> None:
    with Metered(work.emit, CAMERAS.name, step.key, len(work.project.views)) as stage:
        relay.to = stage.report
        registration = next(pieces)
        if not isinstance(registration, Registration):
            raise TypeError("an engine has to yield its registration first")
        if not registration.view_ids:
            raise CannotReconstruct(
                tr("No camera could be found."),
                why=tr("The photos show nothing in common that could be recognised."),
                fix=tr("Take photos that overlap by two thirds, of textured, still things."),
            )
        work.store(CAMERAS, step.key, pack_registration(registration))


def _make_depth(work: Work, relay: _Relay, pieces: Pieces, step: Step) -> None:
    missing = dict(step.missing)
    with Metered(work.emit, DEPTH.name, step.key, len(missing)) as stage:
        relay.to = stage.report
        for piece in pieces:
            work.token.check()
            if not isinstance(piece, Depth):
                raise TypeError("an engine has to yield one registration only")
            _store_depth(work, piece.view_id, missing.pop(piece.view_id), pack_depth(piece.depth))
        for view_id, key in missing.items():
            _store_depth(work, view_id, key, _not_measured(work, ViewId(view_id)))


def _store_depth(work: Work, view_id: str, key: str, packed: Packed) -> None:
    work.store(DEPTH, key, packed, unit=view_id)
    work.emit(UnitStored(DEPTH.name, view_id, key))


def _not_measured(work: Work, view_id: ViewId) -> Packed:
    """An empty depth map for a view that the engine left out, so that it is not tried again."""
    view = next(view for view in work.project.views if view.id == view_id)
    shrink = min(1.0, work.project.recipe.depth.resolution / max(view.width, view.height))
    shape = (max(1, round(view.height * shrink)), max(1, round(view.width * shrink)))
    nothing, no_sky = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    notice = tr("The photo {name} has a camera, but no depth could be measured in it.")
    packed = pack_depth(DepthMap(nothing, nothing, no_sky))
    return Packed(packed.arrays, {"notices": [notice.format(name=view.name)]})
