"""Several passes over the same views, each with another reference view, brought together.

A small network sees a pair of views best where one of the two is the reference, and its errors
differ from pass to pass. Measured in docs/results/da3_mini.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from da3studio.geometry.pose_averaging import average_poses
from da3studio.model.camera_heads import Cameras
from da3studio.model.network import DA3Output

_MOST_LOOKS = 128  # views times passes: large sets are seen fewer times over
_LEAST_DEPTH = 1e-6  # in place of what has no logarithm


def seen_in_turn(first: DA3Output, again: Callable[[int], DA3Output], most: int) -> DA3Output:
    """What several passes agree on, in the world and the unit of the first one.

    Args:
        first: a pass with cameras.
        again: another one, by the index of its reference view.
        most: passes, at most.

    Returns:
        Cameras, depth and its confidence of all passes; the rest is that of the first.
    """
    others = _spread(len(first.depth), min(most, _MOST_LOOKS // len(first.depth)), first.reference)
    if not others:
        return first
    passes = [first, *(again(view) for view in others)]
    factors = [_factor(first.depth, output.depth) for output in passes]
    depth, confidence = [], []
    for maps in zip(*(_maps(output) for output in passes), strict=True):
        scaled = [z * factor for (z, _), factor in zip(maps, factors, strict=True)]
        logs = torch.stack([z.clamp(min=_LEAST_DEPTH).log() for z in scaled])
        depth.append(logs.mean(dim=0).exp())
        confidence.append(torch.stack([sure for _, sure in maps]).mean(dim=0))
    return replace(
        first,
        depth=tuple(depth),
        confidence=tuple(confidence),
        cameras=_averaged([_cameras(output) for output in passes], passes, factors),
    )


def _spread(n_views: int, passes: int, first: int) -> list[int]:
    """Views that are the reference besides the first one, evenly spread."""
    others = [view for view in range(n_views) if view != first]
    wanted = min(passes - 1, len(others))
    if wanted < 1:
        return []
    return [others[i] for i in np.linspace(0, len(others) - 1, wanted).round().astype(int)]


def _maps(output: DA3Output) -> zip[tuple[Tensor, Tensor]]:
    assert output.confidence is not None  # noqa: S101  any-view networks have one
    return zip(output.depth, output.confidence, strict=True)


def _cameras(output: DA3Output) -> Cameras:
    assert output.cameras is not None  # noqa: S101  any-view networks have a camera decoder
    return output.cameras


def _factor(depth: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """From the other's unit to that of the first."""
    ratios = [
        (one.clamp(min=_LEAST_DEPTH) / two.clamp(min=_LEAST_DEPTH)).log().flatten()
        for one, two in zip(depth, other, strict=True)
    ]
    return float(torch.cat(ratios).median().exp())


def _averaged(
    cameras: Sequence[Cameras], passes: Sequence[DA3Output], factors: Sequence[float]
) -> Cameras:
    found = torch.stack([each.cam_from_world for each in cameras]).cpu().double().numpy()
    rotations = found[..., :3].swapaxes(-1, -2)
    positions = -(rotations @ found[..., 3:])[..., 0] * np.array(factors)[:, None, None]
    references = np.array([output.reference for output in passes])
    world = average_poses(references, rotations, positions)
    rotation = world[:, :3, :3].swapaxes(-1, -2)
    cam_from_world = np.concatenate([rotation, -rotation @ world[:, :3, 3:]], axis=-1)
    lenses = torch.stack([each.intrinsics for each in cameras])
    return Cameras(
        torch.from_numpy(cam_from_world).to(lenses.device, lenses.dtype),
        lenses.log().mean(dim=0).exp(),  # what is 0 stays 0
    )
