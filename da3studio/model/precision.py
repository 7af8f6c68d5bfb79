"""Which part of the network computes in which type."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

_TOKENS = (".norm1.", ".norm2.", ".gamma", "_token", "pos_embed", "backbone.norm.")
# Not the ray neck: five convolutions in a row before a norm, whose values nothing holds in range.
_DENSE = (".pyramid.", "fusion.", ".depth_neck.", ".neck.")


@dataclass(frozen=True)
class Precision:
    """Types of the three parts that cost time or memory; everything else is float32."""

    backbone: torch.dtype  # weights of the blocks and what they compute
    tokens: torch.dtype  # the tokens that blocks add to, and their norms
    dense: torch.dtype  # heads up to their last two convolutions

    def of(self, parameter: str) -> torch.dtype:
        """Type of one of our parameters, by its name."""
        if parameter.startswith("backbone."):
            is_token = any(part in parameter for part in _TOKENS)
            return self.tokens if is_token else self.backbone
        if parameter.startswith(("head.", "gaussian_head.")):
            return self.dense if any(part in parameter for part in _DENSE) else torch.float32
        return torch.float32


FULL = Precision(torch.float32, torch.float32, torch.float32)
# float16 keeps three bits more than bfloat16, which depth shows; its range is checked after a pass.
MIXED = Precision(torch.bfloat16, torch.float32, torch.float16)
HALF = Precision(torch.float16, torch.float32, torch.float16)  # cards without bfloat16


def widen_dense(network: nn.Module) -> None:
    """Let the dense heads compute in float32 from now on: their values outgrew float16."""
    for name, module in network.named_modules():
        own = [f"{name}.{part}" for part, _ in module.named_parameters(recurse=False)]
        if own and all(MIXED.of(part) == MIXED.dense for part in own):
            module.float()
