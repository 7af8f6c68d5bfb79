"""The colour of what a ray meets: pattern, sun or lamp with shadow, sky light, darkened corners."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from da3studio.train.scenes.patterns import noise, paint, worn
from da3studio.train.scenes.tracing import MISS, Bodies, lump_value

# Numbers of a material: family, scale, angle, seed, gloss, mirror, relief, three colours, wear.
# Relief is how much the light sees of a surface's roughness; its depth is that of the smooth one.
MATERIAL = 17
LIGHT = 24  # numbers of a scene's light, see `Look`


@dataclass(frozen=True, eq=False)
class Look:
    """How `B` scenes look."""

    materials: Tensor  # (B, bodies, MATERIAL), in the order of the ids
    # Lamp or direction to the sun (3), is it a lamp (1), its colour (3), light from above (3) and
    # from below (3), radius of dark corners (1), fog per unit (1), sky: top (3), horizon (3),
    # clouds (1), seed (1), spare (1)
    light: Tensor  # (B, LIGHT)

    def part(self, scenes: slice) -> Look:
        """Some of the scenes."""
        return Look(self.materials[scenes], self.light[scenes])


@dataclass(frozen=True, eq=False)
class Met:
    """What `B` scenes' rays met, as far as its light has to be asked for."""

    base: Tensor  # (B, R, 3) reflectance
    start: Tensor  # (B, R, 3) a little before the surface
    normal: Tensor  # (B, R, 3) towards the eye
    rough: Tensor  # (B, R, 3) the same, turned by the relief: what the light sees
    ray: Tensor  # (B, R, 3) unit
    toward: Tensor  # (B, R, 3) unit, to the sun or lamp
    reach: Tensor  # (B, R) how far that is
    distance: Tensor  # (B, R) from the eye; 1 where nothing is
    hit: Tensor  # (B, R) bool
    shine: Tensor  # (B, R, 2) gloss and mirror


def met(
    bodies: Bodies,
    look: Look,
    origins: Tensor,
    directions: Tensor,
    pixel: Tensor,
    distance: Tensor,
    which: Tensor,
) -> Met:
    """The surface where rays end.

    Args:
        bodies: of `B` scenes.
        look: of them.
        origins: `(B, R, 3)`.
        directions: `(B, R, 3)`, of any length.
        pixel: `(B, R)` size of a pixel at distance 1 [units].
        distance: see `tracing.nearest`.
        which: likewise.
    """
    length = (directions * directions).sum(-1).sqrt()
    ray = directions / length[..., None]
    light = look.light[:, None]
    hit = distance < MISS / 2
    distance = torch.where(hit, distance * length, 1.0)
    point = origins + ray * distance[..., None]
    normal, place, turn = _surface(bodies, which, point)
    facing = (normal * ray).sum(-1, keepdim=True)
    normal = torch.where(facing > 0, -normal, normal)
    slant = facing.abs()[..., 0].clamp(min=0.15)
    material = _taken(look.materials, which)
    base, slope = _painted(material, place, normal, pixel * distance / slant)
    rough = _tilted(normal, (turn * slope[..., None]).sum(-2))
    start = point + normal * (2e-3 * distance)[..., None]
    is_lamp = light[..., 3, None]
    to_light = light[..., :3] - is_lamp * start
    far = to_light.norm(dim=-1)
    toward = to_light / far.clamp(min=1e-6)[..., None]
    reach = torch.where(is_lamp[..., 0] > 0, far, MISS)
    shine = material[..., 4:6]
    return Met(base, start, normal, rough, ray, toward, reach, distance, hit, shine)


