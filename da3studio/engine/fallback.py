"""Photogrammetry where it works, the network alone where it does not.

For a network that is worse than photogrammetry where both work: it is asked only if photogrammetry
finds no scene, or places so few of the photos that most of the subject would be missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.base.progress import Report
from da3studio.engine.choice import FEWEST
from da3studio.engine.da3.engine import NetworkEngine, Ready, ready_network
from da3studio.engine.device import choose_device, share_cores
from da3studio.engine.mvs import ClassicalEngine
from da3studio.engine.protocol import Depth, Photos
from da3studio.engine.sfm.solve import register_views
from da3studio.geometry.camera import Camera
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId

_SHARE = 0.5  # of all photos that it has to place


class FallbackEngine:
    """The classical engine, and Depth Anything 3 for what it cannot do; a `Reconstructor`.

    Args:
        ready: gets the networks that a recipe names.
    """

    id = "classical/da3"
    label = "Photogrammetry, else Depth Anything 3"

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
        """See `Reconstructor.reconstruct`. Who made a registration is told by its points."""
        found, said = registration, ""
        if found is None and not known:
            choose_device(recipe.device)  # one that is not there is said before the minutes of work
            share_cores(one_view_a_core=True)
            try:
                found = register_views(
                    views, photos, recipe, scratch=scratch, report=report, token=token
                )
            except CannotReconstruct as error:
                said = _instead(error.why)
            else:
                if too_few(found, views):
                    said = _instead(_how_few(found, views))
                    found = None
                else:
                    yield found
        by_network = found is None or not len(found.points.xyz)
        engine = NetworkEngine(self._ready) if by_network else ClassicalEngine()
        for piece in engine.reconstruct(
            views,
            photos,
            recipe,
            known=known,
            scratch=scratch,
            registration=found,
            finished=finished,
            report=report,
            token=token,
        ):
            if said and isinstance(piece, Registration):
                yield replace(piece, notices=(said, *piece.notices))
            else:
                yield piece


def too_few(found: Registration, views: Sequence[View]) -> bool:
    """Whether most of the subject would be missing."""
    return len(found.view_ids) < max(FEWEST, _SHARE * len(views))


def _how_few(found: Registration, views: Sequence[View]) -> str:
    return tr("It could place only {n} of {total} photos.").format(
        n=len(found.view_ids), total=len(views)
    )


def _instead(why: str) -> str:
    return tr(
        "Photogrammetry does not get far with these photos. {why} The depth network made the scene"
        " instead: its shape is coarser and less certain."
    ).format(why=why)
