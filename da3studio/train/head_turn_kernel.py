"""`head_turn` as GPU kernels: one pass over memory each way."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _place(length, n_rows, rows: tl.constexpr, heads: tl.constexpr, size: tl.constexpr):
    """A program's rows (a head of a token each) and channels, where they lie, and their cosines."""
    row = tl.program_id(0) * rows + tl.arange(0, rows)
    channel = tl.arange(0, size)
    on = (row < n_rows)[:, None] & (channel < size)[None, :]
    start = (row // heads * (3 * heads) + tl.program_id(1) * heads + row % heads)[:, None] * size
    # Channels are (y or x, first or second of a pair, which pair); angles are (y or x, which pair).
    quarter: tl.constexpr = size // 4
    angle = channel // (2 * quarter) * quarter + channel % quarter
    table = (row // heads % length)[:, None] * (2 * quarter) + angle[None, :]
    other = channel ^ quarter
    sign = tl.where((channel & quarter) != 0, 1.0, -1.0)[None, :]
    return row, channel, on, start, table, other, sign


@triton.jit
def _normed(x, on, eps, size: tl.constexpr):
    mean = tl.sum(x, axis=1) * (1 / size)
    off = tl.where(on, x - mean[:, None], 0.0)
    return mean, tl.rsqrt(tl.sum(off * off, axis=1) * (1 / size) + eps)


@triton.jit(do_not_specialize=["n_rows", "length"])
def forward_kernel(
    qkv, weights, cos, sin, out, n_rows, length, eps,
    rows: tl.constexpr, heads: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Queries and keys normalised and turned, values as they are; the grid is (rows, 3)."""
    part = tl.program_id(1)
    row, channel, on, start, table, other, sign = _place(length, n_rows, rows, heads, size)
    to = out + (part.to(tl.int64) * n_rows + row)[:, None] * size + channel[None, :]
    x = tl.load(qkv + start + channel[None, :], on, 0.0)
    if part < 2:
        y = x.to(tl.float32)
        mean, scale = _normed(y, on, eps, size)
        z = tl.load(qkv + start + other[None, :], on, 0.0).to(tl.float32)
        w = weights + 2 * size * part
        y = (y - mean[:, None]) * scale[:, None] * tl.load(w + channel)[None, :]
        z = (z - mean[:, None]) * scale[:, None] * tl.load(w + other)[None, :]
        y += tl.load(w + size + channel)[None, :]
        z += tl.load(w + size + other)[None, :]
        y = y * tl.load(cos + table, on, 0.0) + sign * z * tl.load(sin + table, on, 0.0)
        tl.store(to, y.to(out.dtype.element_ty), on)
    else:
        tl.store(to, x, on)


@triton.jit(do_not_specialize=["n_rows", "length"])
def backward_kernel(
    qkv, weights, cos, sin, of_q, of_k, of_v, of_qkv, of_weights, n_rows, length, eps,
    rows: tl.constexpr, heads: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Gradients of all, those of the weights summed over each program's rows; the same grid."""
    part = tl.program_id(1)
    row, channel, on, start, table, other, sign = _place(length, n_rows, rows, heads, size)
    to = of_qkv + start + channel[None, :]
    at = row.to(tl.int64)[:, None] * size
    if part < 2:
        given = of_q
        if part == 1:
            given = of_k
        x = tl.load(qkv + start + channel[None, :], on, 0.0).to(tl.float32)
        mean, scale = _normed(x, on, eps, size)
        x = tl.where(on, (x - mean[:, None]) * scale[:, None], 0.0)
        g = tl.load(given + at + channel[None, :], on, 0.0).to(tl.float32)
        h = tl.load(given + at + other[None, :], on, 0.0).to(tl.float32)
        g = g * tl.load(cos + table, on, 0.0) - sign * h * tl.load(sin + table, on, 0.0)
        sums = of_weights + (tl.program_id(0) * 2 + part) * 2 * size + channel
        tl.store(sums, tl.sum(g * x, axis=0))
        tl.store(sums + size, tl.sum(g, axis=0))
        g = g * tl.load(weights + 2 * size * part + channel)[None, :]
        along = tl.sum(g * x, axis=1) * (1 / size)
        g = (g - (tl.sum(g, axis=1) * (1 / size))[:, None] - x * along[:, None]) * scale[:, None]
        tl.store(to, g.to(of_qkv.dtype.element_ty), on)
    else:
        tl.store(to, tl.load(of_v + at + channel[None, :], on, 0.0), on)
