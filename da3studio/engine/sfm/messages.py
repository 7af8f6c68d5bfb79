"""What a process that computes and the COLMAP process it starts say to each other.

Plain values and arrays only. The COLMAP process gets a `Task`, asks for what only the other side
can do (`WantFeatures`, `WantCodebook`), says `Progress` between, and ends with one `Outcome`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.progress import Notice, Progress
from da3studio.engine.sfm.lenses import Lens
from da3studio.scene.view import View, ViewId


@dataclass(frozen=True)
class Task:
    """Find the cameras of these views."""

    views: tuple[View, ...]
    lenses: tuple[Lens, ...]
    database: Path  # of features and matches; kept over an interruption
    seed: int
    language: str  # of what is said


@dataclass(frozen=True, eq=False)
class Features:
    """Distinct spots of one photo."""

    keypoints: NDArray[np.float32]  # (N, 4) x, y (our pixel centres), scale [px], angle [rad]
    descriptors: NDArray[np.uint8]  # (N, 128) unit vectors as COLMAP stores them: bytes of 1/512


@dataclass(frozen=True)
class WantFeatures:
    """Answered by `Features` of one view after the other, in pixels of its lens's common size."""

    view_idx: tuple[int, ...]
    affine: bool = False  # also as seen under many tilts


@dataclass(frozen=True, eq=False)
class WantCodebook:
    """Answered by an array, see `codebook`."""

    sample: NDArray[np.float32]  # (N, 128) unit descriptors
    seed: int


@dataclass(frozen=True, eq=False)
class Model:
    """Cameras and points as the mapper left them, in a world of its own; V views, P points."""

    view_idx: NDArray[np.int32]  # (V,) which of the task's views have a camera
    lens: NDArray[np.float64]  # (V, 4) focal length, cx, cy [px of `lens_size`], k1
    lens_size: NDArray[np.int32]  # (V, 2) width, height
    rotation: NDArray[np.float64]  # (V, 3, 3) of cam_from_world
    translation: NDArray[np.float64]  # (V, 3)
    xyz: NDArray[np.float64]  # (P, 3)
    error_px: NDArray[np.float32]  # (P,) mean reprojection error
    point_idx: NDArray[np.int32]  # (M,) which point an observation is of
    seen_by: NDArray[np.int32]  # (M,) index into `view_idx`
    xy: NDArray[np.float32]  # (M, 2) where, in pixels of the view's own size


@dataclass(frozen=True, eq=False)
class Solved:
    """The end: a model, and what to say of it."""

    model: Model
    left_out: dict[ViewId, str]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """The end: something the person can mend."""

    family: str  # name of the error's class
    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class Broke:
    """The end: a bug, or no memory."""

    traceback: str
    lacks_memory: bool


Outcome = Solved | Refused | Broke

Said = Progress | Notice | WantFeatures | WantCodebook | Outcome
"""Everything that the COLMAP process says."""
