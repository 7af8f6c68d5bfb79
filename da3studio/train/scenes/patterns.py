"""Procedural surface patterns: colour as a function of place, without any picture.

All families are computed and one is taken, so that one kernel serves every surface. Some families
are kept apart: they are never trained on, only measured on.
"""

from __future__ import annotations

import torch
from torch import Tensor

FAMILIES = (
    "plain", "cloudy", "tiles", "bricks", "wood", "print", "windows", "gravel", "leaves", "stripes",
    "cells", "rings", "marble",
)  # fmt: skip
HELD_OUT = ("cells", "rings", "marble")
TRAINED = tuple(name for name in FAMILIES if name not in HELD_OUT)
_OCTAVES = 4
_GRAINS = (5, 11, 23)  # knots of the grain's noise a unit
_STAIN = 0.31  # likewise of stains


def noise(x: Tensor, y: Tensor, seed: Tensor) -> Tensor:
    """Smooth noise in [0, 1] with one knot a unit."""
    u, v, (a, b, c, d) = _knots(x, y, seed)
    u, v = _smooth(u), _smooth(v)
    return torch.lerp(torch.lerp(a, b, u), torch.lerp(c, d, u), v)


def paint(
    family: Tensor, x: Tensor, y: Tensor, footprint: Tensor, seed: Tensor, colours: Tensor
) -> Tensor:
    """Colour of surface points.

    Args:
        family: `(...)` index into `FAMILIES`.
        x: `(...)` along the surface [pattern units].
        y: the other way.
        footprint: of a pixel there; finer detail is left out, as a lens would [pattern units].
        seed: `(...)` int32, one per surface.
        colours: `(..., 3, 3)` three colours of the surface.

    Returns:
        `(..., 3)` linear reflectance.
    """
    cloud = _cloud(x, y, footprint, seed)
    fade = ((0.6 - footprint) / 0.3).clamp(0, 1)  # of what has one period a unit
    fine = ((0.15 - footprint) / 0.075).clamp(0, 1)
    tile = _grid(x, y, seed, 0.04)
    brick = _grid(x - 0.5 * torch.remainder((2 * y).floor(), 2), 2 * y, seed + 1, 0.06)
    grain = torch.sin(18 * (0.25 * x + cloud) + 2 * cloud) * 0.5 + 0.5
    pane_x, pane_y = _within(x), _within(y)
    pane = (pane_x.abs() < 0.3) & (pane_y.abs() < 0.36)
    frame = (pane_x.abs() < 0.35) & (pane_y.abs() < 0.41) & ~pane
    inks = _print(x, y, seed + 2)
    leaf = noise(7 * x, 7 * y, seed + 3)
    grit = noise(19 * x, 19 * y, seed + 4)
    stripe = ((x + 0.1 * (cloud - 0.5)) % 1 < 0.4 + 0.2 * torch.sin(3.1 * seed)).float()
    cell = _cells(x, y, seed + 5)
    ring = torch.sin(14 * (_within(x) ** 2 + _within(y) ** 2).sqrt() + 6 * tile[1]) * 0.5 + 0.5
    marble = 1 - 2 * (noise(x + 2 * cloud, y + 2 * cloud, seed + 6) - 0.5).abs()
    first = [  # how much of the second colour, and of the third
        (0.06 * cloud, 0 * cloud),
        (cloud, 0 * cloud),
        (tile[1] * fade, (1 - tile[0]) * fade),
        (0.5 * brick[1] * fade + 0.3 * cloud, (1 - brick[0]) * fade),
        (grain * fine + 0.5 * (1 - fine), 0.5 * cloud),
        (inks[0] * fade, inks[1] * fade),
        (0.15 * cloud + frame.float() * fade, pane.float() * fade * (0.7 + 0.3 * tile[1])),
        (0.25 * cloud + 0.75 * (0.5 + (grit - 0.5) * fine), (grit > 0.8).float() * 0.5 * fine),
        ((leaf + 0.4 * grit > 0.75).float() * fade, (leaf < 0.25).float() * fade),
        (0.5 + (stripe - 0.5) * fade, 0.1 * cloud),
        (cell[1] * fade, (cell[0] < 0.1).float() * fade),
        (0.5 + (ring - 0.5) * fine, tile[1] * 0.6),
        (marble**4, 0.4 * cloud),
    ]
    second, third = torch.zeros_like(x), torch.zeros_like(x)
    for index, (a, b) in enumerate(first):
        second = torch.where(family == index, a, second)
        third = torch.where(family == index, b, third)
    second, third = second[..., None].clamp(0, 1), third[..., None].clamp(0, 1)
    base = torch.lerp(colours[..., 0, :], colours[..., 1, :], second)
    return torch.lerp(base, colours[..., 2, :], third)


