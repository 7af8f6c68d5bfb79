"""Queries and keys: normalised per head, then turned by where their token is.

Half of a head's channels are turned by the token's row, half by its column. Source: Su et al. 2021
(RoPE); frequencies and channel pairs as the checkpoints were trained with.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from da3studio.model.config import HEAD_WIDTH

_BASE = 100.0
_AXIS = HEAD_WIDTH // 2  # channels turned by one coordinate
_PAIR = _AXIS // 2  # channels j and j + _PAIR of an axis are turned together


@dataclass(frozen=True)
class Rotation:
    """Cosines and sines for `N` tokens, each `(N, 1, 2, _PAIR)`: axis, then frequency."""

    cos: Tensor
    sin: Tensor

    def turn(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """`(N, heads, HEAD_WIDTH)` times weight plus bias, then turned.

        Weight and bias, `(HEAD_WIDTH,)`, are turned instead of every token: one pass over memory
        less, which is what counts here.
        """
        x1, x2 = _pairs(x)
        w1, w2 = _pairs(weight)
        b1, b2 = _pairs(bias)
        turned = torch.empty_like(x, memory_format=torch.contiguous_format)
        y1, y2 = _pairs(turned)
        torch.addcmul(b1 * self.cos - b2 * self.sin, x1, w1 * self.cos, out=y1)
        torch.addcmul(b2 * self.cos + b1 * self.sin, x2, w2 * self.cos, out=y2)
        y1.addcmul_(x2, w2 * self.sin, value=-1)
        y2.addcmul_(x1, w1 * self.sin)
        return turned


def rotation_at(positions: Tensor, dtype: torch.dtype) -> Rotation:
    """The rotation of tokens at `(N, 2)` positions (row, column)."""
    exponents = torch.arange(0, _AXIS, 2, device=positions.device, dtype=torch.float32) / _AXIS
    angles = positions.to(torch.float32)[:, None, :, None] * _BASE**-exponents
    return Rotation(angles.cos().to(dtype), angles.sin().to(dtype))


class HeadNorm(nn.Module):
    """Layer norm over the channels of one head, and a rotation.

    torch's own layer norm is made for long rows: with 64 channels it takes ten times as long as
    the memory needs.
    """

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, rotation: Rotation) -> Tensor:
        """`(N, heads, channels)` → the same."""
        mean = x.mean(dim=-1, keepdim=True, dtype=torch.float32)
        square = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32).square_()
        variance = (square / x.shape[-1] - mean * mean).clamp_(min=0)
        factor = torch.rsqrt(variance + self.eps)
        scaled = torch.empty_like(x, memory_format=torch.contiguous_format)
        torch.addcmul(-mean * factor, x, factor, out=scaled)
        return rotation.turn(scaled, self.weight, self.bias)


def _pairs(x: Tensor) -> tuple[Tensor, Tensor]:
    """Views `(..., 2, _PAIR)` of the first and the second channel of each pair."""
    first, second = x.unflatten(-1, (2, 2, _PAIR)).unbind(-2)
    return first, second
