"""Queries and keys normalised per head and turned by the place of their token, differentiable.

`model.rope` is the product's own. This one is a kernel on a GPU: what `torch.compile` makes of the
same lines took a third of learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_EPS = 1e-5  # of `rope.HeadNorm` everywhere
_ROWS = 16  # heads of tokens that one of the kernels' programs takes


def turned_heads(
    qkv: Tensor, weights: Sequence[Tensor], cos: Tensor, sin: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values `(N, heads, C)`, the first two normalised and turned.

    Args:
        qkv: `(N, 3, heads, C)`.
        weights: weight and bias `(C,)` of the queries' norm, then of the keys'.
        cos: `(P, 1, 2, C / 4)` of the places, which repeat every P tokens; see `rope.Rotation`.
        sin: likewise.
    """
    if qkv.is_cuda:
        q, k, v = _ByKernel.apply(qkv.contiguous(), torch.stack(list(weights)), cos, sin)
        return q, k, v
    q, k, v = qkv.unbind(1)
    q = _turned(q, weights[0], weights[1], cos, sin).to(v.dtype)
    k = _turned(k, weights[2], weights[3], cos, sin).to(v.dtype)
    return q, k, v


def _turned(x: Tensor, weight: Tensor, bias: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    x = functional.layer_norm(x.float(), x.shape[-1:], weight, bias, _EPS)
    pairs = x.view(-1, len(cos), *x.shape[1:-1], 2, 2, x.shape[-1] // 4)
    a, b = pairs.unbind(-2)
    turned = torch.stack([a * cos - b * sin, b * cos + a * sin], dim=-2)
    return turned.view(x.shape)


class _ByKernel(torch.autograd.Function):
    """`turned_heads` on a GPU."""

    @staticmethod
    def forward(
        ctx: Any, qkv: Tensor, weights: Tensor, cos: Tensor, sin: Tensor
    ) -> tuple[Tensor, ...]:
        from da3studio.train.head_turn_kernel import forward_kernel

        n_tokens, _, heads, size = qkv.shape
        out = qkv.new_empty(3, n_tokens, heads, size)
        n_rows = n_tokens * heads
        forward_kernel[(-(-n_rows // _ROWS), 3)](
            qkv, weights, cos, sin, out, n_rows, len(cos), _EPS, rows=_ROWS, heads=heads, size=size
        )
        ctx.save_for_backward(qkv, weights, cos, sin)
        return out.unbind(0)

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> tuple[Tensor | None, ...]:
        from da3studio.train.head_turn_kernel import backward_kernel

        qkv, weights, cos, sin = ctx.saved_tensors
        n_tokens, _, heads, size = qkv.shape
        n_rows = n_tokens * heads
        programs = -(-n_rows // _ROWS)
        of_qkv = torch.empty_like(qkv)
        of_weights = weights.new_empty(programs, *weights.shape)
        backward_kernel[(programs, 3)](
            qkv, weights, cos, sin, *(x.contiguous() for x in given), of_qkv, of_weights,
            n_rows, len(cos), _EPS, rows=_ROWS, heads=heads, size=size,
        )  # fmt: skip
        return of_qkv, of_weights.sum(0), None, None
