"""The network, differentiable and for many scenes at once.

The product's own forward pass is made for one scene and little memory, and writes over what a
gradient would need. This one computes the same from the same modules, as a test shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from da3studio.model.backbone import grid_resampling
from da3studio.model.blocks import Block
from da3studio.model.config import PATCH
from da3studio.model.network import DA3
from da3studio.model.packing import Packing
from da3studio.model.pyramid import Fusion, FusionStage, ResidualUnit, uv_waves
from da3studio.model.rope import rotation_at
from da3studio.train.head_turn import turned_heads
from da3studio.train.matching import looks as looks_of

_LEAK = 0.1  # of the gradient of the camera decoder's units that are off
CELLS = 8  # a patch and side, of the dense heads before the last enlarging


@dataclass(frozen=True, eq=False)
class Prediction:
    """For `B` scenes with `V` views, `K` of which have dense maps."""

    log_depth: Tensor  # (B, K, h, w)
    confidence: Tensor  # (B, K, h, w) >= 1
    rays: Tensor  # (B, K, 8 rows, 8 cols, 6) direction, origin
    ray_confidence: Tensor  # (B, K, 8 rows, 8 cols) >= 1
    cameras: Tensor  # (B, V, 9) see `model.camera_heads`
    camera_tokens: Tensor  # (B * V, tap width) that cameras are decoded from
    looks: tuple[Tensor, ...] = ()  # of each cross-view block, see `matching.looks`; if asked for


def predict(
    network: DA3,
    photos: Tensor,
    dense_views: Tensor,
    *,
    known: Tensor | None = None,
    is_known: Tensor | None = None,
    full: bool = True,
    compiled: bool = False,
    matching: bool = False,
) -> Prediction:
    """One pass; the first view of each scene is the reference.

    Args:
        network: with weights.
        photos: `(B, V, 3, H, W)` normalised.
        dense_views: `(B, K)` views that the dense heads look at.
        known: `(B, V, 9)` encoded cameras, as `CameraEncoder` takes them.
        is_known: `(B,)` for which scenes they are given to the network.
        full: depth in the photos' size; else at 8 cells a patch, which is cheaper to train.
        compiled: let `torch.compile` join the small operations around attention.
        matching: tell what attention across views looks at.
    """
    n_scenes, n_views, _, height, width = photos.shape
    rows, cols = height // PATCH, width // PATCH
    tokens = None
    if known is not None and is_known is not None:
        tokens = _camera_tokens(network, known, is_known)
    looks: list[Tensor] = []
    watched = looks if matching and n_views > 1 else None
    taps, camera = _backbone(network, photos, tokens, compiled, watched)
    scenes = torch.arange(n_scenes, device=photos.device)[:, None]
    taken = [
        tap.unflatten(0, (n_scenes, n_views))[scenes, dense_views].flatten(0, 1) for tap in taps
    ]
    size = (height, width) if full else (CELLS * rows, CELLS * cols)
    maps = _dense(network, taken, (rows, cols), size)
    depth, sure, rays, ray_sure = (m.unflatten(0, (n_scenes, -1)) for m in maps)
    cameras = _decoded(network, camera).unflatten(0, (n_scenes, n_views))
    return Prediction(depth, sure, rays, ray_sure, cameras, camera, tuple(looks))


def _camera_tokens(network: DA3, known: Tensor, is_known: Tensor) -> Tensor:
    """`(B, V, D)` tokens of known cameras, or the learned ones."""
    encoder = network.camera_encoder
    x = encoder.token_norm(encoder.pose_branch(known.flatten(0, 1)))
    for block in encoder.trunk:
        x = _block(block, x, len(known))
    x = encoder.trunk_norm(x).unflatten(0, known.shape[:2])
    return torch.where(is_known[:, None, None], x, _learned_tokens(network, *known.shape[:2]))


def _learned_tokens(network: DA3, n_scenes: int, n_views: int) -> Tensor:
    first, other = network.backbone.camera_token[:, :1], network.backbone.camera_token[:, 1:]
    one = torch.cat([first, other.expand(-1, n_views - 1, -1)], dim=1)
    return one.expand(n_scenes, -1, -1)


def _backbone(
    network: DA3,
    photos: Tensor,
    tokens: Tensor | None,
    compiled: bool,
    watched: list[Tensor] | None,
) -> tuple[list[Tensor], Tensor]:
    """Patches `(B * V, rows * cols, tap width)` of each tap, and `(B * V, tap width)` tokens.

    What attention across views looks at is added to `watched`.
    """
    backbone = network.backbone
    n_scenes, n_views = photos.shape[:2]
    if tokens is None:
        tokens = _learned_tokens(network, n_scenes, n_views)
    grid = backbone.patch_embed(photos.flatten(0, 1))
    rows, cols = grid.shape[-2:]
    length, n_photos = 1 + rows * cols, n_scenes * n_views
    patches = grid.flatten(2).transpose(1, 2).float()
    with torch.autocast(photos.device.type, enabled=False):
        places = _positions(backbone, rows, cols)
    first = backbone.cls_token.expand(n_photos, -1, -1)
    x = torch.cat([first, patches], dim=1) + places
    within, across = _rotations(rows, cols, photos.device)
    starts, taps, local = backbone.config.cross_view_from, [], x
    for i, block in enumerate(backbone.blocks):
        if i == starts:
            x = torch.cat([tokens.flatten(0, 1)[:, None].float(), x[:, 1:]], dim=1)
        turn = None if starts is None or i < starts else within
        if backbone.config.is_cross_view(i):
            watch = None if watched is None else partial(_watch, watched, n_scenes, n_views)
            x = _block(block, x.flatten(0, 1), n_scenes, across, compiled, watch)
        else:
            x = local = _block(block, x.flatten(0, 1), n_photos, turn, compiled).view_as(x)
        x = x.view(n_photos, length, -1)
        if i in backbone.config.taps:
            taps.append(torch.cat([local, backbone.norm(x).to(x.dtype)], dim=-1)[:, 1:])
    return taps, torch.cat([local[:, 0], x[:, 0]], dim=-1)


def _positions(backbone: Any, rows: int, cols: int) -> Tensor:
    """As `Backbone.position_embedding`, with weights that are on the device already."""
    table = backbone.pos_embed
    side = math.isqrt(table.shape[1] - 1)
    down, across = (_cells(n, table.device) for n in (rows, cols))
    grid = torch.einsum("ri,cj,ijd->rcd", down, across, table[0, 1:].unflatten(0, (side, side)))
    return torch.cat([table[:, :1], grid.flatten(0, 1)[None]], dim=1)


@lru_cache(maxsize=64)
def _cells(n: int, device: torch.device) -> Tensor:
    return grid_resampling(n).to(device)


def _block(
    block: Block,
    x: Tensor,
    pieces: int,
    turn: tuple[Tensor, Tensor] | None = None,
    compiled: bool = False,
    watch: Callable[[Tensor, Tensor], None] | None = None,
) -> Tensor:
    """`(N, D)` tokens through a block, `pieces` sequences that do not see each other."""
    attention, mlp = block.attn, block.mlp
    before, after = _parts_of_blocks(block.norm1.eps, compiled)
    qkv = before(x, *_weights_of(block.norm1, attention.qkv))
    qkv = qkv.unflatten(-1, (3, attention.heads, -1))
    if turn is None:
        q, k, v = qkv.unbind(1)
    else:
        q, k, v = turned_heads(qkv, _weights_of(attention.q_norm, attention.k_norm), *turn)
    q, k, v = (part.unflatten(0, (pieces, -1)).transpose(1, 2) for part in (q, k, v))
    if watch is not None:
        watch(q, k)
    attended = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(0, 1)
    layers = (attention.proj, block.norm2, mlp.fc1, mlp.fc2)
    result: Tensor = after(x, attended, *_weights_of(*layers), block.ls1.gamma, block.ls2.gamma)
    return result


def _watch(watched: list[Tensor], n_scenes: int, n_views: int, q: Tensor, k: Tensor) -> None:
    watched.append(looks_of(q, k, n_scenes, n_views))


def _weights_of(*layers: Any) -> tuple[Tensor, ...]:
    return tuple(tensor for layer in layers for tensor in (layer.weight, layer.bias))


@cache
def _parts_of_blocks(eps: float, compiled: bool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What a block does before and after its attention."""
    before, after = partial(_before, eps), partial(_after, eps)
    if not compiled:
        return before, after
    return torch.compile(before, dynamic=True), torch.compile(after, dynamic=True)


