"""Semi-global aggregation: smooth depth where texture is weak, with steps at image edges.

Source: Hirschmueller 2008, four paths, with an edge-aware second penalty.
"""

from __future__ import annotations

from typing import Any

_SMALL_STEP = 0.06  # penalty for one plane up or down, in units of the cost
_LARGE_STEP = 2.0  # penalty for a jump inside an even area: as much as the worst match
_LEAST_LARGE_STEP = 0.4  # ... and across the strongest edge
_EDGE = 0.06  # brightness step that counts as an edge


def aggregate(cost: Any, grey: Any) -> Any:
    """Sum of the path costs from left, right, above and below.

    Args:
        cost: `(H, W, D)` float32 tensor.
        grey: `(H, W)` reference image, 0 to 1.

    Returns:
        `(H, W, D)` tensor; the minimum over D is the aggregated choice.
    """
    across = _both_ways(cost.transpose(0, 1), grey.T).transpose(0, 1)
    return across + _both_ways(cost, grey)


def _both_ways(cost: Any, grey: Any) -> Any:
    """Paths down and up the first axis, both at once."""
    import torch

    penalty = (_LARGE_STEP * torch.exp(-(grey[1:] - grey[:-1]).abs() / _EDGE)).clamp_min(
        _LEAST_LARGE_STEP
    )
    costs = torch.stack([cost, cost.flip(0)])  # (2, H, W, D)
    penalties = torch.stack([penalty, penalty.flip(0)])[..., None]  # (2, H-1, W, 1)
    total = torch.empty_like(costs)
    total[:, 0] = costs[:, 0]
    previous = costs[:, 0]
    for row in range(1, costs.shape[1]):
        lowest = previous.amin(dim=2, keepdim=True)
        best = torch.minimum(previous, lowest + penalties[:, row - 1])
        stepped = previous + _SMALL_STEP
        torch.minimum(best[..., 1:], stepped[..., :-1], out=best[..., 1:])
        torch.minimum(best[..., :-1], stepped[..., 1:], out=best[..., :-1])
        previous = costs[:, row] + best - lowest
        total[:, row] = previous
    return total[0] + total[1].flip(0)


def pick_planes(total: Any) -> Any:
    """`(H, W)` plane index of least cost, between planes by a parabola."""
    n_planes = total.shape[2]
    index = total.argmin(dim=2).clamp(1, n_planes - 2)
    left, middle, right = (total.gather(2, (index + k)[..., None])[..., 0] for k in (-1, 0, 1))
    return index + parabola(left, middle, right)


def parabola(left: Any, middle: Any, right: Any) -> Any:
    """Offset in [-0.5, 0.5] of the minimum through three equally spaced values."""
    curvature = left - 2 * middle + right
    offset = 0.5 * (left - right) / curvature.clamp_min(1e-6)
    return offset.clamp(-0.5, 0.5)
