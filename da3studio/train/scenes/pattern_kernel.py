"""`patterns` once more, as part of a GPU kernel; see `trace_kernel`."""

from __future__ import annotations

import triton
import triton.language as tl

from da3studio.train.scenes.trace_kernel import any_of, sine


@triton.jit
def _random(i, j, seed):
    h = i * 374761393 + j * 668265263 + seed * 362437
    h = (h ^ ((h >> 13) & 0x7FFFF)) * 1274126177
    h = (h ^ ((h >> 16) & 0xFFFF)) * 668265263
    return ((h >> 8) & 0xFFFF).to(tl.float32) / 65536


@triton.jit
def _smooth(t):
    return t * t * t * (t * (t * 6 - 15) + 10)


@triton.jit
def _sloped_noise(x, y, seed):
    """See `patterns._sloped_noise`."""
    column, row = tl.floor(x), tl.floor(y)
    u, v = x - column, y - row
    by_u, by_v = 30 * u * u * (u - 1) * (u - 1), 30 * v * v * (v - 1) * (v - 1)
    u, v = _smooth(u), _smooth(v)
    i, j = column.to(tl.int32), row.to(tl.int32)
    a, b = _random(i, j, seed), _random(i + 1, j, seed)
    c, d = _random(i, j + 1, seed), _random(i + 1, j + 1, seed)
    upper, lower = a + (b - a) * u, c + (d - c) * u
    by_u, by_v = ((b - a) + (d - c - (b - a)) * v) * by_u, (lower - upper) * by_v
    return upper + (lower - upper) * v, by_u, by_v


@triton.jit
def noise(x, y, seed):
    """See `patterns.noise`."""
    value, _, _ = _sloped_noise(x, y, seed)
    return value


@triton.jit
def clamp(x, low, high):
    """Into a range."""
    return tl.minimum(tl.maximum(x, low), high)


@triton.jit
def _within(x):
    return x - tl.floor(x) - 0.5


@triton.jit
def _seen(footprint):
    """See `patterns._seen`."""
    return clamp((0.8 - footprint) / 0.4, 0.0, 1.0)


@triton.jit
def _cloud(x, y, footprint, seed):
    total = (noise(x, y, seed) - 0.5) * _seen(footprint)
    total += 0.6 * (noise(2 * x, 2 * y, seed + 17) - 0.5) * _seen(2 * footprint)
    total += 0.36 * (noise(4 * x, 4 * y, seed + 34) - 0.5) * _seen(4 * footprint)
    total += 0.216 * (noise(8 * x, 8 * y, seed + 51) - 0.5) * _seen(8 * footprint)
    return 0.5 + 1.6 * total / 2.176


@triton.jit
def _grain(x, y, knots, footprint, seed):
    """One octave of `worn`."""
    seen = _seen(knots * footprint)
    value, by_x, by_y = _sloped_noise(knots * x, knots * y, seed)
    return (value - 0.5) * seen, by_x * seen, by_y * seen


@triton.jit
def worn(x, y, footprint, seed):
    """See `patterns.worn`."""
    stain = 2 * (_cloud(0.31 * x, 0.31 * y, 0.31 * footprint, seed + 7) - 0.5)
    a, ax, ay = _grain(x, y, 5, footprint, seed + 8)
    b, bx, by = _grain(x, y, 11, footprint, seed + 9)
    c, cx, cy = _grain(x, y, 23, footprint, seed + 10)
    return stain + a + b + c, ax + bx + cx, ay + by + cy


@triton.jit
def _tile(x, y, seed, joint):
    solid = (tl.abs(_within(x)) < 0.5 - joint) & (tl.abs(_within(y)) < 0.5 - joint)
    number = _random(tl.floor(x).to(tl.int32), tl.floor(y).to(tl.int32), seed)
    return tl.where(solid, 1.0, 0.0), number


@triton.jit
def _cells(x, y, seed):
    nearest, second, number = x * 0.0 + 9.0, x * 0.0 + 9.0, x * 0.0
    column, row = tl.floor(x), tl.floor(y)
    for k in range(9):
        dx, dy = k // 3 - 1, k % 3 - 1
        i, j = column.to(tl.int32) + dx, row.to(tl.int32) + dy
        at_x, at_y = column + dx + _random(i, j, seed), row + dy + _random(i, j, seed + 1)
        far = (x - at_x) * (x - at_x) + (y - at_y) * (y - at_y)
        second = tl.minimum(second, tl.maximum(far, nearest))
        number = tl.where(far < nearest, _random(i, j, seed + 2), number)
        nearest = tl.minimum(nearest, far)
    return tl.sqrt(second) - tl.sqrt(nearest), number


