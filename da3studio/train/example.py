"""What one step learns from: new scenes, photographed, with the truth about them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from da3studio.train.recipe import Recipe
from da3studio.train.scenes.batch import batch, shares
from da3studio.train.scenes.parts import Device, Draw
from da3studio.train.targets import Targets, given_cameras, normalised, targets_of


@dataclass(frozen=True)
class Bucket:
    """The shapes of one step; each has CUDA graphs of its own."""

    n_views: int
    height: int
    width: int
    photos: int
    full: bool


@dataclass(frozen=True, eq=False)
class Example:
    """Photos and truth of a step, see `forward.predict`."""

    photos: Tensor
    targets: Targets
    dense: Tensor
    known: Tensor | None
    is_known: Tensor | None

    def take(self, other: Example) -> None:
        """Become another example of the same bucket, in the memory that this one has."""
        for mine, theirs in zip(self._tensors(), other._tensors(), strict=True):
            mine.copy_(theirs)

    def _tensors(self) -> list[Tensor]:
        given = [x for x in (self.known, self.is_known) if x is not None]
        return [self.photos, *vars(self.targets).values(), self.dense, *given]


def new_example(recipe: Recipe, bucket: Bucket, device: Device) -> Example:
    """A new one, by torch's own random numbers of the device.

    Args:
        recipe: says which scenes, and how often their cameras are given.
        bucket: its shapes.
        device: where to.
    """
    n_views = bucket.n_views
    counts = shares(recipe.scenes, max(1, bucket.photos // n_views))
    made = batch(counts, n_views, bucket.height, bucket.width, device, strength=recipe.strength)
    targets = targets_of(made)
    n_scenes = len(made.photos)
    draw = Draw(n_scenes, device)
    order = torch.rand(n_scenes, n_views, device=device).argsort(-1)
    dense = order[:, : dense_views(n_views)]
    known = is_known = None
    if recipe.config.pose_conditioning:
        known, is_known = given_cameras(targets, draw), draw.chance(recipe.known)
    return Example(normalised(made.photos), targets, dense, known, is_known)


def dense_views(n_views: int) -> int:
    """How many views of a scene the dense heads look at: their share of the work is large."""
    return max(1, round(n_views / 3))
