"""Building blocks of scenes: random numbers for many scenes at once, and solids put in place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import torch
from torch import Tensor

from da3studio.train.scenes.tracing import Bodies

Device: TypeAlias = "torch.device | str"


class Role(IntEnum):
    """What a body is, where it matters for how it looks."""

    ANY = 0
    GROUND = 1
    WALL = 2
    FACADE = 3
    LEAVES = 4


# Quadrics of `tracing`, by name: what is cut out of the unit cube.
_SHAPES: tuple[tuple[float, float, float, float, float], ...] = (
    (0, 0, 0, 0, -1),  # box
    (1, 1, 1, 0, -1),  # ellipsoid
    (1, 1, 0, 0, -1),  # cylinder
    (1, 1, -0.25, 0.5, -0.25),  # cone, point up
    (1, 1, -0.04, 0.32, -0.64),  # cut cone, 0.6 wide at the top
    (1, 0, -0.25, 0.5, -0.25),  # gable
    (1, 0, 1, 0, -1),  # lying cylinder
    (1, 1, 0, 0.5, -0.5),  # dome
)
BOX, BALL, CYLINDER, CONE, CUT_CONE, GABLE, BARREL, DOME = range(len(_SHAPES))


@dataclass(frozen=True)
class Draw:
    """Random numbers for `n` scenes, from torch's own generator of the device."""

    n: int
    device: Device

    def between(self, low: float, high: float, *shape: int) -> Tensor:
        """`(n, *shape)`, even."""
        return low + (high - low) * torch.rand(self.n, *shape, device=self.device)

    def scale(self, low: float, high: float, *shape: int) -> Tensor:
        """`(n, *shape)`, even in the logarithm."""
        return self.between(math.log(low), math.log(high), *shape).exp()

    def normal(self, *shape: int) -> Tensor:
        """`(n, *shape)` of spread 1."""
        return torch.randn(self.n, *shape, device=self.device)

    def chance(self, share: float, *shape: int) -> Tensor:
        """`(n, *shape)` booleans."""
        return torch.rand(self.n, *shape, device=self.device) < share

    def one_of(self, choices: tuple[int, ...], *shape: int) -> Tensor:
        """`(n, *shape)` of the choices, each as likely."""
        table = _constant(choices, self.device)
        index = (torch.rand(self.n, *shape, device=self.device) * len(choices)).long()
        return table[index.clamp(max=len(choices) - 1)]

    def turn(self, *shape: int) -> Tensor:
        """`(n, *shape)` angles [rad]; often along the axes."""
        quarter = self.one_of((0, 1, 2, 3), *shape) * (math.pi / 2)
        return torch.where(self.chance(0.4, *shape), self.between(0, 2 * math.pi, *shape), quarter)

    def attitude(self, *shape: int) -> Tensor:
        """`(n, *shape, 3, 3)` rotations, all as likely."""
        q = self.normal(*shape, 4)
        x, y, z, w = (q / q.norm(dim=-1, keepdim=True).clamp(min=1e-6)).unbind(-1)
        rows = [
            1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
            2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
            2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
        ]  # fmt: skip
        return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


@dataclass(frozen=True, eq=False)
class Parts:
    """`K` solids of each of `B` scenes."""

    centre: Tensor  # (B, K, 3)
    size: Tensor  # (B, K, 3) half extents
    attitude: Tensor  # (B, K, 3, 3) world_from_local
    shape: Tensor  # (B, K) index into the shapes
    role: Tensor  # (B, K)
    there: Tensor  # (B, K) bool


