"""Where rays meet a scene, exactly.

Every solid is a box cut by a quadric, in a frame of its own in which the box is the unit cube:
boxes, ellipsoids, cylinders, cones, gables and barrel roofs are one formula without branches. So
the nearest hit is one reduction over the solids, which `torch.compile` makes one kernel of; on the
CPU the same code runs as it stands.

Besides solids a scene may hold lumps (superellipsoids with waves on them) and a terrain; these are
sampled along the ray for the first crossing, which is then narrowed down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

MISS = 1e8  # distance of what is not hit
_NOTHING = 1e-12  # in place of a zero that is divided by
_LUMP_SAMPLES = 16
_TERRAIN_SAMPLES = 56
_HALVINGS = 4
_SECANTS = 3


@dataclass(frozen=True, eq=False)
class Bodies:
    """What `B` scenes consist of; ids count solids, then lumps, then the terrain.

    A solid that is not there has a `local_from_world` of zeros and the offset 2.
    """

    solids: Tensor  # (B, P, 3, 4) local_from_world, into the unit cube [-1, 1]^3
    quadrics: Tensor  # (B, P, 5) xx, yy, zz, z, 1: inside where the sum is <= 0
    lumps: Tensor | None = None  # (B, L, 3, 4) local_from_world
    lump_shapes: Tensor | None = None  # (B, L, 5) two exponents, height, frequency, phase of waves
    terrain: Tensor | None = None  # (B, W, 4) waves: frequency along x, y [rad/unit], phase, height

    def part(self, scenes: slice) -> Bodies:
        """Some of the scenes."""
        return Bodies(*(None if x is None else x[scenes] for x in vars(self).values()))


def nearest(bodies: Bodies, origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """First hit of each ray.

    Args:
        bodies: of `B` scenes.
        origins: `(B, R, 3)`.
        directions: `(B, R, 3)`, of any length.

    Returns:
        `(B, R)` distance in lengths of the direction, `MISS` for none, and `(B, R)` id.
    """
    distance, which = _nearest_solid(bodies.solids, bodies.quadrics, origins, directions)
    count = bodies.solids.shape[1]
    if bodies.lumps is not None and bodies.lump_shapes is not None:
        to_lumps = _lumps(bodies.lumps, bodies.lump_shapes, origins, directions)
        to_lump = to_lumps.amin(-1)
        which = torch.where(to_lump < distance, count + to_lumps.argmin(-1), which)
        distance = torch.minimum(distance, to_lump)
        count += bodies.lumps.shape[1]
    if bodies.terrain is not None:
        to_terrain = _terrain(bodies.terrain, origins, directions)
        which = torch.where(to_terrain < distance, count, which)
        distance = torch.minimum(distance, to_terrain)
    return distance, which


def _nearest_solid(
    solids: Tensor, quadrics: Tensor, origins: Tensor, directions: Tensor
) -> tuple[Tensor, Tensor]:
    o, d = _local(solids, origins, directions)
    near, far, shift, o = _unit_cube(o, d)
    xx, yy, zz, z, one = quadrics[:, None].unbind(-1)
    a = xx * d[0] * d[0] + yy * d[1] * d[1] + zz * d[2] * d[2]
    a = torch.where(a.abs() < _NOTHING, _NOTHING, a)
    b = xx * o[0] * d[0] + yy * o[1] * d[1] + zz * o[2] * d[2] + 0.5 * z * d[2]
    c = xx * o[0] * o[0] + yy * o[1] * o[1] + zz * o[2] * o[2] + z * o[2] + one
    square = b * b - a * c
    root = square.clamp(min=0).sqrt()
    first, second = (-b - root) / a, (-b + root) / a
    low, high = torch.minimum(first, second), torch.maximum(first, second)
    crosses = square > 0
    # Bulging: inside between the roots. Hollow along this ray: inside before or after them, of
    # which only one lies in the cube, as the other is a cone's second half.
    before = near < torch.minimum(low, far)
    hollow_near = torch.where(before | ~crosses, near, torch.maximum(near, high))
    hollow_far = torch.where(before & crosses, torch.minimum(low, far), far)
    enters = torch.where(a > 0, torch.maximum(near, low), hollow_near)
    leaves = torch.where(a > 0, torch.minimum(far, high), hollow_far)
    there = (enters < leaves) & (crosses | (a < 0))
    enters, leaves = enters + shift, leaves + shift
    hit = torch.where(enters > 0, enters, leaves)  # from inside, the far side is seen
    hit = torch.where(there & (hit > 0), hit, MISS)
    return hit.amin(-1), hit.argmin(-1)


def _local(
    frames: Tensor, origins: Tensor, directions: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """Rays in each body's frame: x, y and z of origin and direction, `(B, R, P)` each."""
    m = frames[:, None]
    ox, oy, oz = (origins[..., i, None] for i in range(3))
    dx, dy, dz = (directions[..., i, None] for i in range(3))
    o = [m[..., i, 0] * ox + m[..., i, 1] * oy + m[..., i, 2] * oz + m[..., i, 3] for i in range(3)]
    d = [m[..., i, 0] * dx + m[..., i, 1] * dy + m[..., i, 2] * dz for i in range(3)]
    return o, d


