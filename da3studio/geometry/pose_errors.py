"""How good found cameras are: errors of pairs, and the area under their recall curve."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.rigid import Rigid3, angle_between

MISSING_DEG = 180.0  # the error of a pair of which a camera was not found
_SHORT_BASELINE = 0.01  # of the median one: below it, translation has no direction to compare


def pair_angles(
    found: Mapping[str, Rigid3], reference: Mapping[str, Rigid3]
) -> NDArray[np.float64]:
    """Errors of rotation and of direction of translation of every pair [degrees].

    Only directions are compared, so neither scale nor the choice of the world counts. A pair that
    stands in one place (baseline under 1 % of the median one) has no direction.

    Args:
        found: `cam_from_world` by name; the world is any.
        reference: `cam_from_world` by name; every pair of these is measured.

    Returns:
        `(P, 2)`, pairs in the order of the sorted names: the angle between the two rotations, and
        the angle between the two directions, NaN where there is none. Both are `MISSING_DEG` where
        a camera was not found.

    Source: the relative pose error of image matching benchmarks, as `score.py` computes it.
    """
    pairs = list(combinations(sorted(reference), 2))
    true = [_relative(reference, a, b) for a, b in pairs]
    baselines = np.array([np.linalg.norm(pose.translation) for pose in true])
    shortest = _SHORT_BASELINE * float(np.median(baselines)) if pairs else 0.0
    angles = np.full((len(pairs), 2), MISSING_DEG)
    for i, (a, b) in enumerate(pairs):
        if a not in found or b not in found:
            continue
        ours, is_apart = _relative(found, a, b), baselines[i] >= shortest > 0
        angles[i, 0] = np.degrees(angle_between(ours.rotation, true[i].rotation))
        angles[i, 1] = _angle_deg(ours.translation, true[i].translation) if is_apart else np.nan
    return angles


def pair_errors(
    found: Mapping[str, Rigid3], reference: Mapping[str, Rigid3]
) -> NDArray[np.float64]:
    """`(P,)` error of the relative pose of every pair of reference cameras [degrees].

    The larger of the two of `pair_angles`; of a pair that stands in one place the rotation alone.
    """
    return larger_of(pair_angles(found, reference))


def larger_of(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(P,)` the error of each pair, of what `pair_angles` gives."""
    larger: NDArray[np.float64] = np.fmax(angles[:, 0], angles[:, 1])
    return larger


def auc(errors: NDArray[np.float64], threshold_deg: float) -> float:
    """Area under the recall curve from 0 to a threshold, as a share of the best possible one.

    The curve leads through `(error of the k-th best pair, k / pairs)`, straight between them, and
    is level from the last error under the threshold on.

    Args:
        errors: `(P,)`, at least one [degrees].
        threshold_deg: where the curve ends.

    Raises:
        ValueError: there are no pairs.
    """
    if not len(errors):
        raise ValueError("the AUC needs at least one pair")
    sorted_errors = np.concatenate([[0.0], np.sort(errors)])
    recall = np.arange(len(sorted_errors)) / len(errors)
    n_under = int(np.searchsorted(sorted_errors, threshold_deg))
    x = np.append(sorted_errors[:n_under], threshold_deg)
    y = np.append(recall[:n_under], recall[n_under - 1])
    return float(np.trapezoid(y, x) / threshold_deg)


def trusted(reference: Mapping[str, Rigid3], doubtful: Collection[str]) -> dict[str, Rigid3]:
    """The reference cameras that a judgement can rest on."""
    return {name: pose for name, pose in reference.items() if name not in doubtful}


def _relative(poses: Mapping[str, Rigid3], a: str, b: str) -> Rigid3:
    """`b_from_a` of two cameras."""
    return poses[b] @ poses[a].inverse()


def _angle_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Between two directions; `MISSING_DEG` where one has no length."""
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    if length < 1e-24:
        return MISSING_DEG
    return float(np.degrees(np.arccos(np.clip(a @ b / length, -1, 1))))
