"""How scenes look: patterns, colours, light, sky. Drawn for many scenes at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from da3studio.train.scenes.parts import Draw, Role
from da3studio.train.scenes.patterns import FAMILIES, TRAINED
from da3studio.train.scenes.shading import Look

_EARTH = 0.08  # hue of wood, stone, brick, soil and skin; 0 = red, 1/3 = green
_FAVOURED = {  # families that a role has more often than others
    Role.GROUND: ("gravel", "tiles", "cloudy", "wood", "marble"),
    Role.WALL: ("plain", "cloudy", "bricks", "stripes", "rings"),
    Role.FACADE: ("windows", "windows", "bricks", "cells"),
    Role.LEAVES: ("leaves", "leaves", "cloudy"),
}


def look(
    draw: Draw,
    role: Tensor,
    lamp_at: Tensor,
    reach: Tensor,
    *,
    lamp: float,
    plain: float,
    families: Sequence[str] = TRAINED,
) -> Look:
    """Random looks.

    Args:
        draw: random numbers.
        role: `(B, bodies)` see `Role`.
        lamp_at: `(B, 3)` where a lamp hangs, if there is one.
        reach: `(B,)` size of the scene; dark corners and lamps go by it.
        lamp: chance that it is lit by a lamp and not by the sun.
        plain: chance of a plain background and of poor patterns.
        families: that patterns are taken from.
    """
    is_plain = draw.chance(plain)
    return Look(
        _materials(draw, role, reach, is_plain, families),
        _light(draw, lamp_at, reach, draw.chance(lamp), is_plain),
    )


def _materials(
    draw: Draw, role: Tensor, reach: Tensor, is_plain: Tensor, families: Sequence[str]
) -> Tensor:
    count = role.shape[1]
    family = draw.one_of(tuple(FAMILIES.index(name) for name in families), count)
    for of, names in _FAVOURED.items():
        usual = tuple(FAMILIES.index(name) for name in names if name in families)
        if usual:
            takes = (role == int(of)) & draw.chance(0.7, count)
            family = torch.where(takes, draw.one_of(usual, count), family)
    poor = draw.chance(0.12, count) | (is_plain[:, None] & draw.chance(0.5, count))
    if "plain" in families:
        family = torch.where(poor, FAMILIES.index("plain"), family)
    # One period is a 25th to twice what the scene measures; of houses and walls it is in metres.
    scale = draw.scale(0.8, 30.0, count) / reach[:, None].clamp(0.2, 6.0)
    large = (role == int(Role.FACADE)) | (role == int(Role.WALL))
    scale = torch.where(large, draw.scale(0.25, 2.5, count), scale)
    scale = torch.where(role == int(Role.LEAVES), draw.scale(0.4, 3.0, count), scale)
    angle = torch.where(draw.chance(0.75, count), 0.0, draw.between(0, 2 * math.pi, count))
    seed = draw.between(0, 60000, count).floor()
    gloss = torch.where(draw.chance(0.3, count), draw.between(0.05, 0.8, count), 0.0)
    mirror = torch.where(draw.chance(0.12, count), draw.between(0.05, 0.5, count), 0.0)
    relief = torch.where(draw.chance(0.6, count), draw.scale(0.03, 0.5, count), 0.0)
    relief = torch.where(role == int(Role.LEAVES), draw.scale(0.2, 1.0, count), relief)
    wear = torch.where(draw.chance(0.85, count), draw.scale(0.04, 0.6, count), 0.0)
    colours = _colours(draw, count)
    grows = (role == int(Role.LEAVES)) & draw.chance(0.85, 1)
    grows |= (role == int(Role.GROUND)) & draw.chance(0.25, 1)
    green = torch.stack([colours[..., 1] * 0.6, colours[..., 1], colours[..., 1] * 0.35], dim=-1)
    colours = torch.where(grows[..., None, None], green, colours)
    numbers = torch.stack([family.float(), scale, angle, seed, gloss, mirror, relief], dim=-1)
    return torch.cat([numbers, colours.flatten(-2), wear[..., None]], dim=-1)


def _colours(draw: Draw, count: int) -> Tensor:
    """`(B, count, 3, 3)`: three colours each; how colourful is a matter of the scene."""
    earthen = _EARTH + 0.05 * draw.normal(count, 3)
    hue = torch.where(draw.chance(0.6, count, 3), earthen, draw.between(0, 1, count, 3))
    vivid = draw.between(0.2, 1.0, 1, 1) * draw.between(0, 1, count, 3) ** 0.8
    bright = draw.scale(0.06, 0.9, count, 3)
    phase = torch.stack([hue, hue - 1 / 3, hue - 2 / 3], dim=-1) * (2 * math.pi)
    tint = 0.5 + 0.5 * torch.cos(phase)
    return bright[..., None] * (1 - vivid[..., None] * (1 - tint))


def _light(draw: Draw, lamp_at: Tensor, reach: Tensor, is_lamp: Tensor, is_plain: Tensor) -> Tensor:
    lamp, plain = is_lamp[:, None], is_plain[:, None]
    toward = draw.normal(3)
    toward = torch.cat([toward[:, :2], toward[:, 2:].abs() + 0.25], dim=-1)
    toward = toward / toward.norm(dim=-1, keepdim=True)
    source = torch.where(lamp, lamp_at + 0.4 * reach[:, None] * draw.normal(3) * 0.5, toward)
    warm = 1 + draw.between(-0.1, 0.3, 1) * lamp_at.new_ones(1, 3).cumsum(-1).sub(2).neg()
    power = torch.where(
        lamp, draw.scale(0.5, 4, 1) * (0.3 + reach[:, None] ** 2), draw.scale(0.2, 3, 1)
    )
    power = torch.where(draw.chance(0.2, 1), 0.0, power)
    ambient = draw.scale(0.2, 1.2, 1)
    above, below = ambient * draw.between(0.8, 1.1, 3), ambient * draw.between(0.3, 0.9, 3)
    corner = reach[:, None] * draw.between(0.05, 0.3, 1)
    fog = torch.where(draw.chance(0.25, 1) & ~lamp & ~plain, draw.scale(0.0005, 0.006, 1), 0.0)
    blue = draw.between(0, 0.8, 1)
    day = draw.scale(0.5, 1.8, 1) * torch.cat([1 - blue, 1 - 0.5 * blue, 1 + 0 * blue], dim=-1)
    horizon = torch.lerp(day, day.mean(-1, keepdim=True).expand(-1, 3), draw.between(0, 1, 1))
    flat = torch.where(draw.chance(0.4, 1), 0.004, draw.scale(0.03, 1.5, 1))
    flat = flat * torch.where(draw.chance(0.6, 1), 1.0, draw.between(0.5, 1.5, 3))
    top = torch.where(plain, flat, day)
    side = torch.where(
        plain, torch.lerp(flat, flat * draw.between(0.5, 1.2, 1), draw.between(0, 1, 1)), horizon
    )
    cloud = torch.where(draw.chance(0.6, 1) & ~plain, draw.scale(0.2, 3, 1), 0.0)
    seed = draw.between(0, 60000, 1).floor()
    dim = torch.where(plain, 0.0, 1.0)
    return torch.cat(
        [
            source,
            lamp.float(),
            power * warm,
            above,
            below,
            corner,
            fog,
            top,
            side,
            cloud,
            seed,
            dim,
        ],
        dim=-1,
    )
