"""Who answers: the engines of the program, and what is simpler than they are."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct, OutOfMemory, ProcessDied
from da3studio.base.progress import Report, silent
from da3studio.bench.geometry.answers import Answer
from da3studio.bench.geometry.truth import Photo, Pixels
from da3studio.bench.geometry.two_view import relate
from da3studio.engine.device import share_cores
from da3studio.engine.protocol import Depth, Reconstructor
from da3studio.engine.registry import RECONSTRUCTORS
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3
from da3studio.media.decode import size_within
from da3studio.model.preprocess import Fit, fit
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId

if TYPE_CHECKING:
    from da3studio.engine.da3.network_pass import Loaded

_CONSTANT_PX = 64  # longer side of a depth map that is the same everywhere


class Competitor(Protocol):
    """Somebody who says cameras and depth of photos."""

    @property
    def label(self) -> str:
        """What the page calls it."""
        ...

    def answer(self, photos: Sequence[Photo], token: CancelToken, /) -> Answer | None:
        """What it says; `None` where it has nothing to do with so many photos."""
        ...


@dataclass(frozen=True, eq=False)
class EngineCompetitor:
    """An engine as the program runs it, on all photos at once."""

    label: str
    engine: Reconstructor
    recipe: DepthRecipe
    knows_cameras: bool = False  # is told the true ones

    def answer(self, photos: Sequence[Photo], token: CancelToken, /) -> Answer | None:
        cameras: dict[str, Camera] = {}
        depths: dict[str, DepthMap] = {}
        names = {photo.view.id: photo.name for photo in photos}
        known = {photo.view.id: photo.camera for photo in photos} if self.knows_cameras else {}
        started, failure = time.perf_counter(), ""
        with tempfile.TemporaryDirectory() as scratch:
            try:
                for piece in self._pieces(photos, known, Path(scratch), token):
                    if isinstance(piece, Registration):
                        cameras = {names[key]: camera for key, camera in piece.cameras.items()}
                    else:
                        depths[names[piece.view_id]] = piece.depth
            except (CannotReconstruct, OutOfMemory, ProcessDied) as error:
                cameras, depths, failure = {}, {}, error.why
        seconds = time.perf_counter() - started
        return Answer(cameras, depths, seconds, failure, finds_cameras=not self.knows_cameras)

    def _pieces(
        self,
        photos: Sequence[Photo],
        known: Mapping[ViewId, Camera],
        scratch: Path,
        token: CancelToken,
    ) -> list[Registration | Depth]:
        views = [photo.view for photo in photos]
        pieces = self.engine.reconstruct(
            views,
            _Pictures({photo.view.id: photo for photo in photos}),
            replace(self.recipe, views_per_window=len(views)),
            known=known,
            scratch=scratch,
            registration=None,
            finished=(),
            report=silent,
            token=token,
        )
        return list(pieces)


@dataclass(frozen=True, eq=False)
class _Pictures:
    """Implements `engine.protocol.Photos`."""

    photos: Mapping[ViewId, Photo]

    def read(self, view: View, max_side: int | None = None) -> NDArray[np.uint8]:
        pixels = self.photos[view.id].read()
        size = size_within(pixels.shape[1], pixels.shape[0], max_side)
        if size == (pixels.shape[1], pixels.shape[0]):
            return pixels
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class Nothing:
    """Knows nothing: nobody turns, everybody steps to the right, everything is equally far."""

    label: str = "no knowledge"

    def answer(self, photos: Sequence[Photo], _token: CancelToken, /) -> Answer | None:
        cameras = {
            photo.name: Camera(photo.camera.intrinsics, Rigid3(np.eye(3), np.array([-i, 0.0, 0.0])))
            for i, photo in enumerate(photos)
        }
        return Answer(cameras, {photo.name: _constant(photo) for photo in photos}, 0.0)


@dataclass(frozen=True)
class TwoViewPoints:
    """SIFT and the essential matrix on two photos, with their true lenses, in the network's size.

    Args:
        resolution: longer side [px].
    """

    resolution: int
    label: str = "SIFT, true lenses"

    def answer(self, photos: Sequence[Photo], _token: CancelToken, /) -> Answer | None:
        if len(photos) != 2:
            return None
        started = time.perf_counter()
        first, second = photos
        pictures = (self._seen(first), self._seen(second))
        pose = relate(pictures, (first.camera, second.camera))
        seconds = time.perf_counter() - started
        if pose is None:
            return Answer({}, {}, seconds, "too few points in common", measures_depth=False)
        poses = (Rigid3(np.eye(3), np.zeros(3)), pose)
        cameras = {
            photo.name: Camera(photo.camera.intrinsics, cam_from_world)
            for photo, cam_from_world in zip(photos, poses, strict=True)
        }
        return Answer(cameras, {}, seconds, measures_depth=False)

    def _seen(self, photo: Photo) -> Pixels:
        return fit(photo.read(), Fit(self.resolution)).image


def _constant(photo: Photo) -> DepthMap:
    lens = photo.camera.intrinsics
    scale = _CONSTANT_PX / max(lens.width, lens.height)
    shape = (max(1, round(lens.height * scale)), max(1, round(lens.width * scale)))
    return DepthMap(
        np.ones(shape, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.bool_)
    )


def engines(names: Sequence[str], recipe: DepthRecipe, *, takes_cameras: bool) -> list[Competitor]:
    """The engines of these names, each network loaded once; "da3" is asked with cameras, too.

    Args:
        names: of `registry.RECONSTRUCTORS`.
        recipe: with the network that is asked.
        takes_cameras: whether that network was trained for known cameras.
    """
    found: list[Competitor] = []
    for name in names:
        engine, mine = RECONSTRUCTORS[name](ready=_ready_once), replace(recipe, engine=name)
        found.append(EngineCompetitor(name, engine, mine))
        if name == "da3" and takes_cameras:
            found.append(EngineCompetitor(f"{name}, true cameras", engine, mine, True))
    return found


def _ready_once(recipe: DepthRecipe, _report: Report) -> Loaded:
    """As `ready_network`, which would load the file for every pair of photos."""
    loaded = _loaded(recipe.checkpoint, recipe.metric_checkpoint, recipe.device)
    share_cores(one_view_a_core=False)  # another engine may have left it otherwise
    return loaded


@cache
def _loaded(checkpoint: str, metric_checkpoint: str, device: str) -> Loaded:
    from da3studio.engine.da3.engine import ready_network

    recipe = DepthRecipe(
        engine="da3", checkpoint=checkpoint, metric_checkpoint=metric_checkpoint, device=device
    )
    return ready_network(recipe, silent)
