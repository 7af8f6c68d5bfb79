"""Furniture, cars, trees and odd objects, each made of a few solids."""

from __future__ import annotations

import torch
from torch import Tensor

from da3studio.train.scenes.parts import (
    BALL,
    BARREL,
    BOX,
    CONE,
    CUT_CONE,
    CYLINDER,
    DOME,
    GABLE,
    Draw,
    Parts,
    Role,
    joined,
    parts,
    stacked,
    yawed,
)

LUMPS = 3
OBJECTS = (BOX, BOX, BALL, CYLINDER, CONE, CUT_CONE, GABLE, BARREL, DOME)


def ground(draw: Draw, height: Tensor, reach: float, there: Tensor | None = None) -> Parts:
    """A wide flat slab whose top is at a height `(B,)`."""
    size = stacked(torch.full_like(height, reach), reach, 1.0)
    return parts(
        stacked(0 * height, 0.0, height - 1)[:, None],
        size[:, None],
        yaw=draw.turn(1),
        role=Role.GROUND,
        there=there,
    )


def desk_with_legs(draw: Draw, at: Tensor) -> tuple[Parts, Tensor]:
    """A table at `(B, 2)`: five solids, and the height of its top `(B,)`."""
    top = draw.between(0.4, 0.8)
    half, thick = draw.scale(0.35, 1.1, 2), draw.between(0.012, 0.04)
    slab = parts(
        stacked(at[:, 0], at[:, 1], top - thick)[:, None],
        stacked(half[:, 0], half[:, 1], thick)[:, None],
        shape=draw.one_of((BOX, BOX, BOX, CYLINDER), 1),
    )
    index = torch.arange(4, device=at.device)
    corner = torch.stack([index // 2 * 2 - 1, index % 2 * 2 - 1], dim=-1)
    legs_at = at[:, None] + 0.66 * corner * half[:, None]
    length = ((top - 2 * thick) / 2)[:, None].expand(-1, 4)
    wide = draw.between(0.015, 0.05, 1).expand(-1, 4)
    legs = parts(
        stacked(legs_at[..., 0], legs_at[..., 1], length),
        stacked(wide, wide, length),
        shape=draw.one_of((BOX, CYLINDER), 1).expand(-1, 4),
        there=draw.chance(0.85, 1).expand(-1, 4),
    )
    return joined(slab, legs), top


def standing(draw: Draw, at: Tensor, half: Tensor, tall: Tensor) -> Parts:
    """Boxes that stand on height 0.

    Args:
        draw: random numbers.
        at: `(B, K, 2)`.
        half: `(B, K, 2)` half extents.
        tall: `(B, K)` half height.
    """
    return parts(
        stacked(at[..., 0], at[..., 1], tall),
        stacked(half[..., 0], half[..., 1], tall),
        there=draw.chance(0.8, at.shape[1]),
    )


def objects(draw: Draw, at: Tensor, base: Tensor, size: Tensor) -> Parts:
    """Odd solids that stand at places `(B, K, 2)` on heights `(B, K)`, of about a size `(B, K)`."""
    count = at.shape[1]
    half = draw.scale(0.3, 1.0, count, 3) * size[..., None]
    return parts(
        stacked(at[..., 0], at[..., 1], base + half[..., 2]),
        half,
        yaw=draw.turn(count),
        shape=draw.one_of(OBJECTS, count),
        there=draw.chance(0.8, count),
    )


def lump_objects(
    draw: Draw, at: Tensor, base: Tensor, size: Tensor | float
) -> tuple[Parts, Tensor]:
    """Rounded and wavy things near `(B, 2)` on a height `(B,)`; also their shapes, see `Bodies`."""
    spread = size if isinstance(size, float) else size[:, None, None]
    place = at[:, None] + draw.normal(LUMPS, 2) * 1.2 * spread
    half = draw.scale(0.35, 1.1, LUMPS, 3) * spread
    lumps = parts(
        torch.cat([place, base[:, None, None] + 0.8 * half[..., 2:]], dim=-1),
        half,
        attitude=torch.where(
            draw.chance(0.4, LUMPS)[..., None, None],
            draw.attitude(LUMPS),
            yawed(draw.turn(LUMPS)),
        ),
        there=draw.chance(0.6, LUMPS),
    )
    shapes = stacked(
        draw.scale(1.2, 7.0, LUMPS),
        draw.scale(1.2, 7.0, LUMPS),
        torch.where(draw.chance(0.5, LUMPS), draw.between(0.02, 0.2, LUMPS), 0.0),
        draw.between(3, 9, LUMPS),
        draw.between(0, 6.3, LUMPS),
    )
    return lumps, shapes


def cars(draw: Draw, at_x: Tensor, at_y: Tensor) -> Parts:
    """Cars along y at places `(B, K)`: two solids each."""
    count = at_x.shape[1]
    there = draw.chance(0.7, count)
    half = stacked(
        draw.between(0.75, 1.0, count),
        draw.between(1.7, 2.4, count),
        draw.between(0.35, 0.6, count),
    )
    body = parts(stacked(at_x, at_y, half[..., 2] + 0.2), half, there=there)
    cabin = parts(
        stacked(at_x, at_y - 0.1 * half[..., 1], 2 * half[..., 2] + 0.45),
        half * stacked(draw.between(0.8, 0.95, count), draw.between(0.4, 0.6, count), 0.75),
        shape=draw.one_of((DOME, BOX, CUT_CONE), count),
        there=there,
    )
    return joined(body, cabin)


def trees(draw: Draw, foot: Tensor, tall: Tensor) -> Parts:
    """Trees on `(B, K, 3)` of heights `(B, K)`: trunk and crown each."""
    count = foot.shape[1]
    there = draw.chance(0.75, count)
    trunk = parts(
        foot + stacked(0 * tall, 0.0, 0.25 * tall),
        stacked(0.025 * tall, 0.025 * tall, 0.3 * tall),
        shape=CYLINDER,
        there=there,
    )
    wide = tall * draw.between(0.15, 0.4, count)
    crown = parts(
        foot + stacked(0 * tall, 0.0, 0.7 * tall),
        stacked(wide, wide * draw.between(0.8, 1.2, count), 0.35 * tall),
        yaw=draw.turn(count),
        shape=draw.one_of((BALL, BALL, CONE, DOME), count),
        role=Role.LEAVES,
        there=there,
    )
    return joined(trunk, crown)
