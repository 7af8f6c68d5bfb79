"""Streets, blocks from above and hills; see `inside`."""

from __future__ import annotations

import math

import torch

from da3studio.train.scenes.layout import Layout
from da3studio.train.scenes.parts import (
    BARREL,
    BOX,
    CYLINDER,
    DOME,
    GABLE,
    Draw,
    Role,
    joined,
    parts,
    stacked,
)
from da3studio.train.scenes.things import (
    OBJECTS,
    cars,
    ground,
    trees,
)
from da3studio.train.scenes.tracing import terrain_height

WAVES = 9  # of a terrain


def street(draw: Draw) -> Layout:
    """Two rows of houses with cars, trees and posts between them."""
    zero = torch.zeros(draw.n, device=draw.device)
    floor = ground(draw, zero, 150.0)
    width, step = draw.scale(2.5, 12), draw.between(8, 18)
    index = torch.arange(10, device=zero.device)
    side = torch.where(index < 5, -1.0, 1.0)[None]
    deep, wide = draw.between(3, 7, 10), step[:, None] * draw.between(0.35, 0.55, 10)
    tall = draw.scale(1.7, 11, 10)
    at_y = (index % 5 - 2)[None] * step[:, None] + draw.normal(10)
    at_x = side * (width[:, None] + deep + draw.between(0, 1.5, 10))
    there = draw.chance(0.9, 10) & ((side < 0) | draw.chance(0.8, 1))
    houses = parts(
        stacked(at_x, at_y, tall), stacked(deep, wide, tall), role=Role.FACADE, there=there
    )
    rise = draw.scale(0.3, 2.5, 10)
    roofs = parts(
        stacked(at_x, at_y, 2 * tall + rise),
        stacked(deep * 1.05, wide * 1.05, rise),
        shape=draw.one_of((GABLE, GABLE, BOX, BARREL), 10),
        there=there & draw.chance(0.8, 10),
    )
    bays = parts(
        stacked(
            at_x[:, :6] - side[:, :6] * deep[:, :6], at_y[:, :6] + draw.normal(6), tall[:, :6] * 0.7
        ),
        stacked(
            draw.between(0.2, 1, 6),
            draw.between(0.6, 2, 6),
            tall[:, :6] * draw.between(0.2, 0.6, 6),
        ),
        there=there[:, :6] & draw.chance(0.5, 6),
    )
    lane = draw.between(-0.75, 0.75, 5) * width[:, None]
    ahead = draw.normal(5) * 1.5 * step[:, None]
    traffic = cars(draw, lane[:, :4], ahead[:, :4])
    plants = trees(
        draw,
        stacked(
            draw.one_of((-1, 1), 4) * width[:, None] * 0.85,
            draw.normal(4) * 1.5 * step[:, None],
            0.0,
        ),
        draw.between(3, 8, 4),
    )
    return Layout(
        joined(floor, houses, roofs, bays, traffic, plants),
        focus=stacked(draw.normal() * 0.6 * width, draw.normal() * step, draw.between(1, 6)),
        radius=width + 2,
        distance=(0.5, 1.5),
        elevation=(-0.25, 0.5),
        low=stacked(-0.9 * width, -3 * step, draw.between(0.8, 2)),
        high=stacked(0.9 * width, 3 * step, draw.scale(2, 14)),
        motions=(2, 3, 2, 2, 1, 0),
        lamp=0.0,
        plain=0.1,
    )


def aerial(draw: Draw) -> Layout:
    """Blocks of houses seen from above, straight down or aslant."""
    zero = torch.zeros(draw.n, device=draw.device)
    floor = ground(draw, zero, 600.0)
    step = draw.between(14, 30)
    index = torch.arange(20, device=zero.device)
    at = torch.stack(
        [(index % 5 - 2).expand(draw.n, -1), (index // 5 - 1.5).expand(draw.n, -1)], -1
    )
    at = at * step[:, None, None] + draw.normal(20, 2) * 0.12 * step[:, None, None]
    half = step[:, None, None] * draw.between(0.15, 0.42, 20, 2)
    tall = draw.scale(1.5, 10, 20)
    yaw = draw.turn(1) + 0.1 * draw.normal(20)
    houses = parts(
        torch.cat([at, tall[..., None]], -1),
        torch.cat([half, tall[..., None]], -1),
        yaw=yaw,
        shape=draw.one_of((BOX, BOX, BOX, BOX, CYLINDER), 20),
        role=Role.FACADE,
        there=draw.chance(0.85, 20),
    )
    rise = draw.scale(0.5, 3, 12)
    roofs = parts(
        torch.cat([at[:, :12], (2 * tall[:, :12] + rise)[..., None]], -1),
        torch.cat([half[:, :12] * 1.05, rise[..., None]], -1),
        yaw=yaw[:, :12],
        shape=draw.one_of((GABLE, GABLE, DOME, BOX), 12),
        there=houses.there[:, :12] & draw.chance(0.7, 12),
    )
    plants = trees(
        draw,
        torch.cat([draw.normal(5, 2) * 1.5 * step[:, None, None], 0 * tall[:, :5, None]], -1),
        draw.between(3, 9, 5),
    )
    return Layout(
        joined(floor, houses, roofs, plants),
        focus=torch.cat([draw.normal(2) * 0.3 * step[:, None], zero[:, None]], dim=-1),
        radius=step * draw.scale(0.6, 1.5),
        distance=(0.8, 1.6),
        elevation=(0.5, 1.5),
        low=stacked(zero - 400, -400.0, 22.0),
        high=stacked(zero + 400, 400.0, 400.0),
        motions=(2, 1.5, 0.5, 1, 0.5, 4),
        lamp=0.0,
        plain=0.05,
    )


def terrain(draw: Draw) -> Layout:
    """Hills with trees, huts and rocks, from eye height to a drone's."""
    octave = torch.arange(WAVES, device=draw.device) / 2.0
    frequency = 0.05 * 2**octave * draw.between(0.7, 1.4, WAVES)
    heading = draw.between(0, 2 * math.pi, WAVES)
    rough = draw.between(0.7, 1.6, 1)
    size = draw.scale(1.5, 7, 1) * 2 ** (-octave * rough)
    waves = stacked(
        frequency * heading.cos(), frequency * heading.sin(), draw.between(0, 6.3, WAVES), size
    )
    radius = draw.scale(5, 22)
    at = draw.normal(14, 2) * 0.7 * radius[:, None, None]
    base = terrain_height(at[..., 0], at[..., 1], waves)
    plants = trees(draw, torch.cat([at[:, :8], base[:, :8, None]], -1), draw.between(2, 7, 8))
    half = draw.scale(0.4, 3, 6, 3)
    blocks = parts(
        torch.cat([at[:, 8:], (base[:, 8:] + 0.5 * half[..., 2])[..., None]], -1),
        half,
        yaw=draw.turn(6),
        shape=draw.one_of(OBJECTS, 6),
    )
    zero = torch.zeros(draw.n, device=draw.device)
    top = waves[..., 3].abs().sum(-1)
    middle = terrain_height(zero, zero, waves)
    return Layout(
        joined(plants, blocks),
        focus=stacked(zero, 0.0, middle + 0.5),
        radius=radius,
        distance=(0.7, 1.6),
        elevation=(0.05, 1.3),
        low=stacked(zero - 300, -300.0, 0.6 * top + 1),
        high=stacked(zero + 300, 300.0, 300.0),
        motions=(2, 2, 1, 1, 1, 2.5),
        lamp=0.0,
        plain=0.05,
        terrain=waves,
    )
