"""Photogrammetry, and the network where photogrammetry measured nothing.

Cameras and depth are those of the classical engine. The network's depth, conditioned on these
cameras and scaled to the sparse points, only fills holes: plain walls, and what few photos show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import Report
from da3studio.engine.da3.engine import NetworkEngine, Ready, ready_network
from da3studio.engine.da3.filling import filled
from da3studio.engine.da3.hybrid import NetworkPart, try_photogrammetry
from da3studio.engine.mvs import ClassicalEngine
from da3studio.engine.protocol import Depth, Photos
from da3studio.geometry.camera import Camera
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId


class FilledEngine:
    """The classical engine, its holes filled by Depth Anything 3; a `Reconstructor`.

    Args:
        ready: gets the networks that a recipe names.
    """

    id = "classical+da3"
    label = "Photogrammetry, gaps by Depth Anything 3"

    def __init__(self, ready: Ready = ready_network) -> None:
        self._ready = ready

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
        """See `Reconstructor.reconstruct`.

        With known cameras, and where photogrammetry finds no scene, the network does it alone. A
        view that photogrammetry cannot measure at all gets no depth: with nothing measured, nothing
        says how far off the network is there.
        """
        found = registration
        if found is None and not known:
            found = try_photogrammetry(
                views, photos, recipe, scratch=scratch, report=report, token=token
            )
            if found is not None:
                yield found
        if found is None or not len(found.points.xyz):
            yield from NetworkEngine(self._ready).reconstruct(
                views,
                photos,
                recipe,
                known=known,
                scratch=scratch,
                registration=registration,
                finished=finished,
                report=report,
                token=token,
            )
            return
        part = NetworkPart(
            self._ready(recipe, report), recipe, views, photos, scratch, report, token
        )
        seen = part.seen(found)  # all of it, before photogrammetry takes the cores for itself
        measured = ClassicalEngine().reconstruct(
            views,
            photos,
            recipe,
            known={},
            scratch=scratch,
            registration=found,
            finished=finished,
            report=report,
            token=token,
        )
        yield from _joined(measured, part.depths(found, seen, finished))


def _joined(measured: Iterable[Registration | Depth], network: Iterator[Depth]) -> Iterator[Depth]:
    """Measured maps, filled. Both come in the order of the photos, so that few have to wait."""
    waiting: dict[ViewId, DepthMap] = {}
    for piece in measured:
        assert isinstance(piece, Depth)  # noqa: S101  its registration was there already
        while piece.view_id not in waiting:
            one = next(network)
            waiting[one.view_id] = one.depth
        yield Depth(piece.view_id, filled(piece.depth, waiting.pop(piece.view_id)))
