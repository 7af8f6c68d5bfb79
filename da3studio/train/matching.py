"""Where each patch of a photo appears in the next one: what attention across views should look at.

Cameras and depth can only be as good as the correspondences behind them, and from the other losses
alone a network takes very long to look for any. So one head of each cross-view block is told where
to look, in training only; nothing is added to the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from da3studio.train.scenes.cameras import Views, projected
from da3studio.train.targets import Targets, directions_of, sampled

HEAD = 0  # of a cross-view block's attention: the one that is told
_AGREE = 0.05  # of the distance: nearer, two views see the same


@dataclass(frozen=True, eq=False)
class Matches:
    """For `B` scenes with `V` views of `P` patches; the next view of the last is the first."""

    patches: Tensor  # (B, V, P, 4) of the next view, around the place where this patch's middle is
    shares: Tensor  # (B, V, P, 4) bilinear; their sum is 1
    seen: Tensor  # (B, V, P) whether the next view sees it


def matches_of(targets: Targets, rows: int, cols: int) -> Matches:
    """True correspondences of the middles of patches.

    Args:
        targets: of the batch.
        rows: patches down a photo.
        cols: patches across.
    """
    depth, valid = sampled(targets.depth, (rows, cols)), sampled(targets.valid, (rows, cols))
    directions = directions_of(targets.rotation, targets.lens, rows, cols)
    points = depth[..., None] * directions + targets.position[:, :, None, None]
    n_scenes, n_views = depth.shape[:2]
    following = (
        value.roll(-1, 1).flatten(0, 1)[:, None]
        for value in (targets.rotation, targets.position, targets.lens)
    )
    x, y, z = (
        place.view(n_scenes, n_views, rows * cols)
        for place in projected(Views(*following), points.flatten(2, 3).flatten(0, 1))
    )
    inside = (x > 0) & (x < 1) & (y > 0) & (y < 1) & (z > 1e-3)
    height, width = targets.depth.shape[-2:]
    pixel = (y * height).long().clamp(0, height - 1) * width + (x * width).long().clamp(
        0, width - 1
    )
    there = targets.depth.roll(-1, 1).flatten(2).gather(-1, pixel)
    seen = valid.flatten(2) & inside & ((there - z).abs() < _AGREE * z)
    patches, shares = _corners(x * cols - 0.5, y * rows - 0.5, rows, cols)
    return Matches(patches, shares, seen)


def looks(queries: Tensor, keys: Tensor, n_scenes: int, n_views: int) -> Tensor:
    """`(B, V, P, P)` how much the told head looks from patches of a view at those of the next.

    Args:
        queries: `(B, heads, V * (1 + P), C)` as they go into attention.
        keys: likewise.
        n_scenes: B.
        n_views: V.
    """
    q, k = (
        x[:, HEAD].unflatten(1, (n_views, -1))[:, :, 1:].view(n_scenes, n_views, -1, x.shape[-1])
        for x in (queries, keys)
    )
    return q @ k.roll(-1, 1).transpose(-1, -2) * q.shape[-1] ** -0.5


def matching_loss(looks: Sequence[Tensor], matches: Matches) -> Tensor:
    """Cross entropy of where is looked at against where the patch is; mean of all that are seen.

    Args:
        looks: of each cross-view block.
        matches: true ones.
    """
    total = torch.zeros((), device=matches.seen.device)
    for one in looks:
        of_corners = one.float().log_softmax(-1).gather(-1, matches.patches)
        missed = -(of_corners * matches.shares).sum(-1)
        total = total + (missed * matches.seen).sum() / matches.seen.sum().clamp(min=1)
    return total / len(looks)


def _corners(x: Tensor, y: Tensor, rows: int, cols: int) -> tuple[Tensor, Tensor]:
    """The four patches around places in units of patches, and their shares."""
    x, y = x.clamp(0, cols - 1), y.clamp(0, rows - 1)
    left, top = x.floor().clamp(max=cols - 2), y.floor().clamp(max=rows - 2)
    right, below = x - left, y - top
    patches, shares = [], []
    for down in (0, 1):
        for across in (0, 1):
            patches.append(((top + down) * cols + left + across).long())
            shares.append((below if down else 1 - below) * (right if across else 1 - right))
    return torch.stack(patches, dim=-1), torch.stack(shares, dim=-1)
