"""Gaussians of a capture: window after window, each photo's once, in the world of its cameras.

A window is conditioned on the cameras that are known. What the network makes of it is in the world
of the cameras that it predicts itself; the similarity between those and the known ones carries the
Gaussians over. Whatever a window makes is handed out before the next one begins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import Report
from da3studio.engine.da3.capture import Capture
from da3studio.engine.da3.network_pass import Loaded, PassRecipe, pass_over
from da3studio.engine.protocol import Photos, ViewGaussians
from da3studio.geometry.camera import Camera
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
    """See `GaussianMaker.make`; the network that is loaded has a Gaussian head."""
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
    for found, names in capture.look_owned(partial(_look, per_view=per_view), finished):
        yield from (ViewGaussians(name, found[name]) for name in names)


def moved(gaussians: GaussianTensors, b_from_a: Sim3) -> GaussianTensors:
    """Gaussians of world a in world b; float64, on the processor.

    Quaternions count as (w, x, y, z), as viewers read them: the network was trained through a
    viewer, whatever it is that it writes into them.
    """
    a = _each(gaussians, lambda part: part.cpu().double())
    rotation = torch.tensor(b_from_a.rotation)
    turned = quaternion_of(rotation @ rotation_of(a.rotations[:, [1, 2, 3, 0]]))
    return GaussianTensors(
        b_from_a.scale * a.means @ rotation.T + torch.tensor(b_from_a.translation),
        b_from_a.scale * a.scales,
        turned[:, [3, 0, 1, 2]],
        rotate_harmonics(a.harmonics, rotation),
        a.opacities,
    )


def worth_keeping(gaussians: GaussianTensors, depth: Tensor) -> Tensor:
    """`(H * W,)` which Gaussians of a view can be believed and seen.

    Left out are those near the border of the photo, those deeper than most of it, those that are
    nearly transparent, behind the camera or not finite.

    Args:
        gaussians: one per pixel, row after row.
        depth: `(H, W)` of that view.

    Source: border and depth as in the files of the DA3 reference; it keeps transparent ones.
    """
    height, width = depth.shape
    top, left = int(_BORDER * height), int(_BORDER * width)
    inside = torch.zeros_like(depth, dtype=torch.bool)
    inside[top : height - top, left : width - left] = True
    limit = np.quantile(depth.cpu().numpy(), _FAR)
    keep = (inside & (depth <= float(limit))).flatten() & (gaussians.opacities >= _LEAST_OPACITY)
    keep &= (gaussians.scales > 0).all(dim=1)
    shapes = (gaussians.means, gaussians.scales, gaussians.rotations, gaussians.harmonics)
    for values in shapes:
        keep &= torch.isfinite(values).flatten(1).all(dim=1)
    return keep


def thinned(gaussians: GaussianTensors, pixels: Tensor, width: int, most: int) -> GaussianTensors:
    """At most so many, spread evenly over the photo, and enlarged to cover what all had covered.

    A Gaussian grows along all but its thinnest axis, or surfaces would become thick.

    Args:
        gaussians: `N` of one view.
        pixels: `(N,)` the pixel of each, counted row after row.
        width: of the photo [px].
        most: to keep.
    """
    if len(pixels) <= most:
        return gaussians
    at = (pixels // width).double() * _SPREAD[0] + (pixels % width).double() * _SPREAD[1]
    chosen = (at % 1).argsort(stable=True)[:most].sort().values
    kept = _each(gaussians, lambda part: part[chosen])
    growth = torch.full_like(kept.scales, (len(pixels) / most) ** 0.5)
    growth.scatter_(1, kept.scales.argmin(dim=1, keepdim=True), 1.0)
    return replace(kept, scales=kept.scales * growth)


def _look(
    loaded: Loaded,
    recipe: PassRecipe,
    views: Sequence[View],
    photos: Photos,
    known: Mapping[ViewId, Camera] | None,
    report: Report,
    *,
    per_view: int,
) -> dict[ViewId, Gaussians]:
    """One pass; see `network_pass.look` for its arguments."""
    seen = pass_over(loaded, recipe, views, photos, known, report)
    if seen.given is None:
        raise ValueError("Gaussians are made of photos with known cameras")
    world_from_window = align_cameras(seen.given, seen.predicted).inverse()
    found = {}
    for i, (view, raw) in enumerate(zip(views, _raw_by_view(seen.output), strict=True)):
        kept = _placed(seen.output, i, raw, per_view)
        found[view.id] = _as_arrays(moved(kept, world_from_window))
    return found


def _raw_by_view(output: DA3Output) -> list[RawGaussians]:
    """What the head says of each view, in the order of the views."""
    packing = Packing([(depth.shape[0], depth.shape[1]) for depth in output.depth])
    found: dict[int, RawGaussians] = {}
    for group, raw in zip(packing.groups, output.raw_gaussians or (), strict=True):
        for k, i in enumerate(group.view_idx):
            found[i] = RawGaussians(raw.values[k : k + 1], raw.opacity[k : k + 1])
    return [found[i] for i in range(len(output.depth))]


def _placed(output: DA3Output, i: int, raw: RawGaussians, most: int) -> GaussianTensors:
    """View `i`'s Gaussians in the window's world, without those that are not worth it."""
    assert output.cameras is not None  # noqa: S101  any-view networks have a camera decoder
    camera = Cameras(output.cameras.cam_from_world[i : i + 1], output.cameras.intrinsics[i : i + 1])
    depth = output.depth[i]
    with torch.inference_mode():
        every = place_gaussians(raw, depth[None], camera)
        pixels = worth_keeping(every, depth).nonzero()[:, 0]
        kept = _each(every, lambda part: part[pixels])
        return thinned(kept, pixels, depth.shape[1], most)


def _each(gaussians: GaussianTensors, change: Callable[[Tensor], Tensor]) -> GaussianTensors:
    """The same change of every field."""
    return GaussianTensors(
        means=change(gaussians.means),
        scales=change(gaussians.scales),
        rotations=change(gaussians.rotations),
        harmonics=change(gaussians.harmonics),
        opacities=change(gaussians.opacities),
    )


def _as_arrays(gaussians: GaussianTensors) -> Gaussians:
    of = _each(gaussians, Tensor.float)
    return Gaussians(
        of.means.numpy(),
        of.scales.numpy(),
        of.rotations.numpy(),
        of.harmonics.numpy(),
        of.opacities.numpy(),
    )
