"""A tiny network that makes Gaussians, and Gaussians as viewers read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from da3studio.engine.da3.gaussians import make_gaussians
from da3studio.engine.da3.network_pass import Loaded
from da3studio.engine.protocol import Photos, ViewGaussians
from da3studio.model.config import BackboneConfig, DA3Config
from da3studio.model.precision import FULL
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from da3studio.scene.view import View
from tests.model.tiny import network

CONDITIONED = DA3Config(
    "tiny-gaussians",
    BackboneConfig(192, 6, (2, 3, 4, 5), cross_view_from=2),
    features=16,
    channels=(8, 8, 16, 16),
    pose_conditioning=True,
    gaussians=True,
)
FREE = DA3Config(
    "tiny-free-gaussians", CONDITIONED.backbone, 16, CONDITIONED.channels, gaussians=True
)


@cache
def loaded(config: DA3Config = CONDITIONED) -> Loaded:
    """The network as the engine gets it."""
    return Loaded(network(config), None, torch.device("cpu"), FULL)


@dataclass(frozen=True)
class TinyMaker:
    """The tiny network, whatever the recipe names; a `GaussianMaker`."""

    def check(self, recipe: DepthRecipe) -> None:
        pass

    def make(
        self,
        views: tuple[View, ...],
        photos: Photos,
        recipe: DepthRecipe,
        registration: Registration,
        **rest: Any,
    ) -> Iterator[ViewGaussians]:
        yield from make_gaussians(loaded(), recipe, views, photos, registration, **rest)


def covariances(
    scales: NDArray[np.floating[Any]], rotations: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """`(N, 3, 3)` as a viewer reads them: R S S^T R^T, with quaternions (w, x, y, z)."""
    axes = Rotation.from_quat(np.asarray(rotations, np.float64)[:, [1, 2, 3, 0]]).as_matrix()
    spread = axes * np.asarray(scales, np.float64)[:, None]
    return spread @ spread.transpose(0, 2, 1)
