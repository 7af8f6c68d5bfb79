"""From light to photographs: exposure, white balance, tone curve, blur, noise, JPEG."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from da3studio.train.scenes.parts import Draw

_BLOCK = 8  # of JPEG [px]
_BACKDROP = 0.25  # share of a picture's mean that is added to measure its brightness


def photographed(light: Tensor, draw: Draw, strength: float = 1.0) -> Tensor:
    """Photos as cameras make them, alike within a scene but not equal.

    Args:
        light: `(B, V, 3, H, W)` linear.
        draw: random numbers for `B` scenes.
        strength: 0 = plain exposure and gamma, 1 = as bad as ordinary photos get.

    Returns:
        `(B, V, 3, H, W)` in 0 to 1.
    """
    n_scenes, n_views, _, height, width = light.shape
    x = _exposed(light.float(), draw, strength)
    x = _developed(x, draw, strength).flatten(0, 1)
    if x.is_cuda:
        x = x.half()  # what follows is bound by memory, and finer than eight bits anyway
    blur = draw.between(-0.8, 0.9, 1).clamp(min=0) * strength
    blur = (blur * draw.between(0.7, 1.3, n_views)).flatten()
    sharpen = (draw.between(-0.6, 0.4, 1).clamp(min=0) * strength).expand(-1, n_views).flatten()
    x = _filtered(x, blur, sharpen)
    noise = draw.between(-0.02, 0.03, 1).clamp(min=0.001) * strength
    x = x + torch.randn_like(x) * noise.expand(-1, n_views).reshape(-1, 1, 1, 1).to(x.dtype)
    quantised = draw.scale(0.02, 0.5, 1).expand(-1, n_views).flatten()
    if strength > 0:
        x = _jpeg(x.clamp(0, 1), quantised * strength)
    grey = draw.chance(0.04 * strength, 1).expand(-1, n_views).reshape(-1, 1, 1, 1)
    x = torch.where(grey, x.mean(1, keepdim=True), x)
    return x.float().clamp(0, 1).view(n_scenes, n_views, 3, height, width)


def _exposed(x: Tensor, draw: Draw, strength: float) -> Tensor:
    n_views = x.shape[1]
    grey = x.mean(2).clamp(min=1e-3).flatten(2)
    # A dark backdrop counts less than what stands before it, which would turn white.
    seen = grey + _BACKDROP * grey.mean(2, keepdim=True)
    brightness = (seen / (1 + _BACKDROP)).log().mean(2).view(-1, n_views, 1, 1, 1)
    common = brightness.mean(1, keepdim=True)
    automatic = draw.between(0, 1, 1, 1, 1, 1)
    stops = 0.35 * draw.normal(1, 1, 1, 1) + 0.08 * draw.normal(n_views, 1, 1, 1)
    target = draw.between(-1.9, -1.2, 1, 1, 1, 1) + strength * stops
    x = x * (target - torch.lerp(common, brightness, automatic)).exp()
    balance = 0.1 * draw.normal(1, 3, 1, 1) + 0.02 * draw.normal(n_views, 3, 1, 1)
    return x * (strength * balance).exp()


def _developed(x: Tensor, draw: Draw, strength: float) -> Tensor:
    height, width = x.shape[-2:]
    grey = x.mean(2, keepdim=True)
    x = (grey + (x - grey) * draw.between(0.6, 1.6, 1, 1, 1, 1)).clamp(min=0)
    white = draw.scale(0.9, 5, 1, 1, 1, 1)
    x = 1.25 * x * (1 + x / white**2) / (1 + x)
    x = x.clamp(1e-4, 1) ** (1 / draw.between(1.9, 2.5, 1, 1, 1, 1))
    contrast = strength * draw.between(-0.2, 0.7, 1, 1, 1, 1)
    x = x + contrast * (x * x * (3 - 2 * x) - x)
    down = torch.linspace(-1, 1, height, device=x.device)[:, None]
    across = torch.linspace(-1, 1, width, device=x.device)
    shade = strength * draw.between(-0.15, 0.2, 1, 1, 1, 1).clamp(min=0)
    return x * (1 - shade * (down * down + across * across))


def _filtered(x: Tensor, blur: Tensor, sharpen: Tensor) -> Tensor:
    """A separable kernel per photo: blurs by so many pixels, or sharpens by so much."""
    at = torch.arange(-2, 3, device=x.device, dtype=torch.float32)
    soft = torch.exp(-0.5 * (at / blur[:, None].clamp(min=0.05)) ** 2)
    soft = soft / soft.sum(-1, keepdim=True)
    wide = torch.exp(-0.5 * (at / 0.9) ** 2)
    wide = wide / wide.sum()
    crisp = (1 + sharpen[:, None]) * (at == 0) - sharpen[:, None] * wide
    kernel = torch.where(sharpen[:, None] > 0, crisp, soft)
    height, width = x.shape[-2:]
    padded = functional.pad(x, (2, 2, 2, 2), mode="replicate")
    taps = kernel.T[:, :, None, None, None].to(x.dtype)
    rows = sum(taps[i] * padded[..., i : i + width] for i in range(5))
    return sum(taps[i] * rows[..., i : i + height, :] for i in range(5))


def _jpeg(x: Tensor, coarse: Tensor) -> Tensor:
    """Rounds the frequencies of 8 x 8 blocks, colour more than brightness."""
    height, width = x.shape[-2:]
    index = torch.arange(_BLOCK, device=x.device, dtype=torch.float32)
    wave = torch.cos(math.pi * (2 * index + 1) * index[:, None] / (2 * _BLOCK)) / 2
    wave = torch.cat([wave[:1] * 2**-0.5, wave[1:]])
    both = torch.kron(wave, wave).to(x.dtype)  # frequencies of a block from its 64 pixels
    step = ((12 + 9 * (index + index[:, None])) / 255).flatten() * coarse[:, None, None, None, None]
    planes = torch.arange(3, device=x.device)[:, None, None, None]
    step = (step * torch.where(planes == 0, 1.0, 2.0)).to(x.dtype)
    brightness = (0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2])[:, None]
    x = torch.cat([brightness, x[:, 2:] - brightness, x[:, :1] - brightness], dim=1)
    x = functional.pad(x, (0, -width % _BLOCK, 0, -height % _BLOCK), mode="replicate")
    blocks = x.unflatten(-1, (-1, _BLOCK)).unflatten(-3, (-1, _BLOCK)).transpose(-2, -3)
    rounded = torch.round((blocks.flatten(-2) @ both.T) / step) * step
    blocks = (rounded @ both).unflatten(-1, (_BLOCK, _BLOCK)).transpose(-2, -3)
    x = blocks.flatten(-4, -3).flatten(-2)[..., :height, :width]
    brightness, blue, red = x.split(1, dim=1)
    green = brightness - (0.299 * red + 0.114 * blue) / 0.587
    return torch.cat([brightness + red, green, brightness + blue], dim=1)
