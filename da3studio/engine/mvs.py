"""The classical engine: structure from motion and multi-view stereo, no weights needed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.engine.device import choose_device, share_cores
from da3studio.engine.protocol import Depth, Photos
from da3studio.engine.sfm.solve import register_views
from da3studio.engine.stereo.depth import measure_depth
from da3studio.engine.stereo.frames import Frames
from da3studio.engine.stereo.sources import Sweep, SweepPlanner
from da3studio.geometry.camera import Camera
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId

_SOURCES = 4  # neighbours that measure a view's depth


class ClassicalEngine:
    """Cameras by COLMAP, depth by a plane sweep; a `Reconstructor`."""

    id = "classical"
    label = "Classical (no download, no graphics card)"

    def reconstruct(
        self,
        views: Sequence[View],
        photos: Photos,
        recipe: DepthRecipe,
        *,
        known: Mapping[ViewId, Camera],
        scratch: Path,
        registration: Registration | None,
        finished: Collection[ViewId],
        report: Report,
        token: CancelToken,
    ) -> Iterator[Registration | Depth]:
        """See `Reconstructor.reconstruct`. A few views are in memory at a time."""
        if known:
            raise BadInput(
                tr("The engine {name} takes no known cameras.").format(name=self.id),
                why=tr("It finds the cameras by itself."),
                fix=tr("Choose a depth network (--engine da3), or leave the known cameras out."),
            )
        device = choose_device(recipe.device)
        share_cores(one_view_a_core=device.type == "cpu")
        if registration is None:
            registration = register_views(
                views, photos, recipe, scratch=scratch, report=report, token=token
            )
            yield registration
        frames = Frames(
            {view.id: view for view in views}, photos, registration, recipe.resolution, device
        )
        planner = SweepPlanner(registration)
        total = len(registration.view_ids)
        todo = [idx for idx, id_ in enumerate(registration.view_ids) if id_ not in finished]
        sweeps = [sweep for idx in todo if (sweep := planner.plan(idx, _SOURCES)) is not None]
        done = total - len(sweeps)
        measure = partial(measure_depth, frames)
        for sweep, depth in zip(
            sweeps, _few_at_a_time(measure, sweeps, device, token), strict=True
        ):
            done += 1
            report(Progress(tr("Measuring depth"), done, total))
            yield Depth(registration.view_ids[sweep.reference], depth)


def _few_at_a_time(
    measure: Callable[[Sweep], DepthMap], sweeps: Iterable[Sweep], device: Any, token: CancelToken
) -> Iterator[DepthMap]:
    """Results in order; on a CPU one view per core at a time, on a GPU one view at a time.

    A core works alone on its view: torch's own threads would wait on each other after each of
    thousands of small steps, which takes five times the CPU time.
    """
    n_workers = (os.cpu_count() or 1) if device.type == "cpu" else 1
    running: deque[Future[DepthMap]] = deque()
    with ThreadPoolExecutor(n_workers) as pool:
        try:
            for sweep in sweeps:
                token.check()
                running.append(pool.submit(measure, sweep))
                if len(running) > n_workers:
                    yield running.popleft().result()
            while running:
                token.check()
                yield running.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
