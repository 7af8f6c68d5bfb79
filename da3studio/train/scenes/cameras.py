"""Cameras of made scenes, and the rays of their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Views:
    """Cameras of `B` scenes with `V` views each; OpenCV frame: x right, y down, z forward."""

    rotation: Tensor  # (B, V, 3, 3) world_from_cam
    position: Tensor  # (B, V, 3) in the world
    lens: Tensor  # (B, V, 4) fx, fy over width, height; cx, cy over width, height

    def part(self, scenes: slice) -> Views:
        """Some of the scenes."""
        return Views(self.rotation[scenes], self.position[scenes], self.lens[scenes])


def in_camera(lens: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """`(B, V, n, 3)` directions with z = 1 of places in the picture.

    Args:
        lens: `(B, V, 4)`, see `Views`.
        x: `(n,)` share of the width.
        y: `(n,)` share of the height.
    """
    fx, fy, cx, cy = lens[..., None, :].unbind(-1)
    along_x, along_y = (x - cx) / fx, (y - cy) / fy
    return torch.stack([along_x, along_y, torch.ones_like(along_x)], dim=-1)


def pixel_places(height: int, width: int, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """`(H * W,)` x and y of the pixels' centres, as shares of width and height."""
    y = (torch.arange(height, device=device) + 0.5) / height
    x = (torch.arange(width, device=device) + 0.5) / width
    return x.repeat(height), y.repeat_interleave(width)


def rays(views: Views, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Origins and directions, `(B, V * n, 3)` each; the distance along them is z."""
    directions = in_camera(views.lens, x, y) @ views.rotation.transpose(-1, -2)
    origins = views.position[:, :, None].expand_as(directions)
    return origins.flatten(1, 2), directions.flatten(1, 2)


def looking_at(position: Tensor, target: Tensor, roll: Tensor) -> Tensor:
    """`(..., 3, 3)` world_from_cam of cameras that look at a target.

    Args:
        position: `(..., 3)`.
        target: `(..., 3)`, elsewhere.
        roll: `(...)` about the optical axis [rad]; 0 = the world's z points up in the picture.
    """
    forward = target - position
    forward = forward / forward.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    steep = (forward[..., 2].abs() > 0.999).to(forward.dtype)
    up = torch.stack([torch.zeros_like(steep), steep, 1 - steep], dim=-1)
    right = torch.linalg.cross(forward, up, dim=-1)
    right = right / right.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    down = torch.linalg.cross(forward, right, dim=-1)
    cos, sin = roll.cos()[..., None], roll.sin()[..., None]
    return torch.stack([cos * right + sin * down, cos * down - sin * right, forward], dim=-1)


def projected(views: Views, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where world points appear in each view.

    Args:
        views: `(B, V)`.
        points: `(B, n, 3)`.

    Returns:
        x and y `(B, V, n)` as shares of width and height, and z; x and y mean nothing for z <= 0.
    """
    local = (points[:, None] - views.position[:, :, None]) @ views.rotation
    z = local[..., 2]
    fx, fy, cx, cy = views.lens[..., None, :].unbind(-1)
    ahead = z.clamp(min=1e-6)
    return fx * local[..., 0] / ahead + cx, fy * local[..., 1] / ahead + cy, z
