"""The benchmark's scores as the reference computes them; ours are in `geometry/pose_errors.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.rigid import angle_between


def auc(found: NDArray[Any], true: NDArray[Any], degrees: int) -> float:
    """`binned_auc` of the `pair_errors` of two paths of cameras."""
    return binned_auc(pair_errors(found, true), degrees)


def pair_errors(found: NDArray[Any], true: NDArray[Any]) -> NDArray[np.float64]:
    """`(P,)` the larger of the errors of rotation and direction of every pair [degrees].

    The relative pose of a pair is taken of world-to-camera matrices the wrong way round, so that
    its translation is that of the world, not of a camera; and a direction is as good as its
    opposite.

    Args:
        found: `(N, 4, 4)` world to camera.
        true: likewise.
    """
    ours, theirs = (poses @ np.linalg.inv(poses[0]) for poses in (found, true))
    errors = []
    for i in range(len(ours)):
        for j in range(i + 1, len(ours)):
            a, b = (np.linalg.inv(poses[i]) @ poses[j] for poses in (ours, theirs))
            turned = np.degrees(angle_between(a[:3, :3], b[:3, :3]))
            errors.append(max(float(turned), _folded_deg(a[:3, 3], b[:3, 3])))
    return np.array(errors)


def binned_auc(errors: NDArray[np.float64], degrees: int) -> float:
    """Mean of the cumulative histogram of pair errors in steps of one degree, in 0 to 1."""
    counts, _ = np.histogram(errors, bins=np.arange(degrees + 1))
    return float(np.mean(np.cumsum(counts) / len(errors)))


def _folded_deg(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Between two lines, 0 to 90."""
    cosine = abs(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-30)
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def surface_scores(
    found: NDArray[Any], true: NDArray[Any], threshold: float, cell: float | None
) -> dict[str, float]:
    """Distances between two clouds, and the share of each that is near the other.

    Args:
        found: `(N, 3)`.
        true: `(M, 3)`.
        threshold: what is near.
        cell: edge of the cubes of which each keeps one point; `None` = all points.
    """
    from scipy.spatial import cKDTree

    if cell is not None:
        found, true = _one_per_cell(found, cell), _one_per_cell(true, cell)
    away, missed = cKDTree(true).query(found)[0], cKDTree(found).query(true)[0]
    precision, recall = float((away < threshold).mean()), float((missed < threshold).mean())
    scores = {"acc": float(away.mean()), "comp": float(missed.mean())}
    scores["overall"] = (scores["acc"] + scores["comp"]) / 2
    both = max(precision + recall, 1e-30)
    return scores | {
        "precision": precision, "recall": recall, "fscore": 2 * precision * recall / both
    }  # fmt: skip


def _one_per_cell(points: NDArray[Any], cell: float) -> NDArray[Any]:
    """The mean point of each cube; the first cube is centred on the lowest coordinates."""
    cubes = np.floor((points - points.min(axis=0)) / cell + 0.5).astype(np.int64)
    number = np.ravel_multi_index(tuple(cubes.T), tuple(cubes.max(axis=0) + 1))
    _, which, counts = np.unique(number, return_inverse=True, return_counts=True)
    sums = [np.bincount(which, weights=column) for column in points.T]
    return np.column_stack(sums) / counts[:, None]
