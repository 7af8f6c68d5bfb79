"""Point clouds for tests of edits: any arrays, with the rest filled in."""

from __future__ import annotations

from typing import Any

import numpy as np

from da3studio.edits.base import Evidence
from da3studio.geometry.camera import Camera
from da3studio.scene.cloud import PointCloud
from da3studio.scene.view import ViewId
from tests.synthetic.rigs import orbit

CAMERAS = orbit(4)
VIEWS = tuple(CAMERAS)


def cloud_of(xyz: Any, **columns: Any) -> PointCloud:
    n = len(xyz)
    usual = {
        "rgb": np.zeros((n, 3), np.uint8),
        "normal": np.tile(np.float32([0, 0, 1]), (n, 1)),
        "confidence": np.ones(n, np.float32),
        "isolation": np.ones(n, np.float32),
        "n_views": np.full(n, 3, np.uint8),
        "view_idx": np.arange(n, dtype=np.int32) % len(VIEWS),
        "view_ids": VIEWS,
    }
    return PointCloud(xyz=np.asarray(xyz, np.float32), **{**usual, **columns})


def no_mask(digest: str) -> Any:
    raise AssertionError(f"the mask {digest} was asked for")


def evidence_of(
    xyz: Any, cameras: dict[ViewId, Camera] = CAMERAS, mask_of: Any = no_mask, **columns: Any
) -> Evidence:
    return Evidence(cloud_of(xyz, **columns), cameras, mask_of)


def everywhere(n: int, seed: int = 0, half: float = 1.0) -> np.ndarray:
    """`(n, 3)` points spread evenly in a cube."""
    return np.random.default_rng(seed).uniform(-half, half, (n, 3)).astype(np.float32)
