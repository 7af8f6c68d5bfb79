"""Depth of one view: sweep at half size, aggregate, refine at full size, filter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.engine.stereo.aggregate import aggregate, pick_planes
from da3studio.engine.stereo.frames import Frames
from da3studio.engine.stereo.level_planes import add_level_planes
from da3studio.engine.stereo.refine import refine
from da3studio.engine.stereo.sources import Sweep
from da3studio.engine.stereo.sweep import choose_planes, sweep_cost
from da3studio.scene.depth import DepthMap

_STEPS = (0.4, 0.15)  # between the tries of each round, in planes of the sweep
_LEAST_NCC = 0.15  # below, the match is chance; the fusion checks what is left
_SPECKLE_SHARE = 3e-4  # of the image: smaller islands of depth are removed
_SPECKLE_STEP = 0.02  # relative depth step that separates islands


def measure_depth(frames: Frames, sweep: Sweep) -> DepthMap:
    """Depth map of `sweep.reference` from its sources.

    Its confidence is the NCC with the better half of the sources, 0 to 1. Whether other views
    agree is for the fusion to check: see `da3studio.fusion.consistency`.
    """
    import torch

    reference = frames[sweep.reference]
    sources = [frames[idx] for idx in sweep.sources]
    half, half_sources = reference.halved(), [source.halved() for source in sources]
    planes = choose_planes(
        half.camera, [source.camera for source in half_sources], sweep.near, sweep.far
    )
    cost = sweep_cost(half, half_sources, planes)
    cost = add_level_planes(cost, half, half_sources, planes, sweep)
    total = aggregate(cost, half.grey)
    spacing = float(planes[0] - planes[1])
    inverse = float(planes[0]) - pick_planes(total) * spacing
    inverse = _median(inverse)
    inverse = _doubled(inverse, *reference.grey.shape)
    for step in _STEPS:
        inverse, score = refine(reference, sources, inverse, step * spacing)
    inside = (inverse <= 1 / sweep.near) & (inverse >= 1 / sweep.far)
    good = (score > _LEAST_NCC) & inside
    z = torch.where(good, 1 / inverse, 0.0).cpu().numpy()
    z = _without_speckles(z)
    confidence = np.where(z > 0, score.clamp(0, 1).cpu().numpy(), 0).astype(np.float32)
    return DepthMap(z, confidence, np.zeros(z.shape, bool))


def _doubled(image: Any, height: int, width: int) -> Any:
    """Twice the size; an odd last row or column, which halving cut off, repeats the one before."""
    from torch.nn.functional import interpolate, pad

    large = interpolate(image[None, None], scale_factor=2, mode="bilinear", align_corners=False)
    rest = (0, width - large.shape[3], 0, height - large.shape[2])
    return pad(large, rest, mode="replicate")[0, 0]


def _median(image: Any) -> Any:
    """3 x 3 median, which removes single wrong pixels and keeps edges."""
    import torch
    from torch.nn.functional import pad, unfold

    padded = pad(image[None, None], (1, 1, 1, 1), mode="replicate")
    values = unfold(padded, 3)[0].median(dim=0).values
    return torch.as_tensor(values).reshape(image.shape)


def _without_speckles(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Remove small islands whose depth differs from what surrounds them."""
    import cv2

    steps = np.full(z.shape, -1, np.int16)
    known = z > 0
    if not known.any():
        return z
    # Depth on a logarithmic scale, so that one threshold is the same relative step everywhere.
    logarithm = np.log(z[known] / z[known].min()) / np.log1p(_SPECKLE_STEP) * 16
    steps[known] = np.minimum(logarithm, 32_000).astype(np.int16)
    cv2.filterSpeckles(steps, -1, int(_SPECKLE_SHARE * z.size), 16)
    return np.where(steps >= 0, z, 0).astype(np.float32)
