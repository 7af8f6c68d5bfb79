"""All views' tokens in one sequence, whatever the sizes of the photos.

Photos of equal size lie side by side: what works on every token alone runs once over the whole
sequence, attention inside a view runs once per size, attention across views sees everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from da3studio.model.config import PATCH


@dataclass(frozen=True)
class Span:
    """A stretch of the sequence that consists of pieces of equal length."""

    start: int
    stop: int
    length: int  # tokens that attend to each other


@dataclass(frozen=True)
class SizeGroup:
    """The views of one size; each has one camera token and then its patches, row by row."""

    view_idx: tuple[int, ...]
    rows: int  # of patches
    cols: int
    span: Span

    @property
    def height(self) -> int:
        """Of the photos [px]."""
        return self.rows * PATCH

    @property
    def width(self) -> int:
        """Of the photos [px]."""
        return self.cols * PATCH

    def patches(self, tokens: Tensor) -> Tensor:
        """`(views, rows * cols, D)` of `(N, D)` packed tokens, without the camera tokens."""
        own = tokens[self.span.start : self.span.stop]
        return own.unflatten(0, (len(self.view_idx), self.span.length))[:, 1:]


class Packing:
    """Which token belongs to which view.

    Args:
        sizes: (height, width) of each view [px], multiples of 14.

    Raises:
        ValueError: no view, or a size that is no multiple of 14.
    """

    def __init__(self, sizes: Sequence[tuple[int, int]]) -> None:
        if not sizes or any(side < PATCH or side % PATCH for size in sizes for side in size):
            raise ValueError(f"photo sizes must be multiples of {PATCH}, got {list(sizes)}")
        self.sizes = tuple(sizes)
        groups, start = [], 0
        for size in dict.fromkeys(self.sizes):
            view_idx = tuple(i for i, other in enumerate(self.sizes) if other == size)
            rows, cols = size[0] // PATCH, size[1] // PATCH
            length = 1 + rows * cols
            stop = start + len(view_idx) * length
            groups.append(SizeGroup(view_idx, rows, cols, Span(start, stop, length)))
            start = stop
        self.groups: tuple[SizeGroup, ...] = tuple(groups)
        self.n_tokens = start

    @property
    def within_views(self) -> tuple[Span, ...]:
        """Attention inside each view."""
        return tuple(group.span for group in self.groups)

    @property
    def across_views(self) -> tuple[Span, ...]:
        """Attention among all views."""
        return (Span(0, self.n_tokens, self.n_tokens),)

    @cached_property
    def camera_tokens(self) -> Tensor:
        """`(S,)` index of each view's first token, in the caller's order of views."""
        index = [0] * len(self.sizes)
        for group in self.groups:
            for place, view in enumerate(group.view_idx):
                index[view] = group.span.start + place * group.span.length
        return torch.tensor(index)

    def positions(self) -> Tensor:
        """`(N, 2)` row and column of every token: patches from (1, 1), camera tokens at (0, 0)."""
        parts = []
        for group in self.groups:
            patches = torch.cartesian_prod(
                torch.arange(1, group.rows + 1), torch.arange(1, group.cols + 1)
            )
            view = torch.cat([torch.zeros(1, 2, dtype=patches.dtype), patches.reshape(-1, 2)])
            parts.append(view.repeat(len(group.view_idx), 1))
        return torch.cat(parts)

    def in_order(self, by_group: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Maps per group, each with its views first → one map per view in the caller's order."""
        by_view: dict[int, Tensor] = {}
        for group, maps in zip(self.groups, by_group, strict=True):
            by_view.update(zip(group.view_idx, maps, strict=True))
        return tuple(by_view[view] for view in range(len(self.sizes)))
