"""Networks of every kind that take no time, with weights that anybody can make again."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from da3studio.bench.parity.formula import FormulaWeights, make_image
from da3studio.model.checkpoint import filled
from da3studio.model.config import BackboneConfig, DA3Config
from da3studio.model.network import DA3
from da3studio.model.precision import FULL
from da3studio.model.preprocess import normalised

ANY_VIEW = DA3Config(
    "tiny",
    BackboneConfig(128, 10, (3, 5, 7, 9), cross_view_from=2),
    features=8,
    channels=(8, 8, 16, 16),
    pose_conditioning=True,
)
MONOCULAR = DA3Config(
    "tiny-mono", BackboneConfig(64, 4, (0, 1, 2, 3), cross_view_from=None), 8, (8, 8, 16, 16)
)


@cache
def network(config: DA3Config) -> DA3:
    """Filled by the formula of the stored cases."""
    return filled(config, FormulaWeights(config), device="cpu", precision=FULL)


def photos(*sizes: tuple[int, int]) -> list[Tensor]:
    """A photo of each (height, width), all of one scene."""
    views = enumerate(sizes)
    return [normalised(make_image(height, width, view, 3)) for view, (height, width) in views]


def largest_difference(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max())


def turned(seed: int) -> Tensor:
    """A random `(3, 3)` rotation, float64."""
    q, r = torch.linalg.qr(
        torch.randn(3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    )
    q = q * torch.sign(r.diagonal())
    return q if torch.linalg.det(q) > 0 else -q
