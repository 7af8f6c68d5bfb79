"""A network before its first step."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from da3studio.model.config import DA3Config
from da3studio.model.network import DA3
from da3studio.model.pyramid import ResidualUnit

_GRID = 37


def fresh(config: DA3Config, seed: int) -> DA3:
    """A network with random weights; the same seed gives the same ones.

    The outputs start near something sensible (depth 1, no turn, a normal lens, a low confidence
    that can rise), so that no part is driven into a corner by the first steps.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = DA3(config)
        for module in network.modules():
            _start(module)
        with torch.no_grad():
            _start_backbone(network.backbone)
            _start_heads(network)
    return network


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=module.in_features**-0.5)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        fan_in = module.in_channels * math.prod(module.kernel_size) / module.groups
        if isinstance(module, nn.ConvTranspose2d):
            fan_in /= math.prod(module.stride)
        nn.init.trunc_normal_(module.weight, std=fan_in**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _start_backbone(backbone: Any) -> None:
    for index, block in enumerate(backbone.blocks):
        for layer in (block.attn.proj, block.mlp.fc2):
            layer.weight.div_(math.sqrt(2 * (index + 1)))
    backbone.pos_embed.copy_(0.3 * _waves(backbone.pos_embed.shape[-1]))
    nn.init.normal_(backbone.cls_token, std=0.1)
    nn.init.normal_(backbone.camera_token, std=0.5)


def _start_heads(network: DA3) -> None:
    for module in network.modules():
        if isinstance(module, ResidualUnit):
            module.conv2.weight.mul_(0.3)
    head, decoder = network.head, network.camera_decoder
    for layer in (head.depth_tail[2], head.ray_tail_out):
        layer.weight.mul_(0.3)
    head.ray_tail_out.bias[2] = 1.0  # rays start along the optical axis
    for layer in (decoder.position, decoder.orientation, decoder.field_of_view):
        layer.weight.mul_(0.2)
    decoder.orientation.bias[3] = 1.0
    decoder.field_of_view.bias.fill_(1.0)
    for block in network.camera_encoder.trunk if network.config.pose_conditioning else ():
        block.attn.proj.weight.mul_(0.3)
        block.mlp.fc2.weight.mul_(0.3)


def _waves(width: int) -> Tensor:
    """`(1, 1 + 37 * 37, width)` sines and cosines of the place: smooth, so that it resamples."""
    at = torch.linspace(0, 1, _GRID)
    frequency = torch.logspace(0, 1.2, width // 4)
    angles = 2 * math.pi * at[:, None] * frequency / 2
    along = torch.cat([angles.sin(), angles.cos()], dim=-1)
    down = along[:, None].expand(-1, _GRID, -1)
    across = along[None].expand(_GRID, -1, -1)
    grid = torch.cat([down, across], dim=-1).flatten(0, 1)
    return torch.cat([torch.zeros(1, grid.shape[-1]), grid])[None]
