"""Grey images of the views at working size, with pinhole cameras, a few kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from da3studio.engine.protocol import Photos
from da3studio.geometry.camera import Camera
from da3studio.media.undistort import undistort
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId

_KEPT = 48  # 1.2 MB each at 640 px: enough that neighbours are not decoded twice


@dataclass(frozen=True, eq=False)
class Frame:
    """One view, ready to be compared."""

    grey: Any  # (H, W) float32 tensor, 0 to 1
    camera: Camera  # pinhole, of this size

    def halved(self) -> Frame:
        """The same at half the size: 2 x 2 pixels averaged."""
        from torch.nn.functional import avg_pool2d

        height, width = (side // 2 * 2 for side in self.grey.shape)
        small = avg_pool2d(self.grey[None, None, :height, :width], 2)[0, 0]
        lens = self.camera.intrinsics
        # An odd last row or column is cut, not squeezed: the focal length halves exactly.
        half = Camera(
            type(lens)(lens.fx / 2, lens.fy / 2, lens.cx / 2, lens.cy / 2, width // 2, height // 2),
            self.camera.cam_from_world,
        )
        return Frame(small, half)


class Frames:
    """Reads frames on demand; may be asked by several threads."""

    def __init__(
        self,
        views: Mapping[ViewId, View],
        photos: Photos,
        registration: Registration,
        max_side: int,
        device: Any,
    ) -> None:
        self._views, self._photos, self._registration = views, photos, registration
        self._max_side, self._device = max_side, device
        self._lock = Lock()
        self._kept: OrderedDict[int, Frame] = OrderedDict()

    def __getitem__(self, view_idx: int) -> Frame:
        """The frame of `registration.view_ids[view_idx]`."""
        with self._lock:
            if view_idx not in self._kept:
                self._kept[view_idx] = self._read(self._registration.view_ids[view_idx])
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(view_idx)
            return self._kept[view_idx]

    def _read(self, view_id: ViewId) -> Frame:
        import cv2
        import torch

        photo = self._photos.read(self._views[view_id], self._max_side)
        camera = self._registration.cameras[view_id].resized(photo.shape[1], photo.shape[0])
        grey = cv2.cvtColor(undistort(photo, camera.intrinsics), cv2.COLOR_RGB2GRAY)
        tensor = torch.from_numpy(grey.astype(np.float32) / 255).to(self._device)
        return Frame(tensor, camera.pinhole())
