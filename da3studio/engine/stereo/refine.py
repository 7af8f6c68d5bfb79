"""Refinement at full working resolution: every pixel tries depths around its own.

The neighbours are seen through the current depth map, not through a plane, so slanted surfaces
match as well as fronto-parallel ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from da3studio.engine.stereo.aggregate import parabola
from da3studio.engine.stereo.frames import Frame
from da3studio.engine.stereo.ops import warp_pixels
from da3studio.engine.stereo.sweep import Window, best_half
from da3studio.geometry.camera import rays
from da3studio.geometry.conventions import opencv_matrix

_WINDOW = 7  # px
_TRIES = (-2, -1, 0, 1, 2)


def refine(
    reference: Frame, sources: Sequence[Frame], inverse: Any, step: float
) -> tuple[Any, Any]:
    """One round.

    Args:
        reference: the view.
        sources: its neighbours.
        inverse: `(H, W)` inverse depth [1 / world units].
        step: between two tries [1 / world units].

    Returns:
        `(H, W)` better inverse depth, and `(H, W)` NCC at it.
    """
    import torch

    offsets = torch.tensor(_TRIES, dtype=torch.float32, device=inverse.device) * step
    tries = (inverse[None] + offsets[:, None, None]).clamp_min(1e-9)
    window = Window(reference.grey, _WINDOW)
    costs = 1 - best_half([window.ncc(_seen(reference, source, tries)) for source in sources])
    best = costs.argmin(dim=0, keepdim=True)
    inner = best.clamp(1, len(_TRIES) - 2)
    left, middle, right = (costs.gather(0, inner + k) for k in (-1, 0, 1))
    offset = torch.where(best == inner, parabola(left, middle, right), 0.0)
    better = tries.gather(0, best) + offset * step
    return better[0].clamp_min(1e-9), 1 - costs.gather(0, best)[0]


def _seen(reference: Frame, source: Frame, inverse: Any) -> Any:
    """`(K, H, W)`: the source looked up through the reference's depth maps."""
    import torch

    source_from_reference = source.camera.cam_from_world @ reference.camera.cam_from_world.inverse()
    matrix = opencv_matrix(source.camera.intrinsics)
    device = inverse.device
    turned = torch.as_tensor(
        rays(reference.camera) @ (matrix @ source_from_reference.rotation).T.astype(np.float32),
        dtype=torch.float32,
        device=device,
    )
    shift = (matrix @ source_from_reference.translation).astype(np.float32)
    depth = turned[..., 2] + inverse * float(shift[2])
    scale = torch.where(depth > 1e-6, 1 / depth, torch.nan)
    x = (turned[..., 0] + inverse * float(shift[0])) * scale
    y = (turned[..., 1] + inverse * float(shift[1])) * scale
    return warp_pixels(source.grey, x.nan_to_num(-9.0), y.nan_to_num(-9.0))
