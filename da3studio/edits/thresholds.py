"""Cutting by the measures that fusion stored with every point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import tr, trn
from da3studio.edits.base import FARTHEST, Evidence, OnlyPoints, Placeless, check_range
from da3studio.edits.blocks import by_blocks


@dataclass(frozen=True)
class MinConfidence(Placeless, OnlyPoints):
    """Cut away points the reconstruction was not sure of."""

    kind: ClassVar[str] = "min_confidence"
    title: ClassVar[str] = "Uncertain points"

    value: float  # the engine's own scale

    def __post_init__(self) -> None:
        check_range("confidence", self.value, -FARTHEST, FARTHEST)

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        return ~(evidence.cloud.confidence >= np.float32(self.value))

    def detail(self) -> str:
        return tr("confidence below {value}").format(value=f"{self.value:.3g}")


@dataclass(frozen=True)
class MaxIsolation(Placeless, OnlyPoints):
    """Cut away points that hang alone in the air."""

    kind: ClassVar[str] = "max_isolation"
    title: ClassVar[str] = "Floaters"

    value: float  # distance to the neighbours, in typical distances

    def __post_init__(self) -> None:
        check_range("isolation", self.value, 0, FARTHEST)

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        return ~(evidence.cloud.isolation <= np.float32(self.value))

    def detail(self) -> str:
        return tr("more than {value} times as lonely as usual").format(value=f"{self.value:.3g}")


@dataclass(frozen=True)
class MinViews(Placeless, OnlyPoints):
    """Cut away points that few photos agree on."""

    kind: ClassVar[str] = "min_views"
    title: ClassVar[str] = "Seen by few photos"

    n: int

    def __post_init__(self) -> None:
        check_range("number of photos", self.n, 1, 255)

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        return evidence.cloud.n_views < self.n

    def detail(self) -> str:
        return trn("by fewer than {n} photo", "by fewer than {n} photos", self.n)


@dataclass(frozen=True)
class MaxSlant(Placeless, OnlyPoints):
    """Cut away points whose surface their own photo saw at a grazing angle.

    Where depth jumps from an object to what is behind it, false points stretch along the line of
    sight like streaks. A point whose camera is not known stays.
    """

    kind: ClassVar[str] = "max_slant"
    title: ClassVar[str] = "Streaks at edges"

    degrees: float  # between the surface's normal and the line to the camera; 90 = edge-on

    def __post_init__(self) -> None:
        check_range("angle", self.degrees, 0, 90)

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        limit = np.float32(np.cos(np.radians(self.degrees)))
        return by_blocks(len(evidence.cloud), lambda rows: cos_slant(evidence, rows) < limit)

    def detail(self) -> str:
        return tr("seen at more than {degrees}°").format(degrees=f"{self.degrees:.3g}")


def cos_slant(evidence: Evidence, rows: slice) -> NDArray[np.float32]:
    """Cosine of the angle between the normal and the line to the point's own camera.

    Args:
        evidence: the cloud and the cameras.
        rows: which points.

    Returns:
        `(n,)` 0 = edge-on, 1 = seen from straight above; NaN where the camera is not known.
    """
    cloud = evidence.cloud
    centres = np.full((len(cloud.view_ids), 3), np.nan, np.float32)
    for i, view_id in enumerate(cloud.view_ids):
        if view_id in evidence.cameras:
            centres[i] = evidence.cameras[view_id].centre
    towards = np.take(centres, cloud.view_idx[rows], axis=0)
    towards -= cloud.xyz[rows]
    along = np.einsum("ij,ij->i", towards, cloud.normal[rows])
    length = np.sqrt(np.einsum("ij,ij->i", towards, towards))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine: NDArray[np.float32] = np.abs(along) / length
    return cosine