def lit(look: Look, met: Met, shadow: Tensor, openness: Tensor) -> Tensor:
    """`(B, R, 3)` linear light that comes along the rays.

    Args:
        look: of `B` scenes.
        met: what their rays met.
        shadow: `(B, R)` distance of what stands towards the light.
        openness: `(B, R)` see `openness`.
    """
    light, normal, ray = look.light[:, None], met.rough, met.ray
    is_lamp = light[..., 3, None]
    far = met.reach[..., None]
    strength = light[..., 4:7] * torch.where(is_lamp > 0, 1 / (0.3 + far * far), 1.0)
    is_free = shadow > (0.98 * met.reach).clamp(max=MISS / 2)
    strength = strength * is_free.float()[..., None]
    lambert = (normal * met.toward).sum(-1, keepdim=True).clamp(min=0)
    half = met.toward - ray
    half = half / half.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    gloss, mirror = met.shine[..., :1], met.shine[..., 1:]
    shine = gloss * (normal * half).sum(-1, keepdim=True).clamp(min=0) ** 40
    up = 0.5 + 0.5 * normal[..., 2:]
    ambient = torch.lerp(light[..., 10:13], light[..., 7:10], up) * openness[..., None]
    slope = (ray * normal).sum(-1, keepdim=True)
    grazing = 0.2 + 0.8 * (1 - slope.abs()) ** 3
    mirrored = mirror * grazing * _sky(ray - 2 * slope * normal, light)
    seen = met.base * (strength * lambert + ambient) + strength * shine + mirrored
    haze = 1 - torch.exp(-met.distance * light[..., 14])
    seen = torch.lerp(seen, light[..., 18:21].expand_as(seen), haze[..., None])
    return torch.where(met.hit[..., None], seen, _sky(ray, light))


def _taken(table: Tensor, which: Tensor) -> Tensor:
    """`(B, R, ...)` rows of a `(B, bodies, ...)` table."""
    scenes = torch.arange(len(table), device=table.device)[:, None]
    return table[scenes, which]


