"""Where the photographs of a scene are taken from.

For every view some places are proposed; rays probe what would be seen from each, and the boldest
one that shows enough of what earlier views show is taken. So overlap is measured, with occlusion,
not hoped for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from da3studio.train.scenes.cameras import Views, in_camera, looking_at, projected
from da3studio.train.scenes.layout import Layout
from da3studio.train.scenes.parts import Draw
from da3studio.train.scenes.render import trace
from da3studio.train.scenes.tracing import MISS, Bodies

MOTIONS = ("orbit", "strafe", "forward", "random", "small", "nadir grid")
_ORBIT, _STRAFE, _FORWARD, _RANDOM, _SMALL, _NADIR = range(len(MOTIONS))
_PROPOSALS = 6
_COLUMNS, _ROWS = 9, 7  # of probing rays
_AGREE = 0.03  # of the distance: nearer, a probe and what another view sees are the same
_USUAL, _ANY = (0.55, 1.3), (0.42, 3.0)  # focal length over the width: of phones, of all lenses
_MOST_BODIES = 8  # more of them in a photo make it no better
_BOLDNESS = (*(0.72**i for i in range(_PROPOSALS - 1)), 0.06)


@dataclass(frozen=True, eq=False)
class _Style:
    """What all views of a scene share; `(B,)` each."""

    motion: Tensor
    stride: Tensor  # share of the distance, or angle of an orbit [rad]
    heading: Tensor  # (B, 3) direction of a strafe
    roll: Tensor
    shaky: Tensor  # spread of the roll from view to view
    flips: Tensor  # some photos are taken with the camera turned by quarters
    focal: Tensor
    aspect: Tensor  # fx over width / fy over height
    zooms: Tensor  # spread of the logarithm of the focal length from view to view
    off: Tensor  # (B, 2) principal point
    floor: Tensor  # overlap that is asked for


@dataclass(frozen=True, eq=False)
class _Seen:
    """What probes of views saw, `(B, n)` views each."""

    views: Views
    points: Tensor  # (B, n, probes, 3)
    depth: Tensor  # (B, n, probes)
    hit: Tensor  # (B, n, probes)
    which: Tensor  # (B, n, probes) body


def views(layout: Layout, bodies: Bodies, draw: Draw, n_views: int, aspect: float) -> Views:
    """Cameras of `n_views` photos of each scene.

    Args:
        layout: `B` scenes of a kind.
        bodies: of them.
        draw: random numbers for them.
        n_views: of each scene.
        aspect: width over height of the photos.
    """
    style = _style(layout, draw, aspect)
    place, target = _first(layout, style, draw)
    chosen = _best_first(bodies, _cameras(style, draw, place, target), layout, target)
    seen, aim = chosen
    taken = [seen]
    for _ in range(1, n_views):
        proposals, targets = _next(layout, style, draw, taken, aim)
        probed = _probe(bodies, _cameras(style, draw, proposals, targets))
        overlap = _overlap(bodies, probed, taken)
        good = _plausible(probed) & (overlap >= style.floor[:, None])
        # The first good one is the boldest; without any, the one that overlaps most.
        score = torch.where(
            good, 3.0 - torch.arange(_PROPOSALS, device=overlap.device) / 100, overlap
        )
        index = score.argmax(-1)
        taken.append(_pick(probed, index))
        aim = _row(targets, index)
    order = torch.rand(draw.n, n_views, device=place.device)
    keep = torch.arange(n_views, device=place.device).expand(draw.n, -1) / n_views
    order = torch.where(draw.chance(0.5, 1), order, keep).argsort(-1)
    return Views(
        *(
            _shuffled(torch.cat([vars(one.views)[name] for one in taken], dim=1), order)
            for name in ("rotation", "position", "lens")
        )
    )


def _style(layout: Layout, draw: Draw, aspect: float) -> _Style:
    chances = torch.tensor(layout.motions).cumsum(0)
    chances = (chances / chances[-1]).tolist()
    dice = draw.between(0, 1)
    motion = torch.zeros(draw.n, dtype=torch.long, device=dice.device)
    for share in chances[:-1]:
        motion = motion + (dice >= share).long()
    focal = torch.where(draw.chance(0.5), draw.scale(*_USUAL), draw.scale(*_ANY))
    focal = focal / min(1.0, aspect) ** 0.5
    is_orbit = motion == _ORBIT
    stride = torch.where(is_orbit, draw.scale(0.08, 1.6), draw.scale(0.05, 0.7))
    heading = draw.normal(3)
    heading = heading * heading.new_ones(3).cumsum(0).le(2).add(0.4).clamp(max=1)
    turned = torch.where(
        draw.chance(0.5), draw.between(-math.pi, math.pi), draw.one_of((1, 2, 3)) * math.pi / 2
    )
    free = draw.chance(0.15) | (motion == _NADIR)
    return _Style(
        motion=motion,
        stride=stride * draw.one_of((-1, 1)),
        heading=heading / heading.norm(dim=-1, keepdim=True).clamp(min=1e-6),
        roll=torch.where(free, turned, 0.04 * draw.normal()),
        shaky=torch.where(draw.chance(0.08), 0.4, 0.04),
        flips=draw.chance(0.04),
        focal=focal,
        aspect=torch.where(draw.chance(0.1), draw.between(0.95, 1.05), 1.0) * aspect,
        zooms=torch.where(draw.chance(0.12), 0.25, 0.0),
        off=torch.where(draw.chance(0.3, 1), 0.03 * draw.normal(2), 0.0),
        floor=draw.between(0.1, 0.4),
    )


def _first(layout: Layout, style: _Style, draw: Draw) -> tuple[Tensor, Tensor]:
    """Proposals for the first view: places and targets `(B, K, 3)`."""
    k = _PROPOSALS
    low, high = layout.elevation
    steep = draw.between(low, high, k)
    steep = torch.where((style.motion == _NADIR)[:, None], draw.between(1.4, 1.57, k), steep)
    around = draw.between(0, 2 * math.pi, k)
    near, far = layout.distance
    distance = (
        layout.radius[:, None] * draw.scale(near, far, k) * (0.6 + 1.7 * style.focal[:, None])
    )
    ray = torch.stack([steep.cos() * around.cos(), steep.cos() * around.sin(), steep.sin()], dim=-1)
    target = layout.focus[:, None] + 0.25 * layout.radius[:, None, None] * draw.normal(k, 3)
    place = layout.focus[:, None] + distance[..., None] * ray
    return _bounded(layout, place), target


def _next(
    layout: Layout, style: _Style, draw: Draw, taken: Sequence[_Seen], aim: Tensor
) -> tuple[Tensor, Tensor]:
    """Proposals for a further view, the boldest first: places and targets `(B, K, 3)`."""
    k = _PROPOSALS
    bold = torch.stack([torch.full_like(style.stride, x) for x in _BOLDNESS], dim=-1)
    last, first = taken[-1].views.position[:, :1], taken[0].views.position[:, :1]
    reach = _typical(taken[-1])[:, None, None]
    stride = style.stride[:, None] * bold
    wobble = draw.normal(k, 3) * reach * bold[..., None]
    aim = aim[:, None]
    focus = layout.focus[:, None]

    arm = torch.where(draw.chance(0.7, 1)[..., None], last, first) - focus
    angle = stride * draw.between(0.6, 1.2, k)
    cos, sin = angle.cos(), angle.sin()
    swung = torch.stack(
        [
            cos * arm[..., 0] - sin * arm[..., 1],
            sin * arm[..., 0] + cos * arm[..., 1],
            arm[..., 2] + 0 * cos,
        ],
        dim=-1,
    )
    orbit = focus + swung * (1 + 0.12 * draw.normal(k, 1) * bold[..., None]) + 0.1 * wobble
    step = style.heading[:, None] * stride[..., None] * reach
    ahead = taken[-1].views.rotation[:, :, :, 2] * stride[..., None].abs() * reach
    around = draw.normal(k, 3) * reach * stride[..., None]
    level = style.heading[:, None] * stride[..., None] * reach
    level = torch.cat([level[..., :2], 0 * level[..., 2:]], dim=-1)
    motion = style.motion[:, None, None]
    place, target = (
        last + step + 0.05 * wobble,
        aim + step * draw.between(0.3, 1, k, 1) + 0.05 * wobble,
    )
    for number, its_place, its_target in (
        (_ORBIT, orbit, focus + (aim - focus) * 0.8 + 0.08 * wobble),
        (
            _FORWARD,
            last + ahead + 0.04 * wobble,
            aim + ahead * 0.5 + 0.06 * draw.normal(k, 3) * reach,
        ),
        (_RANDOM, first + around, aim + 0.25 * around + 0.1 * wobble),
        (_SMALL, last + 0.03 * wobble, aim + 0.25 * wobble),
        (_NADIR, last + level + 0.03 * wobble, aim + level + 0.03 * wobble),
    ):
        place = torch.where(motion == number, its_place, place)
        target = torch.where(motion == number, its_target, target)
    return _bounded(layout, place), target


def _bounded(layout: Layout, place: Tensor) -> Tensor:
    return torch.minimum(torch.maximum(place, layout.low[:, None]), layout.high[:, None])


def _cameras(style: _Style, draw: Draw, place: Tensor, target: Tensor) -> Views:
    k = place.shape[1]
    roll = style.roll[:, None] + style.shaky[:, None] * draw.normal(k)
    quarters = draw.one_of((0, 1, 2, 3), k) * (math.pi / 2)
    roll = roll + torch.where(style.flips[:, None], quarters, 0.0)
    zoom = (style.zooms[:, None] * draw.normal(k)).exp()
    fx = style.focal[:, None] * zoom
    centre = 0.5 + style.off[:, None].expand(-1, k, -1)
    lens = torch.stack([fx, fx * style.aspect[:, None], centre[..., 0], centre[..., 1]], dim=-1)
    return Views(looking_at(place, target, roll), place, lens)


def _probe(bodies: Bodies, cameras: Views) -> _Seen:
    """What each camera would see, at a few places of its picture."""
    device = cameras.position.device
    x = ((torch.arange(_COLUMNS, device=device) + 0.5) / _COLUMNS).repeat(_ROWS)
    y = ((torch.arange(_ROWS, device=device) + 0.5) / _ROWS).repeat_interleave(_COLUMNS)
    directions = in_camera(cameras.lens, x, y) @ cameras.rotation.transpose(-1, -2)
    origins = cameras.position[:, :, None].expand_as(directions)
    depth, which = trace(bodies, origins.flatten(1, 2), directions.flatten(1, 2))
    depth, which = (part.view(directions.shape[:3]) for part in (depth, which))
    hit = depth < MISS / 2
    depth = torch.where(hit, depth, 0.0)
    return _Seen(cameras, origins + depth[..., None] * directions, depth, hit, which)


def _typical(seen: _Seen) -> Tensor:
    """`(B,)` mean depth of the only view."""
    return seen.depth.sum((-1, -2)) / seen.hit.sum((-1, -2)).clamp(min=1)


def _plausible(seen: _Seen) -> Tensor:
    """`(B, n)`: something is seen, and nothing stands right before the lens."""
    share = seen.hit.float().mean(-1)
    mean = seen.depth.sum(-1) / seen.hit.sum(-1).clamp(min=1)
    least = torch.where(seen.hit, seen.depth, MISS).amin(-1)
    return (share > 0.12) & (least > 0.1 * mean)


def _overlap(bodies: Bodies, probed: _Seen, taken: Sequence[_Seen]) -> Tensor:
    """`(B, K)` share of what a proposal sees that one of three earlier views sees, at best."""
    n_scenes, k, probes = probed.depth.shape
    points = probed.points.flatten(1, 2)
    best = torch.zeros(n_scenes, k, device=points.device)
    for view in dict.fromkeys([0, len(taken) - 1, max(0, len(taken) - 2)]):
        other = taken[view].views
        x, y, z = projected(other, points)
        inside = (x > 0) & (x < 1) & (y > 0) & (y < 1) & (z > 1e-3)
        to_points = points - other.position
        distance, _ = trace(bodies, other.position.expand_as(points), to_points)
        seen = inside[:, 0] & (distance > 1 - _AGREE) & probed.hit.flatten(1)
        best = torch.maximum(best, seen.view(n_scenes, k, probes).float().sum(-1))
    return best / probed.hit.sum(-1).clamp(min=1)


def _shown(seen: _Seen) -> Tensor:
    """`(B, n)` how many bodies."""
    ordered = torch.where(seen.hit, seen.which, -1).sort(-1).values
    is_new = ordered[..., 1:] != ordered[..., :-1]
    return is_new.sum(-1) + (ordered[..., 0] >= 0).long()


def _best_first(
    bodies: Bodies, cameras: Views, layout: Layout, targets: Tensor
) -> tuple[_Seen, Tensor]:
    """The proposal for the first view that shows most of what there is, and its target `(B, 3)`."""
    probed = _probe(bodies, cameras)
    near = (probed.points - layout.focus[:, None, None]).norm(dim=-1) < 3 * layout.radius[
        :, None, None
    ]
    score = _plausible(probed).float() * 2 + (near & probed.hit).float().mean(-1)
    score = score + _shown(probed).clamp(max=_MOST_BODIES) / _MOST_BODIES
    index = score.argmax(-1)
    return _pick(probed, index), _row(targets, index)


def _pick(seen: _Seen, index: Tensor) -> _Seen:
    """One view `(B, 1)` of several."""
    views = Views(*(_row(value, index)[:, None] for value in vars(seen.views).values()))
    rest = (
        _row(value, index)[:, None] for value in (seen.points, seen.depth, seen.hit, seen.which)
    )
    return _Seen(views, *rest)


def _row(table: Tensor, index: Tensor) -> Tensor:
    return table[torch.arange(len(table), device=table.device), index]


def _shuffled(values: Tensor, order: Tensor) -> Tensor:
    return values[torch.arange(len(values), device=values.device)[:, None], order]
