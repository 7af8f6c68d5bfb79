"""Finished windows on disk, so that a stopped run goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.digest import digest_of
from da3studio.engine.da3.window import WindowResult
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.project.chunks import ChunkDamagedError, ChunkStore
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Unit
from da3studio.scene.view import ViewId

_STAGE = "window"
_DEPTH_ARRAYS = ("z", "confidence", "sky")


class DiskWindows:
    """A `WindowStore` of files, one per window, each there whole or not at all.

    A file is named by the views of its window and by what made it, so after a change of plan the
    windows that stayed the same are found, and no other.

    Args:
        folder: for these files only.
        windows: the views of each; extra windows behind those of the plan.
        made_by: digest of all that decides what the network says of given views.
    """

    def __init__(self, folder: Path, windows: Sequence[tuple[ViewId, ...]], made_by: str) -> None:
        self._chunks = ChunkStore(folder)
        self._windows = tuple(windows)
        self._keys = [digest_of(_STAGE, made_by, view_ids) for view_ids in windows]

    def has(self, index: int) -> bool:
        """Whether a window is there, whole; a damaged file is removed.

        Raises:
            CannotWrite: it is damaged and cannot be removed.
        """
        try:
            self.read(index)
        except KeyError:
            return False
        except ChunkDamagedError:
            self._chunks.remove(self._keys[index])
            return False
        return True

    def put(self, index: int, window: WindowResult) -> None:
        """Keep a window.

        Raises:
            ValueError: it is of other views than the plan says.
            DiskFull, CannotWrite: nothing is left behind.
        """
        if window.view_ids != self._windows[index]:
            raise ValueError(f"window {index} is of other views")
        arrays: dict[str, NDArray[np.generic]] = {
            "descriptors": window.descriptors,
            "lenses": np.array([_numbers(camera) for camera in window.cameras]),
            "rotations": np.stack([c.cam_from_world.rotation for c in window.cameras]),
            "translations": np.stack([c.cam_from_world.translation for c in window.cameras]),
        }
        for i, depth in enumerate(window.depths):
            arrays |= {f"{name}_{i}": getattr(depth, name) for name in _DEPTH_ARRAYS}
        self._chunks.put(self._keys[index], _STAGE, arrays, {"unit": window.unit})

    def read(self, index: int) -> WindowResult:
        """A window, bit for bit as it was put.

        Raises:
            KeyError: it is not there.
            ChunkDamagedError: it is not what was written.
        """
        key, view_ids = self._keys[index], self._windows[index]
        metre = self._chunks.header(key).meta.get("unit") == "metre"
        arrays = self._chunks.read(key)
        try:
            cameras = tuple(
                Camera(_lens(numbers), Rigid3(rotation, translation))
                for numbers, rotation, translation in zip(
                    arrays["lenses"], arrays["rotations"], arrays["translations"], strict=True
                )
            )
            depths = tuple(
                DepthMap(*(arrays[f"{name}_{i}"] for name in _DEPTH_ARRAYS))
                for i in range(len(view_ids))
            )
            for camera, depth in zip(cameras, depths, strict=True):
                size = (camera.intrinsics.width, camera.intrinsics.height)
                if size != (depth.width, depth.height):
                    raise ValueError("a camera and its depth map differ in size")
            unit: Unit = "metre" if metre else "relative"
            return WindowResult(view_ids, cameras, depths, arrays["descriptors"], unit)
        except (KeyError, ValueError) as error:
            raise ChunkDamagedError(key, f"it is no window: {error}") from error


def _numbers(camera: Camera) -> tuple[float, ...]:
    lens = camera.intrinsics
    return lens.fx, lens.fy, lens.cx, lens.cy, lens.width, lens.height


def _lens(numbers: NDArray[np.float64]) -> Intrinsics:
    fx, fy, cx, cy, width, height = numbers.tolist()
    return Intrinsics(fx, fy, cx, cy, int(width), int(height))
