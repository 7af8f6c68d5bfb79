"""How far what is shown reaches, and the depths that are drawn for it."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from da3studio.app.viewport.layer import Bounds, Framed, Layer
from da3studio.app.viewport.screen import Screen

_DEPTH_RATIO = 1e-4  # of nearest to farthest depth: 24 bits still tell a ten-thousandth apart
_BEYOND = 4.0  # focuses that are drawn at least: a ground grid goes on behind the subject


def union(boxes: Iterable[Bounds | None]) -> Bounds | None:
    """The box around all boxes, `None` if there is none."""
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    return np.min([low for low, _ in known], axis=0), np.max([high for _, high in known], axis=0)


def core_of(layer: Layer) -> Bounds | None:
    """The box around nearly all of a layer: without strays, if it knows of any."""
    return layer.core() if isinstance(layer, Framed) else layer.bounds()


def with_depths_around(screen: Screen, bounds: Bounds | None) -> Screen:
    """Near and far put around a box: the tighter, the finer depths are told apart."""
    if bounds is None:
        return screen
    corners = np.array([[bounds[i >> a & 1][a] for a in range(3)] for i in range(8)])
    depths = screen.cam_from_world.apply(corners)[:, 2]
    margin = 0.02 * float(np.linalg.norm(bounds[1] - bounds[0])) + 1e-3 * screen.focus
    near, far = float(depths.min()) - margin, float(depths.max()) + margin
    far = max(far, _BEYOND * screen.focus)
    if not math.isfinite(far - near):
        return screen
    if screen.ortho:
        return screen.with_depths(min(near, -far), far)
    return screen.with_depths(max(near, _DEPTH_RATIO * far), far)
