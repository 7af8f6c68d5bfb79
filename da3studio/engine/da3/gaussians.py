"""Gaussians of a whole capture: window after window, each photo's once, in the world of its cameras.

A window is conditioned on the cameras that are known. What the network makes of it is in the world
of the cameras that it predicts itself; the similarity between those and the known ones carries the
Gaussians over. Whatever a window makes is handed out and forgotten before the next one begins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import Report
from da3studio.engine.da3.capture import Capture
from da3studio.engine.da3.network_pass import Loaded, Pass, pass_over
from da3studio.engine.protocol import Photos, ViewGaussians
from da3studio.geometry.camera_alignment import align_cameras
from da3studio.geometry.similarity import Sim3
from da3studio.model.camera_heads import Cameras, quaternion_of, rotation_of
from da3studio.model.gaussian_head import GaussianTensors, RawGaussians, place_gaussians
from da3studio.model.network import DA3Output
from da3studio.model.packing import Packing
from da3studio.model.spherical_harmonics import rotate_harmonics
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId

_BORDER = 8 / 256  # of a side: there the network sees too little around a pixel
_FAR = 0.9  # quantile of a view's depth: what is behind it is mostly sky and guesses
_LEAST_OPACITY = 1 / 255  # viewers do not draw below

# Roberts' R2 sequence: its first n points are spread evenly for every n.
_SPREAD = (0.7548776662466927, 0.5698402909980532)


def make_gaussians(
    loaded: Loaded,
    recipe: DepthRecipe,
    views: Sequence[View],
    photos: Photos,
    registration: Registration,
    *,
    per_view: int,
    scratch: Path,
    finished: Collection[ViewId],
    report: Report,
    token: CancelToken,
) -> Iterator[ViewGaussians]:
    """See `GaussianMaker.make`.

    Args:
        loaded: an any-view network with a Gaussian head.
    """
    capture = Capture(
        loaded,
        recipe,
        [view for view in views if view.id in registration.cameras],
        photos,
        scratch,
        registration.cameras,
        gaussians=True,
        report=report,
        token=token,
    )
    for seen, taken in capture.look_owned(pass_over, finished):
        for i in taken.values():
            token.check()
