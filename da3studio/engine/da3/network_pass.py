"""One pass of the network over views of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from da3studio.base.progress import Report
from da3studio.engine.da3.forward import finite_output, fused_attention
from da3studio.engine.da3.references import seen_in_turn
from da3studio.engine.da3.window import WindowResult
from da3studio.engine.protocol import Photos
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.camera_alignment import align_cameras, normalise_for_conditioning
from da3studio.geometry.rigid import Rigid3, nearest_rotation
from da3studio.media.undistort import undistort
from da3studio.model.camera_heads import Cameras
from da3studio.model.metric import SKY, NoSurfaceError, metres_per_unit, to_metres
from da3studio.model.network import DA3, Ask, DA3Output
from da3studio.model.precision import Precision
from da3studio.model.preprocess import Fit, fit, normalised
from da3studio.model.ray_pose import cameras_from_rays
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Unit
from da3studio.scene.view import View, ViewId
from da3studio.weights.store import PHOTO_PX

_READERS = 8  # photos decoded at a time
_METRIC_VIEWS = 4  # the metric network looks at each photo alone


@dataclass(eq=False)
class Loaded:
    """Networks in memory, ready for passes.

    Each may be turned to a wider type when its values outgrow float16.
    """

    any_view: DA3
    metric: DA3 | None  # for metres and sky
    device: Any  # torch.device
    precision: Precision  # that they were loaded in
    photo_px: int = PHOTO_PX  # longer photo side that they see best, where nobody asks for another
    references: int = 1  # photos that are the reference view in turn, where nobody asks for one

    def px(self, recipe: DepthRecipe) -> int:
        """Longer photo side that they are to see."""
        return recipe.network_px or self.photo_px


@dataclass(frozen=True)
class PassRecipe:
    """Settings of a pass."""

    resolution: int  # longer side that the network sees [px]
    rays: bool  # cameras from the ray head instead of the camera decoder
    ask: Ask
    seed: int
    references: int = 1  # views that are the reference in turn, at most


@dataclass(frozen=True, eq=False)
class Pass:
    """What the any-view network said of some views, in its own world and scale."""

    images: Sequence[NDArray[np.uint8]]  # at the network's resolution
    tensors: Sequence[Tensor]  # the same, normalised
    output: DA3Output
    predicted: Sequence[Camera]  # its cameras, at this resolution
    given: Sequence[Camera] | None  # the known ones, at this resolution


def look(
    loaded: Loaded,
    recipe: PassRecipe,
    views: Sequence[View],
    photos: Photos,
    known: Mapping[ViewId, Camera] | None,
    report: Report,
) -> WindowResult:
    """Let the network see some views together.

    Args:
        loaded: the networks.
        recipe: settings.
        views: at least one.
        photos: reads their pixels.
        known: cameras of all these views, at the photos' size; the result is then in their world
            and unit, with these cameras.
        report: told what the person should know.

    Raises:
        Missing: a photo is gone.
        CheckpointMismatch: a network gives no finite values.
        torch.OutOfMemoryError: the pass was too large.
    """
    seen = pass_over(loaded, recipe, views, photos, known, report)
    with torch.inference_mode(), fused_attention(loaded.device):
        metres, sky = _metric_look(loaded, seen.tensors, report)
    found = _Found(seen.output, seen.predicted, seen.images, sky)
    if seen.given is not None:
        return found.in_the_world_of(views, seen.given)
    if metres is not None and sky is not None:
        lenses = [_lens_of(view, image) for view, image in zip(views, seen.images, strict=True)]
        return found.in_metres(views, metres, sky, lenses)
    return found.as_it_is(views)


def pass_over(
    loaded: Loaded,
    recipe: PassRecipe,
    views: Sequence[View],
    photos: Photos,
    known: Mapping[ViewId, Camera] | None,
    report: Report,
) -> Pass:
    """Let the any-view network see some views together, conditioned on their cameras if known.

    Args and errors: see `look`.
    """
    images = _fitted(recipe, views, photos, known)
    tensors = [normalised(image).to(loaded.device) for image in images]
    cameras = None if known is None else [known[view.id] for view in views]
    given = None if cameras is None else _resized(cameras, images)
    conditions = None
    if given is not None and loaded.any_view.config.pose_conditioning:
        conditions = _as_tensors(normalise_for_conditioning(given), loaded.device)
    with torch.inference_mode(), fused_attention(loaded.device):
        output = finite_output(
            loaded.any_view, loaded.precision, tensors, report, conditions, recipe.ask
        )
        if known is None and recipe.references > 1:
            output = seen_in_turn(
                output,
                lambda view: _again(loaded, tensors, report, recipe.ask, view),
                recipe.references,
            )
    return Pass(images, tensors, output, _cameras(output, recipe, images), given)


def _again(
    loaded: Loaded, tensors: Sequence[Tensor], report: Report, ask: Ask, reference: int
) -> DA3Output:
    """Another pass, with a reference view of this index."""
    ask = replace(ask, reference=reference)
    return finite_output(loaded.any_view, loaded.precision, tensors, report, None, ask)


def look_for_metres(
    loaded: Loaded,
    recipe: PassRecipe,
    views: Sequence[View],
    photos: Photos,
    known: Mapping[ViewId, Camera],
    report: Report,
) -> tuple[DepthMap, ...]:
    """What the metric network alone says of some views [m]; confidence is 1 everywhere.

    Args:
        loaded: with a metric network.
        recipe: settings.
        views: at least one.
        photos: reads their pixels.
        known: cameras of all these views, at the photos' size.
        report: told what the person should know.

    Raises:
        Missing: a photo is gone.
        CheckpointMismatch: the network gives no finite values.
        ValueError: no metric network is loaded.
    """
    images = _fitted(recipe, views, photos, known)
    tensors = [normalised(image).to(loaded.device) for image in images]
    with torch.inference_mode(), fused_attention(loaded.device):
        depth, sky = _metric_look(loaded, tensors, report)
    if depth is None or sky is None:
        raise ValueError("no metric network is loaded")
    sized = _resized([known[view.id] for view in views], images)
    metres = [
        to_metres(part, torch.from_numpy(camera.intrinsics.matrix()))
        for part, camera in zip(depth, sized, strict=True)
    ]
    sure = torch.full((), 2.0)
    return tuple(
        _depth_map(z, sure.expand_as(z), is_sky, 1.0) for z, is_sky in zip(metres, sky, strict=True)
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """What a pass gave, before it has a place and a scale."""

    output: DA3Output
    cameras: Sequence[Camera]  # predicted
    images: Sequence[NDArray[np.uint8]]
    sky: Sequence[Tensor] | None

    def as_it_is(self, views: Sequence[View]) -> WindowResult:
        return self._result(views, self.cameras, 1.0, "relative")

    def in_the_world_of(self, views: Sequence[View], given: Sequence[Camera]) -> WindowResult:
        predicted_from_given = align_cameras(given, self.cameras)
        return self._result(views, given, 1 / predicted_from_given.scale, "relative")

    def in_metres(
        self,
        views: Sequence[View],
        metres: Sequence[Tensor],
        sky: Sequence[Tensor],
        lenses: Sequence[Intrinsics | None],
    ) -> WindowResult:
        """Scaled by the metric network; a focal length that the photo states is believed."""
        scaled = [
            to_metres(depth, torch.from_numpy((lens or camera.intrinsics).matrix()))
            for depth, lens, camera in zip(metres, lenses, self.cameras, strict=True)
        ]
        try:
            factor = metres_per_unit(self.output.depth, self.output.confidence or (), scaled, sky)
        except NoSurfaceError:
            return self.as_it_is(views)
        cameras = [
            Camera(
                camera.intrinsics,
                replace(
                    camera.cam_from_world, translation=camera.cam_from_world.translation * factor
                ),
            )
            for camera in self.cameras
        ]
        return self._result(views, cameras, factor, "metre")

    def _result(
        self, views: Sequence[View], cameras: Sequence[Camera], scale: float, unit: Unit
    ) -> WindowResult:
        output = self.output
        assert output.confidence is not None  # noqa: S101  any-view networks have one
        sky = self.sky or [torch.zeros_like(depth) for depth in output.depth]
        depths = [
            _depth_map(*maps, scale)
            for maps in zip(output.depth, output.confidence, sky, strict=True)
        ]
        return WindowResult(
            tuple(view.id for view in views),
            tuple(cameras),
            tuple(depths),
            output.descriptors.float().cpu().numpy(),
            unit,
        )


def _fitted(
    recipe: PassRecipe,
    views: Sequence[View],
    photos: Photos,
    known: Mapping[ViewId, Camera] | None,
) -> list[NDArray[np.uint8]]:
    """Photos at the network's resolution; without lens distortion where that is known."""

    def read(view: View) -> NDArray[np.uint8]:
        photo = photos.read(view)
        if known is not None:
            photo = undistort(photo, known[view.id].intrinsics)
        return fit(photo, Fit(recipe.resolution)).image

    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(read, views))


