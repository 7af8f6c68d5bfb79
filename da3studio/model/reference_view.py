"""Which view's camera becomes the origin of the world.

The choice is made half-way through the backbone, from the views' class tokens: a view that is
typical of the set in three ways at once works better than the first one.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

ReferenceStrategy = Literal["saddle_balanced", "saddle_sim_range", "first", "middle"]
REFERENCE_STRATEGIES: tuple[ReferenceStrategy, ...] = get_args(ReferenceStrategy)

_TIE = 1e-6  # similarities are rounded differently by every processor
FEWEST_VIEWS = 3  # with fewer the first view is the reference


def choose_reference_view(class_tokens: Tensor, strategy: ReferenceStrategy | int) -> int:
    """Index of the reference view.

    Args:
        class_tokens: `(S, D)`, one per view.
        strategy: the index itself, "first", "middle", "saddle_balanced" (the view nearest to the
            middle of the range in similarity to the others, length and spread of its token) or
            "saddle_sim_range" (the view with the largest range of similarities; ties go to the
            first).

    Raises:
        ValueError: no such strategy or view.
    """
    n_views = len(class_tokens)
    if isinstance(strategy, int):
        if not 0 <= strategy < n_views:
            raise ValueError(f"there is no view {strategy} among {n_views}")
        return strategy
    if strategy not in REFERENCE_STRATEGIES:
        raise ValueError(f"no such choice of a reference view: {strategy!r}")
    if n_views < FEWEST_VIEWS or strategy == "first":
        return 0
    if strategy == "middle":
        return n_views // 2
    tokens = class_tokens.float()
    unit = functional.normalize(tokens, dim=-1, eps=0.0)
    similarity = unit @ unit.T - torch.eye(n_views, device=unit.device)  # the diagonal is about 0
    if strategy == "saddle_sim_range":
        spread = similarity.amax(dim=1) - similarity.amin(dim=1)
        return int((spread >= spread.max() - _TIE).nonzero()[0])
    measures = torch.stack(
        [similarity.sum(dim=1) / (n_views - 1), tokens.norm(dim=-1), unit.var(dim=-1)]
    )
    low, high = measures.amin(dim=1, keepdim=True), measures.amax(dim=1, keepdim=True)
    from_middle = ((measures - low) / (high - low + 1e-8) - 0.5).abs().sum(dim=0)
    return int(from_middle.argmin())
