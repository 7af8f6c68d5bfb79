"""Networks that take no time, as the engines get them, and photos for them.

photos = patterns((140, 98), (98, 140))         # a PhotoSet without true cameras
loaded(FREE, metric=MONOCULAR)                  # on the processor, in float32
seen(loaded(FREE), photos, known=...)           # one pass of the network over all of them
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from da3studio.base.progress import Notice, Progress, Report, silent
from da3studio.bench.parity.formula import FormulaWeights, make_image
from da3studio.engine.da3.network_pass import Loaded, PassRecipe, look
from da3studio.engine.da3.window import WindowResult
from da3studio.geometry.camera import Camera
from da3studio.model.checkpoint import filled
from da3studio.model.config import DA3Config
from da3studio.model.network import DA3, Ask
from da3studio.model.precision import FULL, Precision
from da3studio.model.preprocess import Fit, fit, normalised
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.view import ViewId
from tests.conftest import ROOT
from tests.engine.sets import PhotoSet, view_of
from tests.model.tiny import ANY_VIEW, network

TRAINED = ROOT.parent / "shared" / "train" / "experiment_7M_fp16.safetensors"

CPU = torch.device("cpu")
CONDITIONED = ANY_VIEW
FREE = replace(ANY_VIEW, name="tiny-free", pose_conditioning=False)
PASS = PassRecipe(140, rays=False, ask=Ask(), seed=0)
DENSE_HALF = Precision(torch.float32, torch.float32, torch.float16)


def patterns(*sizes: tuple[int, int], focal_px: float | None = None) -> PhotoSet:
    """A photo of each (width, height), all of one pattern that moves."""
    views = tuple(view_of(f"photo_{i}", *size, focal_px) for i, size in enumerate(sizes))
    pictures = {view.id: make_image(view.height, view.width, i, 3) for i, view in enumerate(views)}
    return PhotoSet(views, pictures, {})


def loaded(config: DA3Config = FREE, *, metric: DA3Config | None = None) -> Loaded:
    return Loaded(network(config), None if metric is None else network(metric), CPU, FULL)


def grown(config: DA3Config, *growth: tuple[str, float], precision: Precision = FULL) -> DA3:
    """The network with some weights, found by their published names, multiplied."""
    weights = FormulaWeights(config, override=growth)
    return filled(config, weights, device=CPU, precision=precision)


def seen(
    networks: Loaded,
    photos: PhotoSet,
    known: Mapping[ViewId, Camera] | None = None,
    *,
    recipe: PassRecipe = PASS,
    report: Report = silent,
) -> WindowResult:
    return look(networks, recipe, photos.views, photos, known, report)


def tensors(photos: PhotoSet, resolution: int = PASS.resolution) -> list[Tensor]:
    """The photos as the network gets them."""
    pictures = (photos.pictures[view.id] for view in photos.views)
    return [normalised(fit(one, Fit(resolution)).image) for one in pictures]


def at_photo_size(window: WindowResult, photos: PhotoSet) -> dict[ViewId, Camera]:
    """The window's cameras, as a person would give them."""
    sized = zip(photos.views, window.cameras, strict=True)
    return {view.id: camera.resized(view.width, view.height) for view, camera in sized}


@dataclass(frozen=True)
class Ready:
    """Stands for loading from a checkpoint: the networks are there already."""

    networks: Loaded

    def __call__(self, recipe: DepthRecipe, report: Report) -> Loaded:
        return self.networks


class Heard:
    """A `Report` that remembers what was said."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def __call__(self, said: Progress | Notice) -> None:
        if isinstance(said, Notice):
            self.notices.append(said.text)


def finite(values: Sequence[Any]) -> bool:
    return all(bool(torch.isfinite(torch.as_tensor(one)).all()) for one in values)