def worn(x: Tensor, y: Tensor, footprint: Tensor, seed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What use and weather do to a surface, whatever its pattern. Args: see `paint`.

    Returns:
        `(...)` brightness in about -1 to 1, and the slope of the surface along x and along y.
    """
    far_x, far_y = _STAIN * x, _STAIN * y
    stain = 2 * (_cloud(far_x, far_y, _STAIN * footprint, seed + 7) - 0.5)
    height, along_x, along_y = torch.zeros_like(x), torch.zeros_like(x), torch.zeros_like(x)
    for octave, knots in enumerate(_GRAINS):
        seen = _seen(knots * footprint)
        value, by_x, by_y = _sloped_noise(knots * x, knots * y, seed + 8 + octave)
        height = height + (value - 0.5) * seen
        along_x, along_y = along_x + by_x * seen, along_y + by_y * seen
    return stain + height, along_x, along_y


def _sloped_noise(x: Tensor, y: Tensor, seed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`noise` and its derivatives."""
    u, v, (a, b, c, d) = _knots(x, y, seed)
    by_u, by_v = (30 * t * t * (t - 1) * (t - 1) for t in (u, v))
    u, v = _smooth(u), _smooth(v)
    upper, lower = torch.lerp(a, b, u), torch.lerp(c, d, u)
    return torch.lerp(upper, lower, v), torch.lerp(b - a, d - c, v) * by_u, (lower - upper) * by_v


def _knots(x: Tensor, y: Tensor, seed: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Place between the four knots of the noise around a point, and their values row by row."""
    column, row = x.floor(), y.floor()
    i, j = column.to(torch.int32), row.to(torch.int32)
    values = [_random(i + right, j + down, seed) for down in (0, 1) for right in (0, 1)]
    return x - column, y - row, values


def _seen(footprint: Tensor) -> Tensor:
    """How much of a noise is left whose knots are a unit apart."""
    return ((0.8 - footprint) / 0.4).clamp(0, 1)


def _random(i: Tensor, j: Tensor, seed: Tensor) -> Tensor:
    """The same number in [0, 1) for the same three integers, on every device."""
    h = i * 374761393 + j * 668265263 + seed * 362437
    h = (h ^ ((h >> 13) & 0x7FFFF)) * 1274126177
    h = (h ^ ((h >> 16) & 0xFFFF)) * 668265263
    return ((h >> 8) & 0xFFFF).to(torch.float32) / 65536


def _smooth(t: Tensor) -> Tensor:
    return t * t * t * (t * (t * 6 - 15) + 10)


def _within(x: Tensor) -> Tensor:
    """Place inside the unit cell, from its middle."""
    return x - x.floor() - 0.5


def _cloud(x: Tensor, y: Tensor, footprint: Tensor, seed: Tensor) -> Tensor:
    """Noise of several sizes, in [0, 1]."""
    total, weight = torch.zeros_like(x), 0.0
    for octave in range(_OCTAVES):
        size, share = 2.0**octave, 0.6**octave
        seen = _seen(size * footprint)
        total = total + share * (noise(size * x, size * y, seed + 17 * octave) - 0.5) * seen
        weight += share
    return 0.5 + 1.6 * total / weight


def _grid(x: Tensor, y: Tensor, seed: Tensor, joint: float) -> tuple[Tensor, Tensor]:
    """1 on a tile and 0 in the joints, and a number per tile."""
    solid = (_within(x).abs() < 0.5 - joint) & (_within(y).abs() < 0.5 - joint)
    return solid.float(), _random(x.floor().to(torch.int32), y.floor().to(torch.int32), seed)


def _print(x: Tensor, y: Tensor, seed: Tensor) -> tuple[Tensor, Tensor]:
    """Rectangles of two sizes and rows like those of writing."""
    large = _random((1.3 * x).floor().to(torch.int32), (1.7 * y).floor().to(torch.int32), seed)
    across, down = (9 * x).floor().to(torch.int32), (5 * y).floor().to(torch.int32)
    small = _random(across, down, seed + 1)
    line = (_within(5 * y).abs() < 0.28) & (small > 0.35) & (large > 0.45)
    return (large * 1.4).clamp(0, 1), line.float()


def _cells(x: Tensor, y: Tensor, seed: Tensor) -> tuple[Tensor, Tensor]:
    """How far from the border between the two nearest of scattered points, and a number."""
    nearest, second = torch.full_like(x, 9.0), torch.full_like(x, 9.0)
    number = torch.zeros_like(x)
    column, row = x.floor(), y.floor()
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            i, j = (column + dx).to(torch.int32), (row + dy).to(torch.int32)
            at_x = column + dx + _random(i, j, seed)
            at_y = row + dy + _random(i, j, seed + 1)
            far = (x - at_x) ** 2 + (y - at_y) ** 2
            second = torch.minimum(second, torch.maximum(far, nearest))
            number = torch.where(far < nearest, _random(i, j, seed + 2), number)
            nearest = torch.minimum(nearest, far)
    return second.sqrt() - nearest.sqrt(), number