@triton.jit
def _chosen(family, index, a, b, second, third):
    return tl.where(family == index, a, second), tl.where(family == index, b, third)


@triton.jit
def mix(family, x, y, footprint, seed):
    """How much of the second and the third colour, see `patterns.paint`."""
    cloud = _cloud(x, y, footprint, seed)
    fade = clamp((0.6 - footprint) / 0.3, 0.0, 1.0)
    fine = clamp((0.15 - footprint) / 0.075, 0.0, 1.0)
    tile, tile_number = _tile(x, y, seed, 0.04)
    row = tl.floor(2 * y)
    brick, brick_number = _tile(x - 0.5 * (row - 2 * tl.floor(row / 2)), 2 * y, seed + 1, 0.06)
    grain = sine(18 * (0.25 * x + cloud) + 2 * cloud) * 0.5 + 0.5
    pane_x, pane_y = tl.abs(_within(x)), tl.abs(_within(y))
    pane = tl.where((pane_x < 0.3) & (pane_y < 0.36), 1.0, 0.0)
    frame = tl.where((pane_x < 0.35) & (pane_y < 0.41), 1.0, 0.0) - pane
    large = _random(tl.floor(1.3 * x).to(tl.int32), tl.floor(1.7 * y).to(tl.int32), seed + 2)
    small = _random(tl.floor(9 * x).to(tl.int32), tl.floor(5 * y).to(tl.int32), seed + 3)
    is_line = (tl.abs(_within(5 * y)) < 0.28) & (small > 0.35) & (large > 0.45)
    line, ink = tl.where(is_line, 1.0, 0.0), clamp(large * 1.4, 0.0, 1.0)
    leaf, grit = x * 0.0, x * 0.0
    if any_of((family == 7) | (family == 8)):
        leaf, grit = noise(7 * x, 7 * y, seed + 3), noise(19 * x, 19 * y, seed + 4)
    along = x + 0.1 * (cloud - 0.5)
    wide = 0.4 + 0.2 * sine(3.1 * seed.to(tl.float32))
    stripe = tl.where(along - tl.floor(along) < wide, 1.0, 0.0)
    edge, cell_number = x * 0.0, x * 0.0
    if any_of(family == 10):
        edge, cell_number = _cells(x, y, seed + 5)
    off = tl.sqrt(_within(x) * _within(x) + _within(y) * _within(y))
    ring = sine(14 * off + 6 * tile_number) * 0.5 + 0.5
    marble = x * 0.0
    if any_of(family == 12):
        marble = 1 - 2 * tl.abs(noise(x + 2 * cloud, y + 2 * cloud, seed + 6) - 0.5)
    marble = marble * marble
    a, b = x * 0.0, x * 0.0
    a, b = _chosen(family, 0, 0.06 * cloud, x * 0.0, a, b)
    a, b = _chosen(family, 1, cloud, x * 0.0, a, b)
    a, b = _chosen(family, 2, tile_number * fade, (1 - tile) * fade, a, b)
    a, b = _chosen(family, 3, 0.5 * brick_number * fade + 0.3 * cloud, (1 - brick) * fade, a, b)
    a, b = _chosen(family, 4, grain * fine + 0.5 * (1 - fine), 0.5 * cloud, a, b)
    a, b = _chosen(family, 5, ink * fade, line * fade, a, b)
    glass = pane * fade * (0.7 + 0.3 * tile_number)
    a, b = _chosen(family, 6, 0.15 * cloud + frame * fade, glass, a, b)
    grain = 0.25 * cloud + 0.75 * (0.5 + (grit - 0.5) * fine)
    a, b = _chosen(family, 7, grain, tl.where(grit > 0.8, 1.0, 0.0) * 0.5 * fine, a, b)
    dark = tl.where(leaf + 0.4 * grit > 0.75, 1.0, 0.0) * fade
    a, b = _chosen(family, 8, dark, tl.where(leaf < 0.25, 1.0, 0.0) * fade, a, b)
    a, b = _chosen(family, 9, 0.5 + (stripe - 0.5) * fade, 0.1 * cloud, a, b)
    a, b = _chosen(family, 10, cell_number * fade, tl.where(edge < 0.1, 1.0, 0.0) * fade, a, b)
    a, b = _chosen(family, 11, 0.5 + (ring - 0.5) * fine, tile_number * 0.6, a, b)
    a, b = _chosen(family, 12, marble * marble, 0.4 * cloud, a, b)
    return clamp(a, 0.0, 1.0), clamp(b, 0.0, 1.0)