def _surface(bodies: Bodies, which: Tensor, point: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Unit normal, the place on the body, turned with it, both `(B, R, 3)`, and that turn."""
    n_solids = bodies.solids.shape[1]
    n_lumps = 0 if bodies.lumps is None else bodies.lumps.shape[1]
    frame = _taken(bodies.solids, which.clamp(max=n_solids - 1))
    local = _moved(frame, point)
    quadric = _taken(bodies.quadrics, which.clamp(max=n_solids - 1))
    gradient = _solid_gradient(local, quadric)
    if bodies.lumps is not None and bodies.lump_shapes is not None:
        index = (which - n_solids).clamp(0, n_lumps - 1)
        is_lump = (which >= n_solids)[..., None]
        lump = _taken(bodies.lumps, index)
        at = _moved(lump, point)
        frame = torch.where(is_lump[..., None], lump, frame)
        local = torch.where(is_lump, at, local)
        slope = _lump_gradient(at, _taken(bodies.lump_shapes, index))
        gradient = torch.where(is_lump, slope, gradient)
    normal = (frame[..., :3] * gradient[..., None]).sum(-2)
    normal = normal / normal.norm(dim=-1, keepdim=True).clamp(min=1e-9)
    size = 1 / frame[..., :3].norm(dim=-1).clamp(min=1e-9)
    place, turn = local * size, frame[..., :3] * size[..., None]
    if bodies.terrain is not None:
        is_terrain = (which >= n_solids + n_lumps)[..., None]
        normal = torch.where(is_terrain, _terrain_normal(bodies.terrain, point), normal)
        place = torch.where(is_terrain, point, place)
        turn = torch.where(is_terrain[..., None], torch.eye(3, device=point.device), turn)
    return normal, place, turn


def _moved(frame: Tensor, point: Tensor) -> Tensor:
    return (frame[..., :3] * point[..., None, :]).sum(-1) + frame[..., 3]


def _solid_gradient(local: Tensor, quadric: Tensor) -> Tensor:
    """Outward, in the local frame: of the face or the quadric that the point lies on."""
    xx, yy, zz, z, one = quadric.unbind(-1)
    x, y, h = local.unbind(-1)
    curved = torch.stack([2 * xx * x, 2 * yy * y, 2 * zz * h + z], dim=-1)
    value = xx * x * x + yy * y * y + zz * h * h + z * h + one
    steep = curved.norm(dim=-1)
    off = torch.where(steep > 1e-6, value.abs() / steep.clamp(min=1e-6), 9.0)
    faces = (1 - local.abs()).abs()
    least = faces.amin(-1)
    flat = torch.sign(local) * (faces <= least[..., None]).float()
    return torch.where((off < least)[..., None], curved, flat)


def _lump_gradient(local: Tensor, shape: Tensor) -> Tensor:
    x, y, z = local.unbind(-1)
    h = 2e-3
    return torch.stack(
        [
            lump_value(x + h, y, z, shape) - lump_value(x - h, y, z, shape),
            lump_value(x, y + h, z, shape) - lump_value(x, y - h, z, shape),
            lump_value(x, y, z + h, shape) - lump_value(x, y, z - h, shape),
        ],
        dim=-1,
    )


def _terrain_normal(waves: Tensor, point: Tensor) -> Tensor:
    x, y = point[..., 0], point[..., 1]
    slope_x, slope_y = torch.zeros_like(x), torch.zeros_like(x)
    for i in range(waves.shape[1]):
        along_x, along_y, phase, size = waves[:, i, :, None].unbind(1)
        rise = size * torch.cos(along_x * x + along_y * y + phase)
        slope_x, slope_y = slope_x + rise * along_x, slope_y + rise * along_y
    normal = torch.stack([-slope_x, -slope_y, torch.ones_like(x)], dim=-1)
    return normal / normal.norm(dim=-1, keepdim=True)


def _painted(
    material: Tensor, place: Tensor, normal: Tensor, footprint: Tensor
) -> tuple[Tensor, Tensor]:
    """Reflectance, and the relief's slope in the frame of the place, both `(B, R, 3)`.

    Pattern coordinates are the place without the axis that the surface faces most.
    """
    x, y, z = place.unbind(-1)
    facing = normal.abs()
    # Along the world's axes: bodies stand upright mostly, where the two agree up to a turn.
    flat = facing[..., 2] >= facing[..., :2].amax(-1)
    u = torch.where(flat, x, x + y)
    v = torch.where(flat, y, -z)
    scale, angle = material[..., 1], material[..., 2]
    cos, sin = angle.cos(), angle.sin()
    u, v = scale * (cos * u - sin * v), scale * (sin * u + cos * v)
    colours = material[..., 7:16].unflatten(-1, (3, 3))
    seed = material[..., 3].to(torch.int32)
    base = paint(material[..., 0], u, v, footprint * scale, seed, colours)
    brightness, by_u, by_v = worn(u, v, footprint * scale, seed)
    base = base * (1 + material[..., 16] * brightness).clamp(min=0.2)[..., None]
    relief = material[..., 6]
    along, up = relief * (cos * by_u + sin * by_v), relief * (cos * by_v - sin * by_u)
    zero = torch.zeros_like(along)
    slope = torch.stack([along, torch.where(flat, up, along), torch.where(flat, zero, -up)], dim=-1)
    return base, slope


def _tilted(normal: Tensor, slope: Tensor) -> Tensor:
    """A surface's normal where it rises by a slope, of which only what is along it counts."""
    along = slope - (slope * normal).sum(-1, keepdim=True) * normal
    tilted = normal - along
    return tilted / tilted.norm(dim=-1, keepdim=True)


def openness(solids: Tensor, light: Tensor, start: Tensor, normal: Tensor) -> Tensor:
    """`(B, R)` from about 0.3 in corners to 1 in the open: how near solids come in front."""
    radius = light[:, None, 13].expand(start.shape[:2])
    probe = start + normal * radius[..., None]
    frame = solids[:, None]
    x, y, z = (probe[..., i, None] for i in range(3))
    outside, inside = torch.zeros_like(frame[..., 0, 0] * x), None
    for i in range(3):
        row = frame[..., i, :]
        local = row[..., 0] * x + row[..., 1] * y + row[..., 2] * z + row[..., 3]
        size = (row[..., 0] ** 2 + row[..., 1] ** 2 + row[..., 2] ** 2 + 1e-12).rsqrt()
        gap = (local.abs() - 1) * size
        outside = outside + gap.clamp(min=0) ** 2
        inside = gap if inside is None else torch.maximum(inside, gap)
    assert inside is not None  # noqa: S101  there are three axes
    # Inside a room its walls are near; inside anything else is as dark as it gets.
    away = torch.where(inside > 0, outside.sqrt(), inside.abs())
    return (away.amin(-1) / radius.clamp(min=1e-6)).clamp(0.0, 1.0) * 0.7 + 0.3


def _sky(ray: Tensor, light: Tensor) -> Tensor:
    """`(B, R, 3)` the colour in a direction in which nothing stands."""
    height = ray[..., 2:]
    flat = 1.5 / (0.3 + height.abs())
    seed = light[..., 22].to(torch.int32).expand(ray.shape[:2])
    cloud = noise((ray[..., :1] * flat)[..., 0], (ray[..., 1:2] * flat)[..., 0], seed)[..., None]
    base = torch.lerp(light[..., 18:21], light[..., 15:18], height.clamp(0, 1) ** 0.5)
    below = torch.where(height < 0, 1 + 0.5 * height * light[..., 23, None], 1.0)
    return base * below + light[..., 21, None] * (cloud - 0.4).clamp(min=0)