def _before(eps: float, x: Tensor, *weights: Tensor) -> Tensor:
    """Queries, keys and values `(N, 3 * heads * channels)`."""
    norm, norm_bias, qkv, qkv_bias = weights
    normed = functional.layer_norm(x, x.shape[-1:], norm, norm_bias, eps)
    return functional.linear(normed, qkv, qkv_bias)


def _after(eps: float, x: Tensor, attended: Tensor, *weights: Tensor) -> Tensor:
    proj, proj_bias, norm, norm_bias, fc1, fc1_bias, fc2, fc2_bias, gamma1, gamma2 = weights
    x = x + functional.linear(attended.flatten(1), proj, proj_bias) * gamma1
    normed = functional.layer_norm(x, x.shape[-1:], norm, norm_bias, eps)
    hidden = functional.gelu(functional.linear(normed, fc1, fc1_bias))
    return x + functional.linear(hidden, fc2, fc2_bias) * gamma2


@lru_cache(maxsize=64)
def _rotations(
    rows: int, cols: int, device: torch.device
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Cosines and sines `(1 + rows * cols, 1, 2, pairs)` within a view, and across views."""
    positions = Packing([(rows * PATCH, cols * PATCH)]).positions().to(device)
    within, across = (rotation_at(p, torch.float32) for p in (positions, positions.clamp(max=1)))
    return (within.cos, within.sin), (across.cos, across.sin)


def _decoded(network: DA3, tokens: Tensor) -> Tensor:
    """As `CameraDecoder`, whose ReLUs let a small gradient through where they are off.

    Units that are off for every photo would never learn again, and after some thousand steps nine
    of ten were.
    """
    decoder = network.camera_decoder
    with torch.autocast(tokens.device.type, enabled=False):
        x = tokens.float()
        for layer in (decoder.hidden1, decoder.hidden2):
            x = _kept_alive(layer(x))
        fields_of_view = _kept_alive(decoder.field_of_view(x))
        return torch.cat([decoder.position(x), decoder.orientation(x), fields_of_view], dim=-1)


def _kept_alive(x: Tensor) -> Tensor:
    """ReLU; where it is off, it can learn to be on.

    Only that: a gradient that pushes further down would change nothing said, so nothing would ever
    stop it.
    """
    below = _LEAK * x.clamp(max=0)
    if below.requires_grad:
        below.register_hook(_upwards)
    return functional.relu(x) + (below - below.detach())


def _upwards(gradient: Tensor) -> Tensor:
    return gradient.clamp(max=0)


def _dense(
    network: DA3, taps: Sequence[Tensor], grid: tuple[int, int], size: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    head, aspect = network.head, grid[1] / grid[0]
    pyramid = head.pyramid
    levels = []
    for level, tap in enumerate(taps):
        weight = pyramid.project[level].weight.flatten(1)
        x = functional.linear(pyramid.norm(tap), weight, pyramid.project[level].bias)
        x = x.unflatten(1, grid).permute(0, 3, 1, 2)
        levels.append(pyramid.merge[level](pyramid.resize[level](_placed(x, aspect))))
    neck = _enlarged(head.depth_neck(_fused(head.depth_fusion, levels)), size)
    hidden = functional.relu(head.depth_tail[0](_placed(neck, aspect)))
    ray_neck = _placed(head.ray_neck(_fused(head.ray_fusion, levels)), aspect)
    ray_hidden = head.ray_tail_in(ray_neck).permute(0, 2, 3, 1)
    ray_hidden = functional.relu(head.ray_tail_norm(ray_hidden.float()))
    with torch.autocast(hidden.device.type, enabled=False):  # eight bits are not enough for depth
        raw = _pointwise(head.depth_tail[2], hidden.permute(0, 2, 3, 1).float())
        rays = _pointwise(head.ray_tail_out, ray_hidden)
    confidence = raw[..., 1].clamp(max=8).exp() + 1
    return raw[..., 0], confidence, rays[..., :6], rays[..., 6].clamp(max=8).exp() + 1


def _pointwise(layer: Any, x: Tensor) -> Tensor:
    """A 1 x 1 convolution of `(..., channels)`."""
    y: Tensor = functional.linear(x, layer.weight.flatten(1), layer.bias)
    return y


def _fused(fusion: Fusion, levels: Sequence[Tensor]) -> Tensor:
    """As `pyramid.Fusion`, with nothing written over."""
    height, width = levels[0].shape[-2:]
    sizes = [(2 * height, 2 * width), *(tuple(level.shape[-2:]) for level in levels[:-1])]
    fused: Tensor | None = None
    for index in reversed(range(len(levels))):
        stage: FusionStage = fusion.stages[index]
        x = levels[index]
        if fused is not None:
            x = _residual(stage.unit1, x) + fused
        fused = _enlarged(stage.out(_residual(stage.unit2, x)), sizes[index])
    assert fused is not None  # noqa: S101  there are always four levels
    return fused


def _residual(unit: ResidualUnit | None, x: Tensor) -> Tensor:
    assert unit is not None  # noqa: S101  only the coarsest stage lacks one, and never asks
    result: Tensor = unit.conv2(functional.relu(unit.conv1(functional.relu(x)))) + x
    return result


def _enlarged(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`pyramid.enlarge` as two products of matrices: its gradient is fast and repeatable."""
    down, across = (
        _weights(of, to, x.device).to(x.dtype) for of, to in zip(x.shape[-2:], size, strict=True)
    )
    z = x.permute(0, 2, 3, 1)
    count, rows, cols, channels = z.shape
    z = torch.matmul(down, z.reshape(count, rows, cols * channels))
    z = torch.matmul(across, z.view(count * size[0], cols, channels))
    return z.view(count, *size, channels).permute(0, 3, 1, 2)


@lru_cache(maxsize=256)
def _weights(of: int, to: int, device: torch.device) -> Tensor:
    """`(to, of)` of linear interpolation, ends onto ends."""
    each = torch.eye(of, dtype=torch.float64)[None]
    grown = functional.interpolate(each, to, mode="linear", align_corners=True)[0].T
    return grown.float().contiguous().to(device)


def _placed(x: Tensor, aspect: float) -> Tensor:
    """As `pyramid.add_uv`, with nothing written over."""
    channels, rows, cols = x.shape[1:]
    along_x, along_y = uv_waves(channels, rows, cols, aspect, x.device)
    halves = x.split(channels // 2, dim=1)
    return torch.cat([halves[0] + along_x.to(x.dtype), halves[1] + along_y.to(x.dtype)], dim=1)
