"""Which part of the network computes in which type."""

from __future__ import annotations

from dataclasses import dataclass

import torch

_TOKENS = (".norm1.", ".norm2.", ".gamma", "_token", "pos_embed", "backbone.norm.")
_DENSE = (".pyramid.", "fusion.", "_neck.", ".neck.")


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
MIXED = Precision(torch.bfloat16, torch.float32, torch.bfloat16)
HALF = Precision(torch.float16, torch.float32, torch.float32)  # cards without bfloat16
