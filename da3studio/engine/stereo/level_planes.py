"""A second sweep with level planes: tables, floors and streets seen at a slant.

A window on a slanted surface is sheared in the neighbours and matches no fronto-parallel plane.
Swept along the surface's own normal it matches. Source: Gallup et al. 2007, plane sweeping with
multiple directions. Upright directions were tried, too: they cost as much and add hardly anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.engine.stereo.frames import Frame
from da3studio.engine.stereo.sources import Sweep
from da3studio.engine.stereo.sweep import LEAST_FACING, choose_planes, sweep_cost
from da3studio.geometry.camera import rays

_DOWN = np.array([0.0, 1.0, 0.0])  # of the world: the registration is level


def add_level_planes(
    cost: Any,
    reference: Frame,
    sources: Sequence[Frame],
    depths: NDArray[np.float64],
    sweep: Sweep,
) -> Any:
    """The cost of every depth, lowered where a level plane through it matches better.

    Args:
        cost: `(H, W, D)` of the fronto-parallel sweep; changed in place.
        reference: the view.
        sources: its neighbours.
        depths: `(D,)` inverse depths of that sweep, evenly spaced.
        sweep: which distances to look at.
    """
    import torch

    normal = reference.camera.cam_from_world.rotation @ _DOWN
    span = sweep.span_along(normal)
    if span is None:
        return cost
    cameras = [source.camera for source in sources]
    planes = choose_planes(reference.camera, cameras, *span, normal)
    level = sweep_cost(reference, sources, planes, normal)
    facing = torch.as_tensor(rays(reference.camera) @ normal.astype(np.float32)).to(cost.device)
    for k, inverse_depth in enumerate(depths):
        # The plane through the pixel at this depth has this inverse distance from the camera.
        inverse = float(inverse_depth) / facing.clamp_min(LEAST_FACING)
        place = (float(planes[0]) - inverse) / float(planes[0] - planes[1])
        known = (facing > LEAST_FACING) & (place >= 0) & (place <= len(planes) - 1)
        there = _at(level, place)
        cost[..., k] = torch.where(known, torch.minimum(cost[..., k], there), cost[..., k])
    return cost


def _at(cost: Any, place: Any) -> Any:
    """`(H, W)`: the cost between planes, linearly, at `(H, W)` places along the last axis."""
    lower = place.floor().clamp(0, cost.shape[2] - 2)
    share = (place - lower).clamp(0, 1)
    index = lower.long()[..., None]
    below, above = cost.gather(2, index)[..., 0], cost.gather(2, index + 1)[..., 0]
    return below + share * (above - below)
