"""Figures of an answer: pairs of cameras, and depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from da3studio.bench.geometry.answers import Answer
from da3studio.bench.geometry.truth import (
    Array,
    Photo,
    SeenDepth,
    poses_of,
    without_distortion,
)
from da3studio.bench.parity.reference_scores import pair_errors as published_pair_errors
from da3studio.geometry.camera import Camera
from da3studio.geometry.depth_errors import depth_errors
from da3studio.geometry.pose_errors import MISSING_DEG, larger_of, pair_angles
from da3studio.geometry.rigid import Rigid3
from da3studio.scene.depth import DepthMap

_FEWEST = 30  # measured places of a photo, to say anything about its depth


@dataclass(frozen=True, eq=False)
class PairScores:
    """Errors of pairs of cameras [degrees]."""

    angles: Array  # (P, 2) see `pose_errors.pair_angles`
    published: Array  # (P,) as the published benchmark takes them

    @property
    def errors(self) -> Array:
        """`(P,)` the larger of the two, as `pose_errors.pair_errors`."""
        return larger_of(self.angles)


def score_pairs(answer: Answer, photos: Sequence[Photo]) -> PairScores:
    """Of all pairs of some photos."""
    true = poses_of(photos)
    found = {name: camera.cam_from_world for name, camera in answer.cameras.items() if name in true}
    return PairScores(pair_angles(found, true), _published(found, true))


def _published(found: Mapping[str, Rigid3], true: Mapping[str, Rigid3]) -> Array:
    """The published errors; pairs of which a camera is missing come last."""
    names = [name for name in true if name in found]
    total = len(true) * (len(true) - 1) // 2
    errors = np.full(total, MISSING_DEG)
    if len(names) > 1:
        paths = (np.stack([poses[name].matrix() for name in names]) for poses in (found, true))
        known = published_pair_errors(*paths)
        errors[: len(known)] = known
    return errors


@dataclass(frozen=True)
class DepthScore:
    """Of one photo, scaled by its median; shares of 0 to 1."""

    abs_rel: float  # mean of the relative errors, NaN where nothing is covered
    delta1: float  # share within a factor of 1.25, likewise
    cover: float  # share of the places with true depth that have depth at all


def score_depth(answer: Answer, photo: Photo) -> DepthScore | None:
    """How good the depth of a photo is; `None` where too little is known of it."""
    truth = photo.depth()
    if truth is None or len(truth.z) < _FEWEST:
        return None
    z = np.zeros(len(truth.z))
    if photo.name in answer.depths:
        z = _looked_up(answer.depths[photo.name], answer.cameras[photo.name], truth)
    is_there = z > 0
    if not is_there.any():
        return DepthScore(np.nan, np.nan, 0.0)
    abs_rel, delta1 = depth_errors(z[is_there], truth.z[is_there])
    return DepthScore(abs_rel, delta1, float(is_there.mean()))


def _looked_up(depth: DepthMap, camera: Camera, truth: SeenDepth) -> Array:
    """`(N,)` of the nearest pixel; 0 where the undistorted photo does not show the place."""
    size = (camera.intrinsics.width, camera.intrinsics.height)
    at = without_distortion(truth.xy, camera) * (depth.width / size[0], depth.height / size[1])
    column, row = np.floor(at).astype(np.int64).T
    is_inside = (column >= 0) & (column < depth.width) & (row >= 0) & (row < depth.height)
    z = np.zeros(len(at))
    z[is_inside] = depth.z[row[is_inside], column[is_inside]]
    return z
