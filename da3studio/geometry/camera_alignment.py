"""Similarities between two worlds that hold the same cameras."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import nearest_rotation
from da3studio.geometry.similarity import Sim3, align_points

# Numbers of the reference, which the network's outputs are compared with
_RANSAC_FROM = 10  # cameras
_SUBSETS = 10
_SEED = 42
_LEAST_DIVISOR = 0.1  # of the coordinates that the camera encoder sees [units of the given world]

# The cameras' spread across their line over that along it. Below, the centres' own turn about the
# line is noise, and the cameras' orientations know it better.
_ON_A_LINE = 1e-3
_IN_ONE_PLACE = 1e-9  # spread of the centres over their size: what rounding leaves

_MOST_PAIRS = 200  # hypotheses; of 60 % good cameras one pair in three is good
_ALIKE = 1e-6  # residual below which a camera always agrees: rounding of an angle's cosine
_FAR = 3.0  # [robust standard deviations] a camera farther off does not agree


def align_cameras(
    given: Sequence[Camera], predicted: Sequence[Camera], *, scale_in_one_place: float = 1.0
) -> Sim3:
    """The `predicted_from_given` that brings given cameras to the network's.

    From the centres alone where they fix it, as the reference does, so that depth gets the scale
    the network was trained for: least squares, from 10 cameras on over the largest of ten random
    consensus sets. One camera, two, or cameras on a line leave a rotation open that the
    orientations decide, see `align_poses`.

    Args:
        given: N >= 1.
        predicted: the same cameras in the same order.
        scale_in_one_place: of the result where all centres coincide, as that of one camera does.

    Raises:
        ValueError: no cameras, or not as many of one as of the other.

    Source: Umeyama 1991, with the consensus of the DA3 reference implementation.
    """
    a, b = _centres(given), _centres(predicted)
    if len(a) != len(b) or not len(a):
        raise ValueError(f"{len(a)} cameras cannot be aligned with {len(b)}")
    if not _fix_a_rotation(a, b):
        return align_poses(given, predicted, scale_in_one_place=scale_in_one_place)
    first = align_points(a, b)
    return first if len(a) < _RANSAC_FROM else _largest_consensus(a, b, first)


def align_poses(
    a: Sequence[Camera],
    b: Sequence[Camera],
    weights: ArrayLike | None = None,
    *,
    scale_in_one_place: float = 1.0,
) -> Sim3:
    """The `b_from_a` of paired cameras from orientations and centres together; 1 or more.

    The rotation is the one that best turns the camera axes of a into those of b and the centres,
    measured in their own spread, at once: a direction to another camera counts as much as an axis.
    The scale is the ratio of the spreads, for two cameras that of their distances.

    Args:
        a: N >= 1.
        b: the same cameras in the other world.
        weights: `(N,)` >= 0, not all 0; none = all alike.
        scale_in_one_place: the scale where all centres coincide.
    """
    weight = np.ones(len(a)) if weights is None else np.asarray(weights, np.float64)
    weight = weight / weight.sum()
    turned = np.einsum("n,nji,njk->ik", weight, _rotations(b), _rotations(a))
    centres_a, centres_b = _centres(a), _centres(b)
    mean_a, mean_b = weight @ centres_a, weight @ centres_b
    from_a, from_b = centres_a - mean_a, centres_b - mean_b
    spread_a, spread_b = _spread(from_a, weight), _spread(from_b, weight)
    scale = scale_in_one_place
    if spread_a > _rounding(centres_a) and spread_b > _rounding(centres_b):
        scale = spread_b / spread_a
        turned += (weight[:, None] * from_b).T @ from_a / (spread_a * spread_b)
    rotation = nearest_rotation(turned)
    return Sim3(scale, rotation, mean_b - scale * rotation @ mean_a)


def agreeing_cameras(a: Sequence[Camera], b: Sequence[Camera]) -> NDArray[np.bool_]:
    """`(N,)` which of the paired cameras one similarity brings together; up to 40 % may not.

    Every pair of cameras is a hypothesis (a seeded choice where there are many), the one with
    the least median residual wins. Up to two cameras always agree.

    Source: least median of squares, Rousseeuw 1984, with its correction for few samples.
    """
    n = len(a)
    if n <= 2:
        return np.ones(n, np.bool_)
    pairs = np.array(list(combinations(range(min(n, 200)), 2)))
    if n > 200:
        pairs = np.random.default_rng(_SEED).integers(n, size=(_MOST_PAIRS, 2))
    elif len(pairs) > _MOST_PAIRS:
        chosen = np.random.default_rng(_SEED).choice(len(pairs), _MOST_PAIRS, replace=False)
        pairs = pairs[chosen]
    residuals = [
        _residuals(align_poses([a[i], a[j]], [b[i], b[j]]), a, b) for i, j in pairs
    ]  # fmt: skip
    best = min(residuals, key=lambda residual: float(np.median(residual)))
    deviation = 1.4826 * (1 + 5 / (n - 2)) * np.median(best)
    agreeing: NDArray[np.bool_] = best <= max(_FAR * float(deviation), _ALIKE)
    return agreeing


def normalise_for_conditioning(cameras: Sequence[Camera]) -> tuple[Camera, ...]:
    """The same cameras in the world that the camera encoder was trained on.

    The first camera becomes the identity; the lower median of all distances to it, its own 0
    included, becomes 1, but nothing is enlarged more than ten times.

    Source: SPEC of DA3, section 13.
    """
    pose = cameras[0].cam_from_world
    away = np.sort(np.linalg.norm(_centres(cameras) - cameras[0].centre, axis=1))
    scale = 1 / max(_LEAST_DIVISOR, float(away[(len(away) - 1) // 2]))
    first_from_world = Sim3(scale, pose.rotation, scale * pose.translation)
    return tuple(first_from_world.apply_to_camera(camera) for camera in cameras)


def _centres(cameras: Sequence[Camera]) -> NDArray[np.float64]:
    return np.array([camera.centre for camera in cameras]).reshape(-1, 3)


def _rotations(cameras: Sequence[Camera]) -> NDArray[np.float64]:
    return np.array([camera.cam_from_world.rotation for camera in cameras])


def _spread(offsets: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.sqrt(weight @ (offsets**2).sum(axis=1)))


def _rounding(centres: NDArray[np.float64]) -> float:
    return _IN_ONE_PLACE * float(np.abs(centres).max())


def _fix_a_rotation(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    if len(a) < 3:
        return False
    for points in (a, b):
        along, across, _ = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if across <= max(_ON_A_LINE * along, _rounding(points)):
            return False
    return True


def _largest_consensus(a: NDArray[np.float64], b: NDArray[np.float64], first: Sim3) -> Sim3:
    """The reference's RANSAC: its subsets, its threshold, its preference."""
    moved = first.apply(a)
    nearest = np.linalg.norm(moved[:, None] - b[None], axis=2).min(axis=1)
    threshold = float(np.median(nearest))
    random, size = np.random.default_rng(_SEED), max(3, (len(a) + 1) // 2)
    subsets = [random.choice(len(a), size, replace=False) for _ in range(_SUBSETS)]
    best, best_inliers, best_score = first, np.zeros(len(a), np.bool_), (0, -np.inf)
    for subset in subsets:
        if not _fix_a_rotation(a[subset], b[subset]):
            continue
        fit = align_points(a[subset], b[subset])
        away = np.linalg.norm(fit.apply(a) - b, axis=1)
        inliers = away <= threshold
        if not inliers.any():
            continue
        score = (int(inliers.sum()), -float(away[inliers].mean()))
        if score > best_score:
            best, best_inliers, best_score = fit, inliers, score
    if _fix_a_rotation(a[best_inliers], b[best_inliers]):
        return align_points(a[best_inliers], b[best_inliers])
    return best


def _residuals(
    b_from_a: Sim3, a: Sequence[Camera], b: Sequence[Camera]
) -> NDArray[np.float64]:  # fmt: skip
    """`(N,)` distances of the centres, in typical distances from their middle, and angles [rad]."""
    centres = _centres(b)
    size = float(np.median(np.linalg.norm(centres - np.median(centres, axis=0), axis=1)))
    away = np.linalg.norm(b_from_a.apply(_centres(a)) - centres, axis=1)
    turned = _rotations(a) @ b_from_a.rotation.T
    trace = np.einsum("nij,nij->n", turned, _rotations(b))
    angle = np.arccos(np.clip((trace - 1) / 2, -1, 1))
    total: NDArray[np.float64] = angle
    if size > _rounding(centres):
        total = np.hypot(away / size, angle)
    return total
