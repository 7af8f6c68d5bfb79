"""What the reference implementation does and this program does not, as the stored cases hold it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from da3studio.model.metric import SKY

MOST_IN_QUANTILE = 100_000  # of more pixels than these the reference draws some at random

_FEWEST_PIXELS = 10
_FARTHEST = 200.0


def split_ql(homography: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rotation and lens by a lower triangular factor: right for a centred principal point only."""
    flip = torch.eye(3, dtype=homography.dtype).flip(0)
    q, r = torch.linalg.qr(homography @ flip)
    q, lower = q @ flip, flip @ r @ flip
    signs = torch.sign(lower.diagonal())
    q, lower = q * signs, lower * signs[:, None]
    lower = lower / lower[2, 2]
    return q, 1 / lower.diagonal()[:2], lower[2, :2]


def fill_monocular_sky(depth: Sequence[Tensor], sky: Sequence[Tensor]) -> list[Tensor]:
    """Sky gets the 0.99 quantile of all other depth of the call."""
    ground = [part < SKY for part in sky]
    n_ground = sum(int(part.sum()) for part in ground)
    n_all = sum(part.numel() for part in ground)
    if min(n_ground, n_all - n_ground) <= _FEWEST_PIXELS:
        return list(depth)
    far = _far(depth, ground)
    return [torch.where(part, d, far) for part, d in zip(ground, depth, strict=True)]


def fill_nested_sky(
    depth: Sequence[Tensor], confidence: Sequence[Tensor], sky: Sequence[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """As above, at most 200 m, and with the lowest confidence."""
    ground = [part < SKY for part in sky]
    far = _far(depth, ground).clamp(max=_FARTHEST)
    one = torch.ones_like(far)
    return (
        [torch.where(part, d, far) for part, d in zip(ground, depth, strict=True)],
        [torch.where(part, c, one) for part, c in zip(ground, confidence, strict=True)],
    )


def _far(depth: Sequence[Tensor], ground: Sequence[Tensor]) -> Tensor:
    return torch.cat([d[part] for d, part in zip(depth, ground, strict=True)]).quantile(0.99)


def similarity_range(class_tokens: Tensor) -> Tensor:
    """`(S,)` by which `saddle_sim_range` chooses: two views tie and rounding decides there."""
    unit = functional.normalize(class_tokens.double(), dim=-1)
    similarity = unit @ unit.T - torch.eye(len(unit), dtype=unit.dtype)
    return similarity.amax(dim=1) - similarity.amin(dim=1)
