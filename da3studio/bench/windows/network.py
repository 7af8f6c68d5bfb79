"""What a network might say of the windows of a walk, with the errors that real ones have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from da3studio.bench.windows.walk import Walk
from da3studio.engine.da3.window import WindowResult
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId

Array = NDArray[np.float64]
_Seen = tuple[Camera, float]  # and the scale of its depth

_DESCRIPTOR = 128
_COMMON = 2.0  # length of what all descriptors share, as those of an untrained backbone do
_TYPICAL_DEPTH_M = 2.5


@dataclass(frozen=True)
class Errors:
    """What is wrong with a window, as shares and angles; no errors as they stand."""

    scale_drift: float = 0.0  # of the scale, over the whole walk
    heading_drift_deg: float = 0.0  # over the whole walk
    pixel: float = 0.0  # standard deviation of a pixel's depth
    view_scale: float = 0.0  # of the scale of a view's depth
    smooth: float = 0.0  # of a depth error that varies slowly over the picture
    centre: float = 0.0  # of a camera's place / typical depth, in each direction
    turn_deg: float = 0.0  # of a camera's orientation, about each axis
    descriptor: float = 0.0  # of noise in a descriptor / what it says


REALISTIC = Errors(0.08, 6.0, 0.01, 0.01, 0.01, 0.003, 0.15, 0.5)


@dataclass(frozen=True, eq=False)
class WalkWindows:
    """A `WindowStore` that makes each window when it is read, the same one every time.

    Windows of the plan are of consecutive views and drift; an extra window holds views of two
    places, which a network sees beside each other as they are. One of `false` is of two places
    that look alike: the network takes them for one, and puts the later half where the first is.
    """

    walk: Walk
    windows: Sequence[tuple[ViewId, ...]]
    errors: Errors
    false: frozenset[int] = frozenset()
    seed: int = 0

    def read(self, index: int) -> WindowResult:
        rng = np.random.default_rng([self.seed, index])
        views = [self._index[view_id] for view_id in self.windows[index]]
        window_from_true = self.window_from_true(index)
        true = self._true(views)
        if index in self.false:
            true = _taken_for_one(true)
        cameras, depths = [], []
        for i, (camera, scale) in zip(views, true, strict=True):
            seen = window_from_true.apply_to_camera(self._shaken(camera, rng))
            z = self._measured(self.walk.seen[i][0], rng) * scale * window_from_true.scale
            cameras.append(seen)
            confidence = np.full(z.shape, 2.0, np.float32)
            depths.append(DepthMap(z.astype(np.float32), confidence, np.zeros(z.shape, bool)))
        return WindowResult(
            self.windows[index], tuple(cameras), tuple(depths), self.descriptors[views], "relative"
        )

    def exact(self, index: int) -> WindowResult:
        """The same window without any error, in the true world."""
        views = [self._index[view_id] for view_id in self.windows[index]]
        cameras = tuple(self.walk.cameras[i] for i in views)
        depths = []
        for i in views:
            z = self.walk.seen[i][0]
            depths.append(DepthMap(z, np.full(z.shape, 2.0, np.float32), np.zeros(z.shape, bool)))
        return WindowResult(
            self.windows[index], cameras, tuple(depths), self.descriptors[views], "metre"
        )

    def window_from_true(self, index: int) -> Sim3:
        """The world that a window has chosen for itself."""
        rng = np.random.default_rng([self.seed, index, 1])
        scale = float(np.exp(rng.normal(0, 0.5)))
        return Sim3(scale, rotation_from_wxyz(rng.normal(size=4)), rng.normal(0, 5, 3))

    @cached_property
    def descriptors(self) -> NDArray[np.float32]:
        """`(n_views, D)` as alike as what two views show, but for what all share and for noise."""
        rng = np.random.default_rng([self.seed, 2])
        shown = self.walk.surfaces
        said = shown @ rng.normal(0, _DESCRIPTOR**-0.5, (shown.shape[1], _DESCRIPTOR))
        common = rng.normal(size=_DESCRIPTOR)
        noise = rng.normal(0, self.errors.descriptor * _DESCRIPTOR**-0.5, said.shape)
        said += _COMMON * common / np.linalg.norm(common) + noise
        unit: NDArray[np.float32] = said / np.linalg.norm(said, axis=1, keepdims=True)
        return unit.astype(np.float32)

    @cached_property
    def _index(self) -> dict[ViewId, int]:
        return {view_id: i for i, view_id in enumerate(self.walk.view_ids)}

    def _true(self, views: Sequence[int]) -> list[_Seen]:
        """Cameras and scales of depth: drifted along the walk, but not from place to place."""
        if views[-1] - views[0] == len(views) - 1:
            return [self._drifted[i] for i in views]
        return [(self.walk.cameras[i], 1.0) for i in views]

    @cached_property
    def _drifted(self) -> list[_Seen]:
        """The walk as somebody would draw it whose scale and heading change little by little."""
        cameras = self.walk.cameras
        along = np.arange(len(cameras)) / len(cameras)
        scales = np.exp(self.errors.scale_drift * along)
        turns = np.radians(self.errors.heading_drift_deg) * along
        centre, found = cameras[0].centre, []
        for k, (camera, scale, turn) in enumerate(zip(cameras, scales, turns, strict=True)):
            turned = rotation_from_wxyz((np.cos(turn / 2), 0, 0, np.sin(turn / 2)))
            rotation = camera.cam_from_world.rotation @ turned.T
            pose = Rigid3(rotation, -rotation @ centre)
            found.append((Camera(camera.intrinsics, pose), float(scale)))
            if k + 1 < len(cameras):
                centre = centre + scale * turned @ (cameras[k + 1].centre - camera.centre)
        return found

    def _shaken(self, camera: Camera, rng: np.random.Generator) -> Camera:
        half_turn = np.radians(self.errors.turn_deg) * rng.normal(size=3) / 2
        rotation = rotation_from_wxyz((1.0, *half_turn)) @ camera.cam_from_world.rotation
        away = self.errors.centre * _TYPICAL_DEPTH_M * rng.normal(size=3)
        pose = Rigid3(rotation, -rotation @ (camera.centre + away))
        return Camera(camera.intrinsics, pose)

    def _measured(self, z: NDArray[np.float32], rng: np.random.Generator) -> Array:
        error = self.errors
        share = 1 + error.view_scale * rng.normal() + error.pixel * rng.normal(size=z.shape)
        return z * (share + error.smooth * _smooth(z.shape, rng))


def _taken_for_one(true: Sequence[_Seen]) -> list[_Seen]:
    """The later half moved as a whole, so that its middle view stands where the other's does."""
    half = len(true) // 2
    here, there = (true[middle][0].cam_from_world for middle in (half // 2, half + half // 2))
    wrong = here.inverse() @ there
    moved = Sim3(1.0, wrong.rotation, wrong.translation)
    return [*true[:half], *((moved.apply_to_camera(camera), s) for camera, s in true[half:])]


def _smooth(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """`(H, W)` values of unit variance at 4 x 4 places, straight between them."""
    values = rng.normal(size=(4, 4))
    rows, columns = (np.linspace(0, 3, n) for n in shape)
    along = np.stack([np.interp(columns, np.arange(4), row) for row in values])
    return np.stack([np.interp(rows, np.arange(4), column) for column in along.T], axis=1)