def _metric_look(
    loaded: Loaded, images: Sequence[Tensor], report: Report
) -> tuple[list[Tensor] | None, list[Tensor] | None]:
    """Depth for a focal length of 300 px and sky, of each photo alone."""
    if loaded.metric is None:
        return None, None
    depth: list[Tensor] = []
    sky: list[Tensor] = []
    for start in range(0, len(images), _METRIC_VIEWS):
        some = images[start : start + _METRIC_VIEWS]
        output = finite_output(loaded.metric, loaded.precision, some, report)
        depth.extend(output.depth)
        sky.extend(output.sky or ())
    return depth, sky


def _cameras(
    output: DA3Output, recipe: PassRecipe, images: Sequence[NDArray[np.uint8]]
) -> list[Camera]:
    """Cameras in the window's world, by the way that the recipe asks for."""
    sizes = [(image.shape[0], image.shape[1]) for image in images]
    cameras = output.cameras
    if recipe.rays:
        cameras = cameras_from_rays(
            output.rays or (), output.ray_confidence or (), sizes, seed=recipe.seed
        )
    assert cameras is not None  # noqa: S101  any-view networks have a camera decoder
    poses, lenses = (
        part.cpu().double().numpy() for part in (cameras.cam_from_world, cameras.intrinsics)
    )
    found = []
    for pose, lens, (height, width) in zip(poses, lenses, sizes, strict=True):
        intrinsics = Intrinsics(lens[0, 0], lens[1, 1], lens[0, 2], lens[1, 2], width, height)
        rotation = nearest_rotation(pose[:, :3])  # float32 leaves errors of 1e-7
        found.append(Camera(intrinsics, Rigid3(rotation, pose[:, 3])))
    return found


