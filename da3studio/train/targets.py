"""What the network should say about a batch, in the frame and at the scale it speaks in."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from da3studio.train.scenes.batch import Batch
from da3studio.train.scenes.cameras import in_camera, pixel_places
from da3studio.train.scenes.parts import Draw

_FARTHEST = 40.0  # times the scene's scale; beyond, depth says nothing of use
_EVERY = 4  # pixels, of which one is enough to find the scale
_LEAST_DIVISOR = 0.1  # of the product's normalisation of known cameras
_MEAN = (0.485, 0.456, 0.406)  # of ImageNet, RGB
_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class Targets:
    """Of `B` scenes with `V` views; the world is the first view's camera frame.

    The unit is the geometric mean distance of what all views see, from the first camera.
    """

    depth: Tensor  # (B, V, H, W); 0 = nothing there
    valid: Tensor  # (B, V, H, W) bool
    rotation: Tensor  # (B, V, 3, 3) world_from_cam
    position: Tensor  # (B, V, 3)
    lens: Tensor  # (B, V, 4), see `scenes.cameras.Views`

    @property
    def cameras(self) -> Tensor:
        """`(B, V, 9)` as the camera decoder says it."""
        return encoded(self.rotation, self.position, self.lens)


def normalised(photos: Tensor) -> Tensor:
    """`(..., 3, H, W)` photos in 0 to 1 → the network's input."""
    mean, std = (
        torch.stack([torch.full_like(photos[0, 0, 0, :1, :1], value) for value in values])
        for values in (_MEAN, _STD)
    )
    return (photos - mean) / std


def targets_of(batch: Batch) -> Targets:
    """Moved into the first camera's frame and scaled."""
    views = batch.views
    turn = views.rotation[:, :1].transpose(-1, -2)
    rotation = turn @ views.rotation
    position = (turn @ (views.position - views.position[:, :1])[..., None])[..., 0]
    depth, valid = batch.depth, batch.depth > 1e-4
    some, there = depth[..., ::_EVERY, ::_EVERY], valid[..., ::_EVERY, ::_EVERY]
    directions = directions_of(rotation, views.lens, *some.shape[-2:])
    points = directions * some[..., None] + position[:, :, None, None]
    away = points.norm(dim=-1).clamp(min=1e-3).log()
    scale = ((away * there).sum((1, 2, 3)) / there.sum((1, 2, 3)).clamp(min=1)).exp()
    depth = depth / scale[:, None, None, None]
    valid = valid & (depth < _FARTHEST)
    return Targets(depth, valid, rotation, position / scale[:, None, None], views.lens)


def directions_of(rotation: Tensor, lens: Tensor, height: int, width: int) -> Tensor:
    """`(B, V, h, w, 3)` in the world, of pixels of a map; the distance along them is z."""
    x, y = pixel_places(height, width, lens.device)
    directions = in_camera(lens, x, y) @ rotation.transpose(-1, -2)
    return directions.unflatten(2, (height, width))


def sampled(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`(..., H, W)` at the pixels that the middles of a coarser map's cells lie in."""
    if x.shape[-2:] == size:
        return x
    rows, cols = (
        ((torch.arange(n, device=x.device) + 0.5) * (of / n)).long()
        for n, of in zip(size, x.shape[-2:], strict=True)
    )
    return x[..., rows, :][..., cols]


def encoded(rotation: Tensor, position: Tensor, lens: Tensor) -> Tensor:
    """`(B, V, 9)`: position, quaternion, vertical and horizontal field of view [rad]."""
    fields_of_view = 2 * torch.atan(0.5 / lens[..., :2].flip(-1))
    return torch.cat([position, _quaternion(rotation), fields_of_view], dim=-1)


def _quaternion(rotation: Tensor) -> Tensor:
    """As `model.camera_heads.quaternion_of`, without an index that lies in the CPU's memory.

    Such an index would be copied to the GPU, which a CUDA graph cannot hold.
    """
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = rotation.flatten(-2).unbind(-1)
    ways = [
        (r21 - r12, r02 - r20, r10 - r01, 1 + r00 + r11 + r22),
        (1 + r00 - r11 - r22, r10 + r01, r02 + r20, r21 - r12),
        (r10 + r01, 1 - r00 + r11 - r22, r12 + r21, r02 - r20),
        (r02 + r20, r12 + r21, 1 - r00 - r11 + r22, r10 - r01),
    ]
    quaternion = torch.stack(ways[0], dim=-1)
    largest = ways[0][3]
    for index, way in enumerate(ways[1:]):
        better = way[index] > largest
        largest = torch.where(better, way[index], largest)
        quaternion = torch.where(better[..., None], torch.stack(way, dim=-1), quaternion)
    quaternion = quaternion / quaternion.norm(dim=-1, keepdim=True).clamp(min=1e-9)
    return torch.where(quaternion[..., 3:] < 0, -quaternion, quaternion)


def given_cameras(targets: Targets, draw: Draw) -> Tensor:
    """`(B, V, 9)` known cameras as people have them: of any scale, then as the product scales."""
    position = targets.position * draw.scale(0.3, 3.0, 1, 1)
    away = position.norm(dim=-1).sort(dim=-1).values
    middle = away[:, (away.shape[1] - 1) // 2].clamp(min=_LEAST_DIVISOR)
    return encoded(targets.rotation, position / middle[:, None, None], targets.lens)
