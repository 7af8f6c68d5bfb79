"""Cameras into tokens, tokens into cameras.

A camera travels as nine numbers: position and orientation (x, y, z, w) of the camera in the world,
vertical and horizontal field of view [rad]. The principal point is taken to be the centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from da3studio.model.blocks import Block, Mlp
from da3studio.model.packing import Span

_TRUNK = 4  # blocks of the camera encoder
_TRUNK_HEADS = 16  # in every variant
_SMALLEST_TANGENT = 1e-6


@dataclass(frozen=True, eq=False)
class Cameras:
    """Of `S` views."""

    cam_from_world: Tensor  # (S, 3, 4)
    intrinsics: Tensor  # (S, 3, 3) [px of the network's input, pixel centres at half-integers]


class CameraEncoder(nn.Module):
    """Known cameras → the tokens that take the place of camera tokens. float32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pose_branch = Mlp(9, width // 2, width)
        self.token_norm = nn.LayerNorm(width, eps=1e-5)
        self.trunk = nn.ModuleList(
            Block(width, _TRUNK_HEADS, Mlp(width, 4 * width, width), rotary=False, eps=1e-5)
            for _ in range(_TRUNK)
        )
        self.trunk_norm = nn.LayerNorm(width, eps=1e-5)

    def forward(self, cameras: Cameras, sizes: Tensor) -> Tensor:
        """`(S, D)` tokens; the views attend to each other.

        Args:
            cameras: in the frame of the first one, at the scale the network was trained with, see
                `geometry.camera_alignment.normalise_for_conditioning`.
            sizes: `(S, 2)` height and width of the network's input [px].
        """
        x = self.token_norm(self.pose_branch(encode_cameras(cameras, sizes)))
        views = (Span(0, len(x), len(x)),)
        for block in self.trunk:
            x = block(x, views)
        return self.trunk_norm(x)


class CameraDecoder(nn.Module):
    """Camera tokens of the last tap → cameras. float32."""

    def __init__(self, tap_width: int) -> None:
        super().__init__()
        self.hidden1 = nn.Linear(tap_width, tap_width)
        self.hidden2 = nn.Linear(tap_width, tap_width)
        self.position = nn.Linear(tap_width, 3)
        self.orientation = nn.Linear(tap_width, 4)
        self.field_of_view = nn.Linear(tap_width, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        """`(S, tap width)` → `(S, 9)` camera encoding."""
        x = functional.relu(self.hidden2(functional.relu(self.hidden1(tokens.float()))))
        fields_of_view = functional.relu(self.field_of_view(x))
        return torch.cat([self.position(x), self.orientation(x), fields_of_view], dim=-1)


def encode_cameras(cameras: Cameras, sizes: Tensor) -> Tensor:
    """`(S, 9)` position, quaternion (x, y, z, w), vertical and horizontal field of view [rad]."""
    rotation, translation = cameras.cam_from_world[:, :, :3], cameras.cam_from_world[:, :, 3]
    world_from_cam = rotation.transpose(1, 2)
    position = -(world_from_cam @ translation[:, :, None])[:, :, 0]
    focal_yx = cameras.intrinsics.diagonal(dim1=1, dim2=2)[:, [1, 0]]
    fields_of_view = 2 * torch.atan(sizes / (2 * focal_yx))
    return torch.cat([position, quaternion_of(world_from_cam), fields_of_view], dim=-1)


def decode_cameras(encoding: Tensor, sizes: Tensor) -> Cameras:
    """The inverse of `encode_cameras`; the quaternion may have any length but 0."""
    position, quaternion, fields_of_view = encoding.split([3, 4, 2], dim=-1)
    cam_from_world = rotation_of(quaternion).transpose(1, 2)
    translation = -(cam_from_world @ position[:, :, None])
    tangent = torch.tan(fields_of_view / 2).clamp(min=_SMALLEST_TANGENT)
    focal_y, focal_x = (sizes / 2 / tangent).unbind(-1)
    zero, one = torch.zeros_like(focal_x), torch.ones_like(focal_x)
    height, width = sizes.to(encoding.dtype).unbind(-1)
    rows = [focal_x, zero, width / 2, zero, focal_y, height / 2, zero, zero, one]
    intrinsics = torch.stack(rows, dim=-1).unflatten(-1, (3, 3))
    return Cameras(torch.cat([cam_from_world, translation], dim=-1), intrinsics)


def rotation_of(quaternion: Tensor) -> Tensor:
    """`(..., 3, 3)` rotation of quaternions (x, y, z, w) of any length but 0."""
    x, y, z, w = quaternion.unbind(-1)
    s = 2 / (quaternion * quaternion).sum(-1)
    rows = [
        1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w),
        s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w),
        s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def quaternion_of(rotation: Tensor) -> Tensor:
    """`(..., 4)` unit quaternion (x, y, z, w), w >= 0, of `(..., 3, 3)` rotations.

    Of the four ways to write it down the one with the largest component is taken.
    """
    r = rotation.flatten(-2)
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = r.unbind(-1)
    squares = torch.stack(
        [1 + r00 - r11 - r22, 1 - r00 + r11 - r22, 1 - r00 - r11 + r22, 1 + r00 + r11 + r22], dim=-1
    )
    doubled = squares.clamp(min=0).sqrt()  # 2 |x|, 2 |y|, 2 |z|, 2 |w|
    xx, yy, zz, ww = (doubled * doubled).unbind(-1)
    xy, xz, yz = r10 + r01, r02 + r20, r12 + r21
    xw, yw, zw = r21 - r12, r02 - r20, r10 - r01
    ways = torch.stack(
        [
            torch.stack([xx, xy, xz, xw], dim=-1),
            torch.stack([xy, yy, yz, yw], dim=-1),
            torch.stack([xz, yz, zz, zw], dim=-1),
            torch.stack([xw, yw, zw, ww], dim=-1),
        ],
        dim=-2,
    ) / (2 * doubled.clamp(min=0.1)[..., None])
    # First on ties, in the order w, x, y, z in which the networks were trained.
    best = doubled[..., [3, 0, 1, 2]].argmax(dim=-1)
    way = ways[..., [3, 0, 1, 2], :].gather(-2, best[..., None, None].expand(*best.shape, 1, 4))
    quaternion = way[..., 0, :]
    return torch.where(quaternion[..., 3:] < 0, -quaternion, quaternion)