def _resized(cameras: Sequence[Camera], images: Sequence[NDArray[np.uint8]]) -> list[Camera]:
    return [
        camera.pinhole().resized(image.shape[1], image.shape[0])
        for camera, image in zip(cameras, images, strict=True)
    ]


def _as_tensors(cameras: Sequence[Camera], device: Any) -> Cameras:
    poses = np.stack([camera.cam_from_world.matrix()[:3] for camera in cameras])
    lenses = np.stack([camera.intrinsics.matrix() for camera in cameras])
    poses_t, lenses_t = (torch.from_numpy(part.astype(np.float32)) for part in (poses, lenses))
    return Cameras(poses_t.to(device), lenses_t.to(device))


def _depth_map(depth: Tensor, confidence: Tensor, sky: Tensor, scale: float) -> DepthMap:
    """Sky has no depth; the network's confidence begins at 1, ours at 0."""
    is_sky = (sky >= SKY).cpu().numpy()
    z = (depth * scale).cpu().numpy()
    sure = (confidence - 1).cpu().numpy()
    return DepthMap(np.where(is_sky, 0, z), np.where(is_sky, 0, sure), is_sky)


def _lens_of(view: View, image: NDArray[np.uint8]) -> Intrinsics | None:
    """The lens that a photo states, at the network's resolution."""
    if view.focal_px is None:
        return None
    lens = Intrinsics(
        view.focal_px, view.focal_px, view.width / 2, view.height / 2, view.width, view.height
    )
    return lens.resized(image.shape[1], image.shape[0])