def _unit_cube(o: list[Tensor], d: list[Tensor]) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    """Where the rays are inside the unit cube.

    Returns:
        Entry and exit, counted from the point nearest to the middle; that point's distance along
        the ray; and the point, so that squares of large coordinates need not be subtracted.
    """
    length = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).clamp(min=_NOTHING)
    shift = -(o[0] * d[0] + o[1] * d[1] + o[2] * d[2]) / length
    o = [a + shift * b for a, b in zip(o, d, strict=True)]
    near, far = torch.full_like(shift, -MISS), torch.full_like(shift, MISS)
    for a, b in zip(o, d, strict=True):
        slope = 1 / torch.where(b.abs() < _NOTHING, _NOTHING, b)
        one, other = (-1 - a) * slope, (1 - a) * slope
        near = torch.maximum(near, torch.minimum(one, other))
        far = torch.minimum(far, torch.maximum(one, other))
    return near, far, shift, o


def lump_value(x: Tensor, y: Tensor, z: Tensor, shape: Tensor) -> Tensor:
    """Below 0 inside a lump; about the distance in its own units near its surface."""
    across, upright, height, frequency, phase = shape.unbind(-1)
    swell = 1 + 1.5 * height
    x, y, z = x * swell, y * swell, z * swell
    ring = (_power(x, across) + _power(y, across)).clamp(min=1e-9) ** (upright / across)
    body = (ring + _power(z, upright)).clamp(min=1e-9) ** (1 / upright)
    waves = torch.sin(frequency * x + phase) * torch.sin(frequency * y + 2 * phase)
    return body - 1 + height * waves * torch.sin(frequency * z + 3 * phase)


def _power(x: Tensor, exponent: Tensor) -> Tensor:
    return x.abs().clamp(min=1e-6) ** exponent


def _lumps(frames: Tensor, shapes: Tensor, origins: Tensor, directions: Tensor) -> Tensor:
    """`(B, R, L)` distances."""
    o, d = _local(frames, origins, directions)
    near, far, shift, o = _unit_cube(o, d)
    near = torch.maximum(near, -shift)  # not behind the eye
    shape = shapes[:, None]

    def value(t: Tensor, of: Tensor) -> Tensor:
        along = [a.reshape(*a.shape, *[1] * (t.dim() - a.dim())) for a in (*o, *d)]
        x, y, z = (along[i] + t * along[3 + i] for i in range(3))
        return lump_value(x, y, z, of)

    step = (far - near).clamp(min=0) / _LUMP_SAMPLES
    index = torch.arange(1, _LUMP_SAMPLES, device=o[0].device, dtype=torch.float32)
    inside = value(near[..., None] + step[..., None] * index, shape[..., None, :]) < 0
    first = torch.where(inside, index, MISS).amin(-1)
    hit = _narrowed(lambda t: value(t, shape), near + step * (first - 1), near + step * first)
    return torch.where((far > near) & (first < MISS), hit + shift, MISS)


def terrain_height(x: Tensor, y: Tensor, waves: Tensor) -> Tensor:
    """Height at `(B, ...)` places of the terrain of each scene, `waves` being `(B, W, 4)`."""
    shape = (waves.shape[0], *[1] * (x.dim() - 1))
    height = torch.zeros_like(x)
    for i in range(waves.shape[1]):
        along_x, along_y, phase, size = (waves[:, i, k].reshape(shape) for k in range(4))
        height = height + size * torch.sin(along_x * x + along_y * y + phase)
    return height


def _terrain(waves: Tensor, origins: Tensor, directions: Tensor) -> Tensor:
    """`(B, R)` distances."""
    (ox, oy, oz), (dx, dy, dz) = origins.unbind(-1), directions.unbind(-1)
    peak = waves[..., 3].abs().sum(-1)[:, None]
    slope = 1 / torch.where(dz.abs() < 1e-6, 1e-6, dz)
    one, other = (-peak - oz) * slope, (peak - oz) * slope
    near, far = torch.minimum(one, other).clamp(min=1e-3), torch.maximum(one, other)
    far = torch.minimum(far, near + 40 * peak / (dx * dx + dy * dy + dz * dz).sqrt())

    def value(t: Tensor) -> Tensor:
        o = [a.reshape(*a.shape, *[1] * (t.dim() - a.dim())) for a in (ox, oy, oz, dx, dy, dz)]
        return o[2] + t * o[5] - terrain_height(o[0] + t * o[3], o[1] + t * o[4], waves)

    step = (far - near).clamp(min=0) / _TERRAIN_SAMPLES
    index = torch.arange(1, _TERRAIN_SAMPLES + 1, device=ox.device, dtype=torch.float32)
    below = value(near[..., None] + step[..., None] * index) < 0
    first = torch.where(below, index, MISS).amin(-1)
    hit = _narrowed(value, near + step * (first - 1), near + step * first)
    return torch.where((far > near) & (first < MISS), hit, MISS)


def _narrowed(value: Callable[[Tensor], Tensor], outside: Tensor, inside: Tensor) -> Tensor:
    """The crossing between a place outside and one inside: halving, then along the chord."""
    outside, inside = outside.clamp(max=1e6), inside.clamp(max=1e6)
    at_outside, at_inside = value(outside), value(inside)
    for turn in range(_HALVINGS + _SECANTS):
        share = at_outside / (at_outside - at_inside).clamp(min=1e-9)
        middle = outside + (inside - outside) * (0.5 if turn < _HALVINGS else share.clamp(0, 1))
        at_middle = value(middle)
        is_inside = at_middle < 0
        inside, outside = (
            torch.where(is_inside, middle, inside),
            torch.where(is_inside, outside, middle),
        )
        # The end that stays is trusted less, so that the other one moves too.
        at_inside, at_outside = (
            torch.where(is_inside, at_middle, 0.5 * at_inside),
            torch.where(is_inside, 0.5 * at_outside, at_middle),
        )
    return middle
