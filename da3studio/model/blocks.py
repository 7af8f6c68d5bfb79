"""The transformer block: attention, feed-forward, both added to what came in.

timm has equals of these layers, but importing it imports torchvision, which the CPU build of torch
that we install cannot load beside itself; see docs/decisions/009.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from da3studio.model.packing import Span
from da3studio.model.rope import HeadNorm, Rotation

FEED_FORWARD_TOKENS = 16384  # at a time: bounds the memory of the wide hidden layer


class Attention(nn.Module):
    """Multi-head self-attention over stretches of a packed sequence.

    Args:
        width: channels of a token.
        heads: of attention.
        rotary: normalise each head's queries and keys and turn them by the token's position.
    """

    def __init__(self, width: int, heads: int, *, rotary: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.q_norm = HeadNorm(width // heads, eps=1e-5) if rotary else None
        self.k_norm = HeadNorm(width // heads, eps=1e-5) if rotary else None
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, spans: Sequence[Span], rotation: Rotation | None) -> Tensor:
        """`(N, D)` tokens → `(N, D)`.

        Args:
            x: packed tokens.
            spans: which of them see each other.
            rotation: of the tokens' positions; only where the block is rotary.
        """
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).unbind(1)
        if self.q_norm is not None and self.k_norm is not None and rotation is not None:
            q, k = self.q_norm(q, rotation), self.k_norm(k, rotation)
        attended = [_attend(q, k, v, span) for span in spans]
        return self.proj(attended[0] if len(attended) == 1 else torch.cat(attended))


def _attend(q: Tensor, k: Tensor, v: Tensor, span: Span) -> Tensor:
    """`(stop - start, D)`: each piece of the span attends to itself."""

    def pieces(x: Tensor) -> Tensor:  # (pieces, heads, length, channels)
        return x[span.start : span.stop].unflatten(0, (-1, span.length)).transpose(1, 2)

    out = functional.scaled_dot_product_attention(pieces(q), pieces(k), pieces(v))
    return out.transpose(1, 2).flatten(2).flatten(0, 1)


class Mlp(nn.Module):
    """Two layers with a GELU between them."""

    def __init__(self, width_in: int, hidden: int, width_out: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width_in, hidden)
        self.fc2 = nn.Linear(hidden, width_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))


class SwiGLU(nn.Module):
    """A hidden layer gated by another one. Source: Shazeer 2020."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.w12 = nn.Linear(width, 2 * hidden)
        self.w3 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        # Two products, so that what follows runs over memory without gaps.
        (gate_w, value_w), (gate_b, value_b) = self.w12.weight.chunk(2), self.w12.bias.chunk(2)
        gate = functional.silu(functional.linear(x, gate_w, gate_b), inplace=True)
        return self.w3(gate.mul_(functional.linear(x, value_w, value_b)))


class LayerScale(nn.Module):
    """A learned factor per channel, on what a block adds to its tokens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))


class Block(nn.Module):
    """Pre-norm transformer block.

    The tokens themselves may be of a wider type than the weights: what is added to them is computed
    in the weights' type.

    Args:
        width: channels of a token.
        heads: of attention.
        feed_forward: `(N, D)` → `(N, D)`.
        rotary: see `Attention`.
        eps: of the two norms.
    """

    def __init__(
        self, width: int, heads: int, feed_forward: nn.Module, *, rotary: bool, eps: float
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=eps)
        self.attn = Attention(width, heads, rotary=rotary)
        self.ls1 = LayerScale(width)
        self.norm2 = nn.LayerNorm(width, eps=eps)
        self.mlp = feed_forward
        self.ls2 = LayerScale(width)

    def forward(self, x: Tensor, spans: Sequence[Span], rotation: Rotation | None = None) -> Tensor:
        """`(N, D)` tokens → `(N, D)`; see `Attention.forward`."""
        # In one pass over memory each; the first makes a copy, as a tap may still need the old x.
        added = self.attn(self._normed(self.norm1, x), spans, rotation)
        x = torch.addcmul(x, added, self.ls1.gamma)
        for part in x.split(FEED_FORWARD_TOKENS):
            part.addcmul_(self.mlp(self._normed(self.norm2, part)), self.ls2.gamma)
        return x

    def _normed(self, norm: nn.LayerNorm, x: Tensor) -> Tensor:
        return norm(x).to(self.attn.qkv.weight.dtype)
