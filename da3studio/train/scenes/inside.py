"""Rooms and things: scenes that one walks around or in. z is up, units are about metres.

Everything is drawn for many scenes of a kind at once, so there are no loops and no branches.
"""

from __future__ import annotations

import torch

from da3studio.train.scenes.layout import Layout
from da3studio.train.scenes.parts import (
    BOX,
    CUT_CONE,
    CYLINDER,
    Draw,
    Role,
    joined,
    parts,
    stacked,
    yawed,
)
from da3studio.train.scenes.things import (
    OBJECTS,
    desk_with_legs,
    ground,
    lump_objects,
    objects,
    standing,
)


def room(draw: Draw) -> Layout:
    """A furnished room, seen from inside."""
    half = stacked(draw.between(1.6, 4.5), draw.between(1.6, 4.5), draw.between(1.2, 1.7))
    shell = parts(stacked(half[:, 0] * 0, 0.0, half[:, 2])[:, None], half[:, None], role=Role.WALL)
    at = draw.between(-0.45, 0.45, 2) * half[:, :2]
    desk, top = desk_with_legs(draw, at)
    wall = draw.one_of((-1, 1), 4)
    along = draw.between(-0.8, 0.8, 4)
    wide, deep = half[:, :1], half[:, 1:2]
    cupboards = standing(
        draw,
        torch.stack(
            [
                stacked(wall[:, 0] * half[:, 0] * 0.88, along[:, 0] * half[:, 1]),
                stacked(along[:, 1] * half[:, 0], wall[:, 1] * half[:, 1] * 0.88),
            ],
            dim=1,
        ),
        draw.between(0.25, 0.6, 2, 2),
        draw.scale(0.3, 1.1, 2),
    )
    flat = draw.scale(0.25, 0.7, 2, 2)
    high = draw.between(1.0, 1.9, 2)
    pictures = joined(
        parts(
            stacked(wall[:, 2:3] * wide * 0.995, along[:, 2:3] * deep, high[:, :1]),
            stacked(0.03 + 0 * wide, flat[:, :1, 0], flat[:, :1, 1]),
        ),
        parts(
            stacked(along[:, 3:] * wide, wall[:, 3:] * deep * 0.995, high[:, 1:]),
            stacked(flat[:, 1:, 0], 0.03 + 0 * wide, flat[:, 1:, 1]),
        ),
    )
    rug = parts(
        stacked(*(draw.between(-1, 1, 1) for _ in range(2)), 0.01),
        stacked(draw.between(0.5, 1.6, 1), draw.between(0.5, 1.6, 1), 0.012),
        yaw=draw.turn(1),
        there=draw.chance(0.6, 1),
    )
    spots = draw.between(-0.85, 0.85, 7, 2) * half[:, None, :2]
    things = objects(draw, spots, torch.zeros_like(spots[..., 0]), draw.scale(0.12, 0.55, 7))
    on_desk = at[:, None] + draw.normal(5, 2) * 0.35
    small = objects(draw, on_desk, top[:, None].expand(-1, 5), draw.scale(0.06, 0.22, 5))
    lumps, shapes = lump_objects(draw, at, top, 0.2)
    reach = half * 0.86
    return Layout(
        joined(shell, desk, cupboards, pictures, rug, things, small),
        focus=stacked(at[:, 0] * 0.7, at[:, 1] * 0.7, draw.between(0.5, 1.2)),
        radius=half[:, :2].amin(-1),
        distance=(0.35, 1.4),
        elevation=(-0.1, 0.7),
        low=stacked(-reach[:, 0], -reach[:, 1], draw.between(0.35, 0.9)),
        high=stacked(reach[:, 0], reach[:, 1], 1.8 * half[:, 2]),
        motions=(3, 2, 1, 3, 1, 0),
        lamp=0.8,
        plain=0.15,
        lumps=lumps,
        lump_shapes=shapes,
    )


