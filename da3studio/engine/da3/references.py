"""Several passes over the same views, each with another reference view, brought together.

A small network sees a pair of views best where one of the two is the reference, and its errors
differ from pass to pass. Measured in docs/results/da3_mini.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
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
    cameras, factors = [_cameras(first)], [1.0]
    logs, sure = _logs(first.depth), _confidence(first)
    for view in others:  # of each pass only the sums stay in memory
        output = again(view)
        cameras.append(_cameras(output))
        factors.append(_factor(first.depth, output.depth))
        scaled = _logs([z * factors[-1] for z in output.depth])
        logs = [total + one for total, one in zip(logs, scaled, strict=True)]
        sure = [total + one for total, one in zip(sure, _confidence(output), strict=True)]
    n_passes = len(cameras)
    return replace(
        first,
        depth=tuple((total / n_passes).exp() for total in logs),
        confidence=tuple(total / n_passes for total in sure),
        cameras=_averaged(cameras, np.array([first.reference, *others]), np.array(factors)),
    )


def _spread(n_views: int, passes: int, first: int) -> list[int]:
    """Views that are the reference besides the first one, evenly spread."""
    others = [view for view in range(n_views) if view != first]
    wanted = min(passes - 1, len(others))
    if wanted < 1:
        return []
    return [others[i] for i in np.linspace(0, len(others) - 1, wanted).round().astype(int)]


def _logs(depth: Sequence[Tensor]) -> list[Tensor]:
    return [z.clamp(min=_LEAST_DEPTH).log() for z in depth]


def _confidence(output: DA3Output) -> list[Tensor]:
    assert output.confidence is not None  # noqa: S101  any-view networks have one
    return list(output.confidence)


def _cameras(output: DA3Output) -> Cameras:
    assert output.cameras is not None  # noqa: S101  any-view networks have a camera decoder
    return output.cameras


def _factor(depth: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """From the other's unit to that of the first."""
    ratios = [one - two for one, two in zip(_logs(depth), _logs(other), strict=True)]
    return float(torch.cat([ratio.flatten() for ratio in ratios]).median().exp())


def _averaged(
    cameras: Sequence[Cameras],
    references: NDArray[np.intp],
    factors: NDArray[np.float64],
) -> Cameras:
    found = torch.stack([each.cam_from_world for each in cameras]).cpu().double().numpy()
    rotations = found[..., :3].swapaxes(-1, -2)
    positions = -(rotations @ found[..., 3:])[..., 0] * factors[:, None, None]
    world = average_poses(references, rotations, positions)
    rotation = world[:, :3, :3].swapaxes(-1, -2)
    cam_from_world = np.concatenate([rotation, -rotation @ world[:, :3, 3:]], axis=-1)
    lenses = torch.stack([each.intrinsics for each in cameras])
    return Cameras(
        torch.from_numpy(cam_from_world).to(lenses.device, lenses.dtype),
        lenses.log().mean(dim=0).exp(),  # what is 0 stays 0
    )
