"""A camera as a file describes it, and the sentence for a file that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr

MOST_CAMERAS = 100_000


@dataclass(frozen=True, eq=False)
class FoundCamera:
    """One photo's camera; nothing in it is checked but that it has this shape."""

    photo: str  # name or path in the file
    model: str  # of the lens, in COLMAP's words
    terms: Mapping[str, float]  # of the lens: fx, fy, cx, cy [px], k1, p1, angle_x [rad], ...
    size: tuple[float, float] | None  # width, height that the terms are for; None = the photo's
    rotation: NDArray[np.float64]  # (3, 3) cam_from_world, OpenCV's camera axes
    centre: NDArray[np.float64]  # (3,) where the camera stands [world units]


def unreadable(path: Path, reason: str) -> BadInput:
    """For a file that is not what its name says."""
    return BadInput(
        tr("The cameras in {file} cannot be read.").format(file=path),
        why=tr("It says: {reason}.").format(reason=reason),
        fix=tr("Give a COLMAP model (a folder with cameras and images, .bin or .txt), or a"
               " transforms.json, and write it again with the program that made it."),
    )  # fmt: skip