def table(draw: Draw) -> Layout:
    """Things on a table or on the ground, seen from around."""
    size = draw.scale(0.15, 1.2)
    floor = ground(draw, -draw.between(0.3, 0.8), 30.0)
    desk, top = desk_with_legs(draw, torch.zeros_like(floor.centre[:, 0, :2]))
    spots = draw.normal(9, 2) * 0.45 * size[:, None, None]
    things = objects(
        draw, spots, top[:, None].expand(-1, 9), draw.scale(0.12, 0.6, 9) * size[:, None]
    )
    upon = torch.cat(
        [things.centre[:, :3, :2], things.centre[:, :3, 2:] + things.size[:, :3, 2:]], -1
    )
    stack = objects(draw, upon[..., :2], upon[..., 2], 0.6 * things.size[:, :3].amax(-1))
    back = parts(
        stacked(
            draw.between(1.5, 5, 2) * draw.one_of((-1, 1), 2), draw.normal(2), draw.between(0, 1, 2)
        ),
        draw.scale(0.3, 2.5, 2, 3),
        yaw=draw.turn(2),
        there=draw.chance(0.6, 2),
    )
    lumps, shapes = lump_objects(draw, torch.zeros_like(spots[:, 0]), top, 0.4 * size)
    return Layout(
        joined(floor, desk, things, stack, back),
        focus=stacked(0 * size, 0.0, top + 0.25 * size),
        radius=size * 0.8,
        distance=(0.7, 1.6),
        elevation=(0.05, 1.35),
        low=stacked(0 * size - 20, -20.0, top + 0.03),
        high=stacked(0 * size + 20, 20.0, top + 20),
        motions=(6, 1, 1, 2, 1, 0.5),
        lamp=0.3,
        plain=0.2,
        lumps=lumps,
        lump_shapes=shapes,
    )


def figure(draw: Draw) -> Layout:
    """One object grown together of several, before a plain background or on plain ground."""
    zero = torch.zeros(draw.n, device=draw.device)
    centre = torch.cat([draw.normal(8, 2) * 0.22, draw.between(0.1, 1.3, 8, 1)], dim=-1)
    any_way = torch.where(
        draw.chance(0.5, 8)[..., None, None], draw.attitude(8), yawed(draw.turn(8))
    )
    pieces = parts(
        centre,
        draw.scale(0.08, 0.5, 8, 3),
        attitude=any_way,
        shape=draw.one_of(OBJECTS, 8),
        there=draw.chance(0.6, 8),
    )
    foot = parts(
        stacked(zero, 0.0, -0.1)[:, None],
        stacked(draw.between(0.3, 0.8), draw.between(0.3, 0.8), 0.1)[:, None],
        shape=draw.one_of((BOX, CYLINDER), 1),
        there=draw.chance(0.6, 1),
    )
    floor = ground(draw, zero - 0.2, 60.0, there=draw.chance(0.4, 1))
    lumps, shapes = lump_objects(draw, torch.zeros_like(centre[:, 0, :2]), zero + 0.4, zero + 0.35)
    return Layout(
        joined(pieces, foot, floor),
        focus=stacked(zero, 0.0, 0.6),
        radius=zero + 0.8,
        distance=(0.75, 1.5),
        elevation=(-0.15, 1.2),
        low=stacked(zero - 30, -30.0, -0.12),
        high=stacked(zero + 30, 30.0, 30.0),
        motions=(8, 0.5, 0.5, 1, 0.5, 0),
        lamp=0.2,
        plain=0.5,
        lumps=lumps,
        lump_shapes=shapes,
    )


def colonnade(draw: Draw) -> Layout:
    """Rows of columns under a roof; kept apart to measure on."""
    zero = torch.zeros(draw.n, device=draw.device)
    floor = ground(draw, zero, 60.0)
    gap, aisle, tall = draw.between(1.6, 3.5), draw.between(1.5, 4), draw.between(1.3, 3.5)
    index = torch.arange(12, device=zero.device)
    at_x = torch.where(index < 6, -1.0, 1.0)[None] * aisle[:, None]
    at_y = (index % 6 - 2.5)[None] * gap[:, None]
    thick = draw.between(0.15, 0.4, 1).expand(-1, 12)
    columns = parts(
        stacked(at_x, at_y, tall[:, None].expand(-1, 12)),
        stacked(thick, thick, tall[:, None].expand(-1, 12)),
        shape=draw.one_of((CYLINDER, BOX, CUT_CONE), 1).expand(-1, 12),
    )
    roof = parts(
        stacked(zero, 0.0, 2 * tall + 0.3)[:, None],
        stacked(aisle + 0.6, 3.4 * gap, 0.3)[:, None],
    )
    spots = draw.between(-1, 1, 6, 2) * stacked(0.8 * aisle, 3 * gap)[:, None]
    things = objects(draw, spots, torch.zeros_like(spots[..., 0]), draw.scale(0.2, 0.7, 6))
    lumps, shapes = lump_objects(draw, spots[:, 0], zero, 0.5 + zero)
    return Layout(
        joined(floor, columns, roof, things),
        focus=stacked(draw.normal() * 0.5, draw.normal() * gap, draw.between(0.7, 1.6)),
        radius=aisle + 1,
        distance=(0.6, 1.5),
        elevation=(-0.1, 0.5),
        low=stacked(-3 * aisle, -6 * gap, 0.6),
        high=stacked(3 * aisle, 6 * gap, 1.8 * tall),
        motions=(3, 2, 1, 2, 1, 0),
        lamp=0.2,
        plain=0.1,
        lumps=lumps,
        lump_shapes=shapes,
    )
