"""A 3D Gaussian for every pixel. Source: Kerbl et al. 2023 for what the numbers mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from da3studio.geometry.similarity import align_points
from da3studio.model.camera_heads import Cameras, quaternion_of, rotation_of
from da3studio.model.config import PATCH, DA3Config
from da3studio.model.dense_heads import Tail
from da3studio.model.pyramid import Fusion, Grid, Pyramid, add_uv, enlarge
from da3studio.model.spherical_harmonics import rotate_harmonics

_RAW = (2, 3, 4, 27, 1)  # shift in the picture, scale, quaternion, harmonics, shift in depth
_SCALES = (1e-5, 30.0)  # least and most, times 0.1 of a pixel's width at that depth
_BAND_WEIGHTS = (1.0,) + 3 * (0.025,) + 5 * (0.00625,)  # of the harmonics' degrees 0, 1, 2


@dataclass(frozen=True, eq=False)
class RawGaussians:
    """What the head says of `V` views of one size, before cameras give it a place."""

    values: Tensor  # (V, H, W, 37) channels as in `_RAW`
    opacity: Tensor  # (V, H, W) 0 to 1


@dataclass(frozen=True, eq=False)
class GaussianTensors:
    """`N` Gaussians in the world, view after view, row after row."""

    means: Tensor  # (N, 3)
    scales: Tensor  # (N, 3) standard deviations
    rotations: Tensor  # (N, 4) quaternions in the order that 3DGS files and viewers expect
    harmonics: Tensor  # (N, 3, 9) per colour
    opacities: Tensor  # (N,)


class GaussianHead(nn.Module):
    """A pyramid of its own, joined with the photo itself."""

    def __init__(self, config: DA3Config) -> None:
        super().__init__()
        features, half = config.features, config.features // 2
        self.pyramid = Pyramid(
            config.backbone.tap_width, features, config.channels, token_norm=False, uv=True
        )
        self.fusion = Fusion(features)
        self.neck = nn.Conv2d(features, half, 3, padding=1)
        self.photo = nn.Sequential(
            nn.Conv2d(3, half // 4, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(half // 4, half // 2, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(half // 2, half, 3, padding=1),
            nn.GELU(),
        )
        self.tail = Tail(half, sum(_RAW) + 1)

    def forward(self, taken: Sequence[Tensor], images: Tensor) -> RawGaussians:
        """What `pyramid.take` gave per level, `(V, 3, H, W)` normalised photos → raw values."""
        grid = Grid(*taken[0].shape[-2:])
        neck = self.neck(self.fusion(self.pyramid(taken)))
        full = enlarge(neck.float(), (grid.rows * PATCH, grid.cols * PATCH))
        raw = self.tail(add_uv(full + self.photo(images.float()), grid.aspect))
        return RawGaussians(raw[:, :-1].permute(0, 2, 3, 1), torch.sigmoid(raw[:, -1]))


def place_gaussians(
    raw: RawGaussians, depth: Tensor, cameras: Cameras, *, scale: float = 1.0
) -> GaussianTensors:
    """Raw values → Gaussians in the world.

    Args:
        raw: of `V` views.
        depth: `(V, H, W)`; taken along the ray, not along the axis, as the network was trained.
        cameras: of these views, for pictures of this size.
        scale: from the cameras' world to the one wanted; positions and sizes follow it.
    """
    height, width = depth.shape[1:]
    shift, size, quaternion, harmonics, deeper = raw.values.split(list(_RAW), dim=-1)
    world_from_cam = cameras.cam_from_world[:, :, :3].transpose(1, 2)
    centres = -(world_from_cam @ cameras.cam_from_world[:, :, 3:])[:, :, 0] * scale
    distance = ((depth[..., None] + deeper) * scale).flatten(1, 2)  # (V, P, 1)

    rows, cols = torch.meshgrid(
        torch.arange(height, device=depth.device) + 0.5,
        torch.arange(width, device=depth.device) + 0.5,
        indexing="ij",
    )
    pixels = (torch.stack([cols, rows], dim=-1) + shift).flatten(1, 2)  # (V, P, 2)
    ones = torch.ones_like(pixels[..., :1])
    rays = torch.cat([pixels, ones], -1) @ torch.linalg.inv(cameras.intrinsics).transpose(1, 2)
    rays = functional.normalize(rays, dim=-1) @ world_from_cam.transpose(1, 2)
    means = centres[:, None] + rays * distance

    least, most = _SCALES
    pixel = torch.linalg.inv(cameras.intrinsics[:, :2, :2]).sum(dim=(1, 2))  # one pixel at z = 1
    sigma = least + (most - least) * torch.sigmoid(size.flatten(1, 2))
    scales = sigma * distance * 0.1 * pixel[:, None, None]

    q = quaternion.flatten(1, 2)
    q = q / (q.norm(dim=-1, keepdim=True) + 1e-8)
    # The network was trained with the components in this order, and writes them out as they come.
    turned = world_from_cam[:, None] @ rotation_of(q[..., [3, 0, 1, 2]])
    weights = torch.tensor(_BAND_WEIGHTS, device=depth.device)
    sh = harmonics.flatten(1, 2).unflatten(-1, (3, 9)) * weights
    sh = rotate_harmonics(sh, world_from_cam[:, None, None])
    return GaussianTensors(
        means.flatten(0, 1),
        scales.flatten(0, 1),
        quaternion_of(turned).flatten(0, 1),
        sh.flatten(0, 1),
        raw.opacity.flatten(),
    )


def scale_to_known(predicted: Cameras, known: Cameras) -> float:
    """The factor from the predicted cameras' world to that of the known ones, 1/3 to 3.

    1 where the cameras do not tell: fewer than three, or all on one line.
    """
    try:
        similarity = align_points(*(_centres(cameras) for cameras in (predicted, known)))
    except ValueError:
        return 1.0
    return min(max(similarity.scale, 1 / 3), 3.0)


def _centres(cameras: Cameras) -> NDArray[np.float64]:
    pose = cameras.cam_from_world.cpu().double()
    return -(pose[:, :, :3].transpose(1, 2) @ pose[:, :, 3:])[:, :, 0].numpy()