def parts(
    centre: Tensor,
    size: Tensor,
    *,
    yaw: Tensor | None = None,
    attitude: Tensor | None = None,
    shape: Tensor | int = BOX,
    role: int = Role.ANY,
    there: Tensor | None = None,
) -> Parts:
    """Solids of one kind.

    Args:
        centre: `(B, K, 3)`.
        size: `(B, K, 3)` half extents.
        yaw: `(B, K)` turn about the vertical [rad]; 0 if left out.
        attitude: `(B, K, 3, 3)` instead of yaw.
        shape: one for all, or `(B, K)`.
        role: see `Role`.
        there: `(B, K)` which exist; all if left out.
    """
    of_each = centre.shape[:2]
    if attitude is None:
        attitude = yawed(yaw if yaw is not None else torch.zeros_like(centre[..., 0]))
    if isinstance(shape, int):
        shape = torch.full(of_each, shape, device=centre.device)
    roles = torch.full(of_each, int(role), device=centre.device)
    if there is None:
        there = torch.ones(of_each, dtype=torch.bool, device=centre.device)
    return Parts(centre, size, attitude, shape, roles, there)


def joined(*groups: Parts) -> Parts:
    """All solids of several groups."""
    columns = zip(*(vars(group).values() for group in groups), strict=True)
    return Parts(*(torch.cat(column, dim=1) for column in columns))


def yawed(angle: Tensor) -> Tensor:
    """`(..., 3, 3)` turn about z."""
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = [cos, -sin, zero, sin, cos, zero, zero, zero, zero + 1]
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def stacked(*values: Tensor | float) -> Tensor:
    """Numbers and tensors of one shape → `(..., n)`."""
    like = next(value for value in values if isinstance(value, Tensor))
    each = [v if isinstance(v, Tensor) else torch.full_like(like, v) for v in values]
    return torch.stack(each, dim=-1)


def bodies_of(
    solids: Parts,
    slots: int,
    lumps: Parts | None = None,
    lump_shapes: Tensor | None = None,
    terrain: Tensor | None = None,
) -> tuple[Bodies, Tensor]:
    """What the tracer wants, and the role of each body `(B, bodies)`.

    Args:
        solids: at most `slots`.
        slots: how many solids scenes of this group have, those that are not there included.
        lumps: of these `shape` is not used.
        lump_shapes: see `Bodies`.
        terrain: see `Bodies`.
    """
    frames = _frames(solids)
    quadrics = _constant(_SHAPES, frames.device)[solids.shape]
    missing = slots - frames.shape[1]
    if missing < 0:
        raise ValueError(f"{frames.shape[1]} solids do not fit into {slots} slots")
    nothing = torch.zeros_like(frames[:, :1])
    nothing[..., 3] = 2
    frames = torch.cat([frames, nothing.expand(-1, missing, -1, -1)], dim=1)
    quadrics = torch.cat([quadrics, quadrics[:, :1].expand(-1, missing, -1)], dim=1)
    roles = [solids.role, torch.zeros_like(solids.role[:, :1]).expand(-1, missing)]
    if lumps is not None:
        roles.append(lumps.role)
    if terrain is not None:
        roles.append(torch.full_like(solids.role[:, :1], int(Role.GROUND)))
    to_lumps = None if lumps is None else _frames(lumps)
    return Bodies(frames, quadrics, to_lumps, lump_shapes, terrain), torch.cat(roles, dim=1)


def _frames(solids: Parts) -> Tensor:
    """`(B, K, 3, 4)` local_from_world, into the unit cube."""
    turned = solids.attitude.transpose(-1, -2) / solids.size.clamp(min=1e-4)[..., None]
    offset = -(turned @ solids.centre[..., None])
    frames = torch.cat([turned, offset], dim=-1)
    nothing = torch.zeros_like(frames)
    nothing[..., 3] = 2
    return torch.where(solids.there[..., None, None], frames, nothing)


_CONSTANTS: dict[tuple[object, str], Tensor] = {}


def _constant(values: tuple[object, ...], device: Device) -> Tensor:
    """A small table on a device, copied there once: a copy cannot be part of a CUDA graph."""
    key = (values, str(device))
    if key not in _CONSTANTS:
        _CONSTANTS[key] = torch.tensor(values, device=device)
    return _CONSTANTS[key]
