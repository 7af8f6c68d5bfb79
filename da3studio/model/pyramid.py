"""From tokens of four depths of the backbone to one dense map.

Source: Ranftl et al. 2021 (dense prediction transformers): each tap becomes one level of a pyramid,
and the levels are fused from the coarsest to the finest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 4
_UV_BASE = 100.0
_UV_WEIGHT = 0.1


@dataclass(frozen=True)
class Grid:
    """Patches of a photo, and its shape."""

    rows: int
    cols: int

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.cols / self.rows


class Pyramid(nn.Module):
    """Taps → four levels at 4, 2, 1 and 1/2 times the patches' resolution, `features` each.

    Args:
        tap_width: channels of a tap.
        features: channels of every level that comes out.
        channels: of each level before that.
        token_norm: normalise the taps first.
        uv: add the position in the picture to each level.
    """

    def __init__(
        self,
        tap_width: int,
        features: int,
        channels: tuple[int, int, int, int],
        *,
        token_norm: bool,
        uv: bool,
    ) -> None:
        super().__init__()
        self.uv = uv
        self.norm = nn.LayerNorm(tap_width, eps=1e-5) if token_norm else nn.Identity()
        self.project = nn.ModuleList(nn.Conv2d(tap_width, width, 1) for width in channels)
        a, b, _, d = channels
        self.resize = nn.ModuleList(
            [
                nn.ConvTranspose2d(a, a, 4, stride=4),
                nn.ConvTranspose2d(b, b, 2, stride=2),
                nn.Identity(),
                nn.Conv2d(d, d, 3, stride=2, padding=1),
            ]
        )
        self.merge = nn.ModuleList(
            nn.Conv2d(width, features, 3, padding=1, bias=False) for width in channels
        )

    def take(self, level: int, patches: Tensor, grid: Grid) -> Tensor:
        """`(views, rows * cols, tap width)` of one tap → `(views, channels, rows, cols)`.

        Called as soon as the backbone has made the tap, which need not be kept then.
        """
        project = self.project[level]
        normed = self.norm(patches.to(project.weight.dtype))
        projected = project(normed.unflatten(1, (grid.rows, grid.cols)).permute(0, 3, 1, 2))
        return add_uv(projected, grid.aspect) if self.uv else projected

    def forward(self, taken: Sequence[Tensor]) -> list[Tensor]:
        """What `take` gave for each level → `(views, features, ., .)` each, finest first."""
        return [
            merge(resize(level))
            for level, resize, merge in zip(taken, self.resize, self.merge, strict=True)
        ]


class ResidualUnit(nn.Module):
    """Two convolutions beside a straight connection."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(functional.relu_(self.conv1(functional.relu(x)))).add_(x)


class FusionStage(nn.Module):
    """Joins one level with everything coarser, then enlarges."""

    def __init__(self, features: int, *, coarsest: bool) -> None:
        super().__init__()
        self.unit1 = None if coarsest else ResidualUnit(features)
        self.unit2 = ResidualUnit(features)
        self.out = nn.Conv2d(features, features, 1)

    def forward(self, level: Tensor, coarser: Tensor | None, size: tuple[int, int]) -> Tensor:
        joined = level
        if self.unit1 is not None and coarser is not None:
            joined = self.unit1(level).add_(coarser)
        # The 1 x 1 convolution commutes with the enlarging and costs a quarter before it.
        return enlarge(self.out(self.unit2(joined)), size)


class Fusion(nn.Module):
    """The levels of a pyramid → one map at 8 times the patches' resolution."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            FusionStage(features, coarsest=level == LEVELS - 1) for level in range(LEVELS)
        )

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        height, width = levels[0].shape[-2:]
        sizes = [(2 * height, 2 * width), *(tuple(level.shape[-2:]) for level in levels[:-1])]
        fused: Tensor | None = None
        for stage, level, size in zip(
            reversed(self.stages), reversed(levels), reversed(sizes), strict=True
        ):
            fused = stage(level, fused, size)
        assert fused is not None  # noqa: S101  there are always four levels
        return fused


def enlarge(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear, corner pixels onto corner pixels."""
    return functional.interpolate(x, size, mode="bilinear", align_corners=True)


def add_uv(x: Tensor, aspect: float) -> Tensor:
    """Add to `(views, C, rows, cols)`, in place, where in the picture each cell lies."""
    channels, rows, cols = x.shape[1:]
    along_x, along_y = uv_waves(channels, rows, cols, aspect, x.device)
    x[:, : channels // 2] += along_x
    x[:, channels // 2 :] += along_y
    return x


@lru_cache(maxsize=64)
def uv_waves(
    channels: int, rows: int, cols: int, aspect: float, device: torch.device
) -> tuple[Tensor, Tensor]:
    """`(C / 2, 1, cols)` and `(C / 2, rows, 1)`; kept, as every batch of views asks again.

    Half of the channels tell x, half y: sines and cosines at `C / 4` frequencies each, of
    coordinates in which the picture's half diagonal is 1.
    """
    half_height = 1 / (aspect**2 + 1) ** 0.5
    frequency = torch.arange(channels // 4, device=device, dtype=torch.float32)
    waves = []
    for size, extent, shape in (
        (cols, aspect * half_height, (1, cols)),
        (rows, half_height, (rows, 1)),
    ):
        end = extent * (size - 1) / size
        at = torch.linspace(-end, end, size, device=device, dtype=torch.float32)
        angles = _UV_BASE ** (-frequency / (channels // 4))[:, None] * at
        waves.append(_UV_WEIGHT * torch.cat([angles.sin(), angles.cos()]).unflatten(1, shape))
    return waves[0], waves[1]
