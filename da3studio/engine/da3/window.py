"""What the network found for the views that it saw together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen
from da3studio.geometry.camera import Camera
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Unit
from da3studio.scene.view import ViewId


@dataclass(frozen=True, eq=False)
class WindowResult:
    """`S` views of one forward pass, in the window's own world.

    The window's world is that of its reference view, at a scale that only this window knows unless
    `unit` is "metre"; two windows are brought together by a similarity.
    """

    view_ids: tuple[ViewId, ...]  # (S,)
    cameras: tuple[Camera, ...]  # (S,) pinhole, at the size of the view's depth map
    depths: tuple[DepthMap, ...]  # (S,) [window units]; sizes may differ from view to view
    descriptors: NDArray[np.float32]  # (S, D) unit length; near for views of the same place
    unit: Unit

    def __post_init__(self) -> None:
        n = len(self.view_ids)
        if not len(self.cameras) == len(self.depths) == n:
            raise ValueError(f"{n} views, {len(self.cameras)} cameras, {len(self.depths)} depths")
        object.__setattr__(self, "descriptors", frozen(self.descriptors, (n, None), np.float32))
