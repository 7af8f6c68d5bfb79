"""The cloud while it grows: a sample of every depth map as soon as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from da3studio.app.background import Background, Newest
from da3studio.app.viewmodels.scene_state import SceneState
from da3studio.geometry.camera import Camera, unproject
from da3studio.pipeline.events import UnitStored
from da3studio.pipeline.pack import unpack_depth
from da3studio.pipeline.results import read_result
from da3studio.project.chunks import ChunkDamagedError
from da3studio.project.folder import ProjectFolder
from da3studio.scene.view import View, ViewId

_POINTS_A_VIEW = 20_000
_MOST_POINTS = 3_000_000
_SEED = 5
_EVERY_MS = 3000  # each new preview is drawn in full, which takes a processor a while


@dataclass(frozen=True, eq=False)
class _Sample:
    xyz: NDArray[np.float32]  # (M, 3) [world units]
    rgb: NDArray[np.uint8]  # (M, 3)


class GrowingCloud(QObject):
    """Adds the points of each finished photo to the preview of a scene."""

    def __init__(
        self, background: Background, scene: SceneState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background, self._scene = background, scene
        self._joining = Newest(background, self)
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._show)
        self._samples: dict[ViewId, _Sample] = {}
        self._round = 0  # samples that were asked for in an earlier one come too late

    def clear(self) -> None:
        """A new run begins, or another project is shown."""
        self._samples.clear()
        self._round += 1
        self._next.stop()
        self._joining.drop()

    def follow(self, event: UnitStored, folder: ProjectFolder, view: View) -> None:
        """A depth map was stored."""
        registration = self._scene.registration
        camera = registration.cameras.get(view.id) if registration else None
        if event.stage != "depth" or camera is None or self._scene.cameras_are_stale:
            return

        asked_in = self._round

        def done(sample: _Sample | None) -> None:
            if sample is not None and asked_in == self._round:
                self._samples[view.id] = sample
                if not self._next.isActive():
                    self._next.start(0 if len(self._samples) == 1 else _EVERY_MS)

        self._background.run(lambda: _sample(folder, event.key, view, camera), done)

    def _show(self) -> None:
        parts = list(self._samples.values())
        self._joining.ask(lambda: _joined(parts), self._scene.set_preview)


def _joined(parts: Sequence[_Sample]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """All samples as one, in random order as all clouds on show."""
    each = max(1, min(_POINTS_A_VIEW, _MOST_POINTS // len(parts)))
    xyz = np.concatenate([part.xyz[:each] for part in parts])
    rgb = np.concatenate([part.rgb[:each] for part in parts])
    order = np.random.default_rng(_SEED).permutation(len(xyz))
    return xyz[order], rgb[order]


def _sample(folder: ProjectFolder, key: str, view: View, camera: Camera) -> _Sample | None:
    """A random sample of what a photo measured, with its colours."""
    # OpenCV, which the first picture of the window need not wait for
    from da3studio.media.photos import PhotoFiles

    try:
        depth = read_result(folder.chunks, folder.chunks.header(key), unpack_depth)
    except (KeyError, ChunkDamagedError):  # a preview; the run itself says what is damaged
        return None
    rows, columns = np.nonzero((depth.z > 0) & ~depth.sky)
    if not len(rows):
        return None
    chance = np.random.default_rng(_SEED)
    chosen = chance.permutation(len(rows))[:_POINTS_A_VIEW]
    rows, columns = rows[chosen], columns[chosen]
    xyz = unproject(depth.z, camera.pinhole().resized(depth.width, depth.height))[rows, columns]
    side = max(depth.width, depth.height)
    photo = PhotoFiles(folder.path).read_undistorted(view, camera, side)
    y = np.minimum(rows * photo.shape[0] // depth.height, photo.shape[0] - 1)
    x = np.minimum(columns * photo.shape[1] // depth.width, photo.shape[1] - 1)
    return _Sample(xyz.astype(np.float32), photo[y, x])
