"""What every engine is: photos in, cameras first, then one depth map after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import Report
from da3studio.geometry.camera import Camera
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId


class Photos(Protocol):
    """Where an engine gets pixels; reads on demand, so that memory stays bounded."""

    def read(self, view: View, max_side: int | None = None) -> NDArray[np.uint8]:
        """`(H, W, 3)` upright sRGB, shrunk so that the longer side is at most `max_side` [px].

        Raises:
            Missing: the file is gone or no longer the same photo.
        """
        ...


@dataclass(frozen=True)
class Depth:
    """One finished view."""

    view_id: ViewId
    depth: DepthMap


class Reconstructor(Protocol):
    """An engine. It yields one `Registration`, then a `Depth` per registered view, in any order.

    A view that shares too little with the others to be measured gets none.

    The caller stores each as it comes; after a stop it calls again with what it has, and the
    engine goes on from there.
    """

    id: str
    label: str

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
        """Reconstruct the views.

        Args:
            views: all of the project.
            photos: reads their pixels.
            recipe: settings; `device` says where to compute.
            known: cameras that the person gave, at the photos' own size; empty = none.
            scratch: a folder for intermediate files, kept between interrupted calls with the
                same views and recipe, and removed by the caller at the end.
            registration: from an earlier call; then none is yielded again.
            finished: views whose depth is stored already.
            report: told about progress.
            token: checked between views and blocks.

        Raises:
            CannotReconstruct: the photos give no scene; the sentence says why and what to do.
            BadInput: cameras were given to an engine that finds its own.
            JobCancelled: by the token.
        """
        ...


@dataclass(frozen=True)
class ViewGaussians:
    """What one photo adds to the Gaussians of the scene."""

    view_id: ViewId
    gaussians: Gaussians  # in the registration's world


class GaussianMaker(Protocol):
    """What makes Gaussians of photos whose cameras are known, whoever found the cameras."""

    def check(self, recipe: DepthRecipe) -> None:
        """Look, before any work, whether it can.

        Raises:
            BadInput: it cannot with this engine or network; says which can, and their licence.
            Missing: the network is not installed.
        """
        ...

    def make(
        self,
        views: Sequence[View],
        photos: Photos,
        recipe: DepthRecipe,
        registration: Registration,
        *,
        per_view: int,
        scratch: Path,
        finished: Collection[ViewId],
        report: Report,
        token: CancelToken,
    ) -> Iterator[ViewGaussians]:
        """The Gaussians of every registered view, each once, in any order.

        The caller stores each as it comes; after a stop it calls again, and it goes on from there.

        Args:
            views: all of the project.
            photos: reads their pixels.
            recipe: settings.
            registration: cameras and world.
            per_view: most Gaussians of a view.
            scratch: a folder for intermediate files, as for `Reconstructor.reconstruct`.
            finished: views whose Gaussians are stored already.
            report: told about progress.
            token: checked between passes.

        Raises:
            BadInput, Missing: as `check`.
            CheckpointMismatch, OutOfMemory: by the network.
            JobCancelled: by the token.
        """
        ...
