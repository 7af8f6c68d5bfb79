"""Whether a window that was put together from two places shows one place twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.join import lifted, pixel_grid
from da3studio.geometry.camera import project

_POINTS = 300  # looked at of each view
_SAME_DEPTH = 0.05  # of the depth: what two views of one surface may differ by
_LEAST_SEEN = 0.05  # of the points: what the other half must show at least to say anything


def agreement(window: WindowResult, first: Sequence[int], second: Sequence[int]) -> float:
    """Of what some views show, how much others show at the same depth.

    Two halves of one place confirm each other wherever nothing stands in between; two places that
    only look alike agree by chance.

    Args:
        window: holds both halves.
        first: which of its views look.
        second: which of its views confirm.

    Returns:
        Share of the points that fall on measured pixels of the others, from 0 to 1; 0 if hardly
        any do.
    """
    asked, landed, agreed = 0, 0, 0
    for i in first:
        depth = window.depths[i]
        rows, columns = pixel_grid(depth, _POINTS)
        seen = _measured(window, i, rows, columns)
        rows, columns = rows[seen], columns[seen]
        points = lifted(depth.z[rows, columns], rows, columns, window.cameras[i])
        for j in second:
            ratio = _depth_ratios(window, j, points)
            asked += len(points)
            landed += len(ratio)
            agreed += int((np.abs(ratio - 1) < _SAME_DEPTH).sum())
    return agreed / landed if landed > _LEAST_SEEN * asked else 0.0


def _depth_ratios(window: WindowResult, j: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth of points in view `j` / the depth measured there, of those it has a depth for."""
    camera, depth = window.cameras[j], window.depths[j]
    pixels = project(points, camera)
    inside = ((pixels >= 0) & (pixels < (depth.width, depth.height))).all(axis=1)  # NaN: behind
    columns, rows = pixels[inside].astype(np.intp).T
    z = camera.cam_from_world.apply(points[inside])[:, 2]
    seen = _measured(window, j, rows, columns)
    ratios: NDArray[np.float64] = z[seen] / depth.z[rows[seen], columns[seen]]
    return ratios


def _measured(
    window: WindowResult, i: int, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.bool_]:
    depth = window.depths[i]
    measured: NDArray[np.bool_] = (depth.z[rows, columns] > 0) & ~depth.sky[rows, columns]
    return measured
