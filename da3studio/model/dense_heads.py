"""What every pixel is told: depth with confidence and rays, or depth and sky."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from da3studio.model.config import PATCH, DA3Config
from da3studio.model.pyramid import Fusion, Grid, Pyramid, add_uv, enlarge

_HIDDEN = 32  # channels before the last convolution


@dataclass(frozen=True, eq=False)
class DenseMaps:
    """Of `V` views of one size, all float32."""

    depth: Tensor  # (V, H, W) > 0 along the optical axis [the network's units]
    confidence: Tensor | None = None  # (V, H, W) >= 1
    sky: Tensor | None = None  # (V, H, W) >= 0, sky from about 0.3 to 0.5
    rays: Tensor | None = None  # (V, 8 rows, 8 cols, 6) direction, origin; in the world
    ray_confidence: Tensor | None = None  # (V, 8 rows, 8 cols) >= 1


class Tail(nn.Sequential):
    """The last two convolutions; in float32, as depth needs more than eight bits of precision."""

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__(
            nn.Conv2d(width_in, _HIDDEN, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(_HIDDEN, width_out, 1),
        )


class DepthAndRays(nn.Module):
    """Head of the any-view networks: one pyramid, fused twice."""

    def __init__(self, config: DA3Config) -> None:
        super().__init__()
        features = config.features
        self.pyramid = Pyramid(
            config.backbone.tap_width, features, config.channels, token_norm=True, uv=True
        )
        self.depth_fusion = Fusion(features)
        self.depth_neck = nn.Conv2d(features, features // 2, 3, padding=1)
        self.depth_tail = Tail(features // 2, 2)
        self.ray_fusion = Fusion(features)
        half = features // 2
        widths = (features, half, features, half, features, half)
        self.ray_neck = nn.Sequential(  # no activation in between
            *(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        )
        self.ray_tail_in = nn.Conv2d(half, _HIDDEN, 3, padding=1)
        self.ray_tail_norm = nn.LayerNorm(_HIDDEN, eps=1e-5)
        self.ray_tail_out = nn.Conv2d(_HIDDEN, 7, 1)

    def forward(self, taken: Sequence[Tensor], *, rays: bool) -> DenseMaps:
        """What `pyramid.take` gave for each level → maps.

        Args:
            taken: `(V, channels, rows, cols)` per level.
            rays: also tell rays; costs as much again.
        """
        grid = Grid(*taken[0].shape[-2:])
        levels = self.pyramid(taken)
        neck = self.depth_neck(self.depth_fusion(levels))
        raw = self.depth_tail(add_uv(_at_full_size(neck, grid), grid.aspect))
        depth, confidence = raw[:, 0].exp(), raw[:, 1].exp() + 1
        if not rays:
            return DenseMaps(depth, confidence)
        neck = add_uv(self.ray_neck(self.ray_fusion(levels).float()), grid.aspect)
        hidden = self.ray_tail_norm(self.ray_tail_in(neck).permute(0, 2, 3, 1))
        raw = self.ray_tail_out(functional.relu_(hidden).permute(0, 3, 1, 2))
        ray_maps = raw[:, :6].permute(0, 2, 3, 1)
        return DenseMaps(depth, confidence, rays=ray_maps, ray_confidence=raw[:, 6].exp() + 1)


class DepthAndSky(nn.Module):
    """Head of the monocular networks."""

    def __init__(self, config: DA3Config) -> None:
        super().__init__()
        features = config.features
        self.pyramid = Pyramid(
            config.backbone.tap_width, features, config.channels, token_norm=False, uv=False
        )
        self.depth_fusion = Fusion(features)
        self.depth_neck = nn.Conv2d(features, features // 2, 3, padding=1)
        self.depth_tail = Tail(features // 2, 1)
        self.sky_tail = Tail(features // 2, 1)

    def forward(self, taken: Sequence[Tensor]) -> DenseMaps:
        """What `pyramid.take` gave for each level → maps."""
        grid = Grid(*taken[0].shape[-2:])
        neck = self.depth_neck(self.depth_fusion(self.pyramid(taken)))
        full = _at_full_size(neck, grid)
        return DenseMaps(
            self.depth_tail(full)[:, 0].exp(), sky=functional.relu(self.sky_tail(full)[:, 0])
        )


def joined(parts: Sequence[DenseMaps]) -> DenseMaps:
    """Maps of several batches of views as one."""
    fields: dict[str, Tensor | None] = {}
    for name in DenseMaps.__dataclass_fields__:
        values = [getattr(part, name) for part in parts]
        fields[name] = None if values[0] is None else torch.cat(values)
    return DenseMaps(**fields)


def _at_full_size(neck: Tensor, grid: Grid) -> Tensor:
    """At the photo's own size and in the precision of the tails."""
    return enlarge(neck.float(), (grid.rows * PATCH, grid.cols * PATCH))
