"""Cutting away what a photo gave: all of it, or what was painted over in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from da3studio.edits.base import Evidence, OnlyPoints, Placeless
from da3studio.geometry.camera import project
from da3studio.scene.view import ViewId

_BLOCK = 1 << 16  # points projected at once, in float64


@dataclass(frozen=True)
class HideView(Placeless):
    """Take a photo out: its points go, and the mesh is made and textured without it."""

    kind: ClassVar[str] = "hide_view"
    title: ClassVar[str] = "Hidden photo"

    view_id: ViewId

    def __post_init__(self) -> None:
        _check_view_id(self.view_id)

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        return _of_view(evidence, self.view_id)

    def removes_view(self, view_id: ViewId) -> bool:
        return view_id == self.view_id

    def detail(self) -> str:
        return ""  # the photo's name is known to whoever shows the list, not to the edit


@dataclass(frozen=True)
class MaskPhoto(Placeless, OnlyPoints):
    """Cut away the points that came from painted-over parts of a photo."""

    kind: ClassVar[str] = "mask_photo"
    title: ClassVar[str] = "Painted over in a photo"

    view_id: ViewId
    digest: str  # of the mask, which lies beside the project's results

    def __post_init__(self) -> None:
        _check_view_id(self.view_id)
        if not re.fullmatch(r"[0-9a-f]{16,128}", self.digest):
            raise ValueError("the digest of a mask is not hexadecimal")

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        cloud, camera = evidence.cloud, evidence.cameras.get(self.view_id)
        out = _of_view(evidence, self.view_id)
        rows = np.flatnonzero(out)
        if camera is None or not len(rows):
            return np.zeros(len(cloud), np.bool_)
        mask = evidence.mask_of(self.digest)
        for start in range(0, len(rows), _BLOCK):
            some = rows[start : start + _BLOCK]
            pixels = project(cloud.xyz[some], camera)
            size = (camera.intrinsics.width, camera.intrinsics.height)
            out[some] = _looked_up(mask, pixels / size)
        return out

    def detail(self) -> str:
        return ""  # as for HideView


def _looked_up(
    mask: NDArray[np.bool_], share: NDArray[np.float64]
) -> NDArray[np.bool_]:  # fmt: skip
    """`(N,)` the mask at `(N, 2)` shares of its width and height; False outside of it."""
    x, y = share.T
    inside = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
    height, width = mask.shape
    column = np.where(inside, x * width, 0).astype(np.intp)
    row = np.where(inside, y * height, 0).astype(np.intp)
    looked_up: NDArray[np.bool_] = mask[row, column] & inside
    return looked_up


def _of_view(evidence: Evidence, view_id: ViewId) -> NDArray[np.bool_]:
    cloud = evidence.cloud
    if view_id not in cloud.view_ids:
        return np.zeros(len(cloud), np.bool_)
    own: NDArray[np.bool_] = cloud.view_idx == cloud.view_ids.index(view_id)
    return own


def _check_view_id(view_id: str) -> None:
    if not view_id or len(view_id) > 256:
        raise ValueError(f"a view's id has {len(view_id)} characters")
