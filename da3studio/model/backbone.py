"""A DINOv2-style vision transformer in which the views of a scene meet.

Every photo is cut into patches and embedded on its own. The first blocks look at each view alone.
From `cross_view_from` on, local blocks alternate with blocks in which all tokens of all views
attend to each other; there, each view's class token has been replaced by a camera token: of the
reference view, of any other view, or of a known camera.

Source: Oquab et al. 2023 (DINOv2), Lin et al. 2025 (Depth Anything 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from da3studio.model.blocks import Block, Mlp, SwiGLU
from da3studio.model.config import PATCH, BackboneConfig
from da3studio.model.packing import Packing
from da3studio.model.reference_view import ReferenceStrategy, choose_reference_view
from da3studio.model.rope import Rotation, rotation_at

_GRID = 37  # patches a side of the photos that the position embedding was trained on
_GRID_OFFSET = 0.1  # the trained weights expect the resampling factors to be this much off


@dataclass(frozen=True, eq=False)
class Tap:
    """What the heads see of one block."""

    patches: tuple[Tensor, ...]  # per size group (views, rows * cols, tap width)
    camera: Tensor  # (S, tap width) each view's camera token, not normalised


@dataclass(frozen=True, eq=False)
class Encoded:
    """What is left of a pass besides the taps, which went to `on_tap`."""

    camera: Tensor  # (S, tap width) camera tokens of the last tap
    reference: int  # index of the reference view; 0 where poses were given
    descriptors: Tensor  # (S, 2 D) unit length, of each photo alone: alike for the same place


OnTap = Callable[[int, Tap], None]


class Backbone(nn.Module):
    """Patches, camera tokens and transformer blocks."""

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.patch_embed = nn.Conv2d(3, width, PATCH, stride=PATCH)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + _GRID**2, width))
        if config.cross_view_from is not None:
            self.camera_token = nn.Parameter(torch.zeros(1, 2, width))  # reference, any other
        self.blocks = nn.ModuleList(_block(config, i) for i in range(config.depth))
        self.norm = nn.LayerNorm(width, eps=1e-5)

    def forward(
        self,
        images: Sequence[Tensor],
        packing: Packing,
        on_tap: OnTap,
        *,
        known_cameras: Tensor | None = None,
        strategy: ReferenceStrategy | int = "saddle_balanced",
    ) -> Encoded:
        """Encode the views.

        Args:
            images: per size group `(views, 3, H, W)`, normalised.
            packing: of these views.
            on_tap: given each tap as soon as it is there, with its number.
            known_cameras: `(S, D)` tokens of the camera encoder, in the order of the views.
            strategy: how the reference view is chosen where no cameras are known.
        """
        config = self.config
        x = torch.cat([self._embed(group) for group in images])
        cameras = packing.camera_tokens.to(x.device)
        within = _rotation(packing.positions(), x.device, self._compute_dtype)
        # Across views all patches share one position: only camera tokens differ from patches.
        across = _rotation(packing.positions().clamp(max=1), x.device, self._compute_dtype)
        first = config.cross_view_from
        reference, local = 0, x
        descriptors = x.new_zeros(len(packing.sizes), 0)
        for i, block in enumerate(self.blocks):
            if first is not None and i == first - 1:
                descriptors = _descriptors(x, packing)
                if known_cameras is None:
                    reference = choose_reference_view(x[cameras], strategy)
            if i == first:
                x = x.index_copy(0, cameras, self._camera_tokens(known_cameras, reference, cameras))
            if config.is_cross_view(i):
                x = block(x, packing.across_views, across)
            else:
                rotates = first is not None and i >= first
                x = local = block(x, packing.within_views, within if rotates else None)
            if i in config.taps:
                tap = self._tap(x, local, cameras, packing)
                on_tap(config.taps.index(i), tap)
        if first is None:
            descriptors = _descriptors(x, packing)
        return Encoded(tap.camera, reference, descriptors)

    @property
    def _compute_dtype(self) -> torch.dtype:
        return self.patch_embed.weight.dtype

    def _embed(self, images: Tensor) -> Tensor:
        """`(views, 3, H, W)` → packed tokens `(views * (1 + rows * cols), D)`."""
        grid = self.patch_embed(images.to(self._compute_dtype))
        patches = grid.flatten(2).transpose(1, 2).to(self.pos_embed.dtype)
        first = self.cls_token.expand(len(patches), -1, -1)
        x = torch.cat([first, patches], dim=1)
        return (x + self.position_embedding(*grid.shape[-2:])).flatten(0, 1)

    def position_embedding(self, rows: int, cols: int) -> Tensor:
        """`(1, 1 + rows * cols, D)`: the trained grid resampled to this one, bicubic."""
        if rows == cols == _GRID:
            return self.pos_embed
        table = self.pos_embed.float()
        grid = table[0, 1:].unflatten(0, (_GRID, _GRID))
        by_row, by_col = (grid_resampling(n).to(grid.device) for n in (rows, cols))
        patches = torch.einsum("ri,cj,ijd->rcd", by_row, by_col, grid).flatten(0, 1)
        return torch.cat([table[:, :1], patches[None]], dim=1).to(self.pos_embed.dtype)

    def _camera_tokens(self, known: Tensor | None, reference: int, cameras: Tensor) -> Tensor:
        """`(S, D)` what takes the place of the class tokens."""
        if known is not None:
            return known.to(self.camera_token.dtype)
        is_other = torch.ones(len(cameras), dtype=torch.long, device=cameras.device)
        is_other[reference] = 0
        return self.camera_token[0, is_other]

    def _tap(self, x: Tensor, local: Tensor, cameras: Tensor, packing: Packing) -> Tap:
        """Patches normalised, except those of the local half; camera tokens as they are."""
        normed = self.norm(x).to(self._compute_dtype)
        if self.config.cross_view_from is None:
            patches = tuple(group.patches(normed) for group in packing.groups)
            return Tap(patches, x[cameras])
        both = torch.cat([local.to(self._compute_dtype), normed], dim=-1)
        camera = torch.cat([local[cameras], x[cameras]], dim=-1)
        return Tap(tuple(group.patches(both) for group in packing.groups), camera)


def _block(config: BackboneConfig, index: int) -> Block:
    width, first = config.width, config.cross_view_from
    feed_forward = (
        SwiGLU(width, config.hidden) if config.swiglu else Mlp(width, config.hidden, width)
    )
    rotary = first is not None and index >= first
    return Block(width, config.heads, feed_forward, rotary=rotary, eps=1e-6)


def grid_resampling(n: int) -> Tensor:
    """`(n, _GRID)` weights of the trained grid's cells for `n` cells along one side, bicubic."""
    each = torch.eye(_GRID)[None, None]
    factors = ((n + _GRID_OFFSET) / _GRID, 1.0)
    return functional.interpolate(each, scale_factor=factors, mode="bicubic")[0, 0]


def _rotation(positions: Tensor, device: torch.device, dtype: torch.dtype) -> Rotation:
    return rotation_at(positions.to(device), dtype)


def _descriptors(x: Tensor, packing: Packing) -> Tensor:
    """`(S, 2 D)` mean and spread of each view's patches, before the views meet.

    Of what the tokens offer these two told places apart best, see docs/results/retrieval.md.
    """
    parts = []
    for of_patches in (torch.mean, torch.std):
        by_group = [of_patches(group.patches(x).float(), dim=1) for group in packing.groups]
        parts.append(functional.normalize(torch.stack(packing.in_order(by_group)), dim=-1))
    return torch.cat(parts, dim=-1) / 2**0.5
