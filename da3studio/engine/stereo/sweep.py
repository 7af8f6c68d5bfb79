"""The plane sweep: how well the neighbours match the reference at every depth.

Source: Collins 1996; matching score: zero-mean normalised cross-correlation (NCC).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.engine.stereo.frames import Frame
from da3studio.engine.stereo.ops import OUTSIDE, box_mean, warp_planes
from da3studio.geometry.camera import Camera, project
from da3studio.geometry.conventions import opencv_matrix
from da3studio.geometry.rigid import Rigid3

FRONTO_PARALLEL: NDArray[np.float64] = np.array([0.0, 0.0, 1.0])
FRONTO_PARALLEL.setflags(write=False)
LEAST_FACING = 0.08  # normal @ (ray with z = 1): planes seen more at a slant are not swept

NOT_SEEN = -1.0  # the score of a source that does not have the place in its frame

_WINDOW = 5  # px
_PLANES_IN_CACHE = 6  # of 320 x 240 px: what a core has at hand without waiting
_PLANE_MOTION_PX = 0.8  # in the neighbours, from one plane to the next
_MIN_PLANES, _MAX_PLANES = 32, 160
_NOISE = (1.5 / 255) ** 2  # variance below which a window has no texture to match


def choose_planes(
    reference: Camera,
    sources: Sequence[Camera],
    near: float,
    far: float,
    normal: NDArray[np.float64] = FRONTO_PARALLEL,
) -> NDArray[np.float64]:
    """Planes `normal @ x = distance` in the reference's frame, evenly spaced in inverse distance.

    Spaced so that the image moves by less than a pixel from plane to plane in most neighbours.

    Args:
        reference: the view.
        sources: its neighbours.
        near: distance of the first plane [world units].
        far: distance of the last plane [world units].
        normal: unit vector in the reference's frame, pointing away from it.

    Returns:
        `(D,)` inverse distances, near first [1 / world units]; inverse depths for the default.
    """
    lens = reference.intrinsics
    world_from_cam = reference.cam_from_world.inverse()
    grid = np.stack(
        np.meshgrid(np.linspace(0.1, 0.9, 5) * lens.width, np.linspace(0.1, 0.9, 5) * lens.height),
        axis=-1,
    ).reshape(-1, 2)
    directions = np.c_[(grid - (lens.cx, lens.cy)) / (lens.fx, lens.fy), np.ones(len(grid))]
    facing = directions @ normal
    seen = facing > LEAST_FACING
    at_one = directions[seen] / facing[seen, None]
    motion = [
        float(np.median(moved))
        for source in sources
        if len(
            moved := _motion(
                world_from_cam.apply(at_one * near), world_from_cam.apply(at_one * far), source
            )
        )
    ]
    pixels = float(np.median(motion)) if motion else float(_MAX_PLANES)
    n_planes = int(np.clip(np.ceil(pixels / _PLANE_MOTION_PX) + 1, _MIN_PLANES, _MAX_PLANES))
    return np.linspace(1 / near, 1 / far, n_planes)


def _motion(a: NDArray[np.float64], b: NDArray[np.float64], source: Camera) -> NDArray[np.float64]:
    """`(M,)` pixels between two places of points, of those in front of the camera at both."""
    moved = np.linalg.norm(project(a, source) - project(b, source), axis=-1)
    finite: NDArray[np.float64] = moved[np.isfinite(moved)]
    return finite


def sweep_cost(
    reference: Frame,
    sources: Sequence[Frame],
    planes: NDArray[np.float64],
    normal: NDArray[np.float64] = FRONTO_PARALLEL,
) -> Any:
    """How badly each plane of `choose_planes` matches.

    Returns:
        `(H, W, D)` float32 cost 1 - NCC, mean over the better half of the sources; 1 = no clue.
    """
    import torch

    height, width = reference.grey.shape
    homographies = [
        _homographies(reference.camera, source.camera, planes, normal) for source in sources
    ]
    window = Window(reference.grey, _WINDOW)
    block = _PLANES_IN_CACHE if reference.grey.device.type == "cpu" else len(planes)
    costs = []
    for start in range(0, len(planes), block):
        scores = [
            window.ncc(warp_planes(source.grey, h[start : start + block], height, width))
            for source, h in zip(sources, homographies, strict=True)
        ]
        costs.append(1 - best_half(scores))
    return torch.cat(costs).permute(1, 2, 0).contiguous()


def best_half(scores: Sequence[Any]) -> Any:
    """Mean of the better half of the scores of the sources that have the place in their frame.

    A source may be hidden, half of them are not. A few passes of a bubble sort, which stays in
    cache; sorting along an axis is many times slower.

    Args:
        scores: equal-sized tensors, one a source; `NOT_SEEN` where it ends.
    """
    import torch

    rest = list(scores)
    n_seen = sum((score > NOT_SEEN).to(score.dtype) for score in scores)
    total = 0.0
    for n in range((len(scores) + 1) // 2):
        for k in range(len(rest) - 1, 0, -1):
            rest[k - 1], rest[k] = (
                torch.maximum(rest[k - 1], rest[k]),
                torch.minimum(rest[k - 1], rest[k]),
            )
        total += rest.pop(0) if n == 0 else rest.pop(0).where(n_seen > 2 * n, 0)
    return total / ((n_seen + 1) / 2).floor().clamp_min(1)


class Window:
    """Windows of the reference image, to be compared with many warped sources."""

    def __init__(self, reference: Any, side: int) -> None:
        self._reference, self._side = reference, side
        self._mean = box_mean(reference[None], side)
        square = box_mean((reference * reference)[None], side)
        self._variance = (square - self._mean * self._mean).clamp_min_(0) + _NOISE

    def ncc(self, warped: Any) -> Any:
        """Correlation of each window with the same window of each warped source.

        Args:
            warped: `(K, H, W)` tensor; `OUTSIDE` where there is nothing.

        Returns:
            `(K, H, W)` in [-1, 1]; 0 where a window has no texture, `NOT_SEEN` where the source
            ends.
        """
        mean = box_mean(warped, self._side)
        variance = box_mean(warped * warped, self._side).addcmul_(mean, mean, value=-1)
        score = box_mean(warped * self._reference, self._side).addcmul_(mean, self._mean, value=-1)
        score *= variance.clamp_min_(0).add_(_NOISE).mul_(self._variance).rsqrt_()
        return score.clamp_(-0.999, 1).masked_fill_(warped == OUTSIDE, NOT_SEEN)


def _homographies(
    reference: Camera, source: Camera, planes: NDArray[np.float64], normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`(D, 3, 3)`: reference pixel → source pixel over each plane."""
    source_from_reference = source.cam_from_world @ reference.cam_from_world.inverse()
    return plane_homographies(
        opencv_matrix(reference.intrinsics),
        opencv_matrix(source.intrinsics),
        source_from_reference,
        planes,
        normal,
    )


def plane_homographies(
    reference_matrix: NDArray[np.float64],
    source_matrix: NDArray[np.float64],
    source_from_reference: Rigid3,
    planes: NDArray[np.float64],
    normal: NDArray[np.float64] = FRONTO_PARALLEL,
) -> NDArray[np.float64]:
    """`(D, 3, 3)` homographies over the planes `normal @ x = 1 / planes` of the reference.

    Source: Hartley and Zisserman 2004, result 13.1.
    """
    shift = np.outer(source_from_reference.translation, normal)
    moved = source_from_reference.rotation + planes[:, None, None] * shift
    return source_matrix @ moved @ np.linalg.inv(reference_matrix)
