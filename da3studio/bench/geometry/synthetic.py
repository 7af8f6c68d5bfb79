"""Made scenes that are never trained on, with exact cameras and exact depth everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import torch

from da3studio.bench.geometry.truth import Array, Photo, Pixels, SeenDepth, TrueSet
from da3studio.geometry.camera import Camera, Intrinsics, pixel_centres
from da3studio.geometry.rigid import Rigid3
from da3studio.model.config import PATCH
from da3studio.scene.view import PhotoSource, View, ViewId
from da3studio.train.evaluate import SETS
from da3studio.train.scenes.batch import Batch, batch, shares
from da3studio.train.scenes.patterns import HELD_OUT

GROUP = "made scenes"
_ASPECT = 4 / 3
_SEED = 20_261_126  # not that of training's own measurements
_FARTHEST = 20.0  # times the median: beyond, depth says nothing of use


def synthetic_truth(
    size: int, n_scenes: int, kinds: Mapping[str, Mapping[str, float]] = SETS
) -> list[TrueSet]:
    """The sets that training is measured on, with other scenes.

    Args:
        size: longer side of the photos [px].
        n_scenes: of each set.
        kinds: name of a set → how often scenes are of each kind.
    """
    return [
        TrueSet(GROUP, name, partial(_bases, name, weights, size, n_scenes))
        for name, weights in kinds.items()
    ]


def _bases(
    name: str, weights: Mapping[str, float], size: int, n_scenes: int, sizes: Sequence[int]
) -> Iterator[Sequence[Photo]]:
    """One scene after the other, each with as many photos as the largest window has."""
    height = max(1, round(size / _ASPECT / PATCH)) * PATCH
    kinds = [kind for kind, n in shares(weights, n_scenes).items() for _ in range(n)]
    for i, kind in enumerate(kinds):
        yield made_photos(kind, sizes[-1], (height, size), f"{name} {i:03d} {kind}", _SEED + i)


def made_photos(
    kind: str, n_photos: int, size: tuple[int, int], name: str, seed: int
) -> list[Photo]:
    """Photos of one scene, of patterns that are never trained on.

    Args:
        kind: of `layouts.LAYOUTS`.
        n_photos: of the scene.
        size: height and width [px].
        name: what the names of the photos begin with.
        seed: the same one, the same scene.
    """
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(1)  # thousands of small steps, after each of which threads would wait
    try:
        torch.manual_seed(seed)
        made = batch({kind: 1}, n_photos, *size, "cpu", families=HELD_OUT)
    finally:
        torch.random.set_rng_state(state)
        torch.set_num_threads(threads)
    return _photos_of(made, name)


def _photos_of(made: Batch, name: str) -> list[Photo]:
    """The photos of a batch's first scene."""
    photos = (made.photos[0] * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    height, width = photos.shape[1:3]
    found = []
    for i, pixels in enumerate(photos):
        turn, place, lens = (
            part[0, i].double().numpy()
            for part in (made.views.rotation, made.views.position, made.views.lens)
        )
        fx, fy, cx, cy = lens * (width, height, width, height)
        # float32 leaves 1e-7 of what a rotation is not
        u, _, vt = np.linalg.svd(turn)
        rotation = (u @ vt).T
        camera = Camera(
            Intrinsics(fx, fy, cx, cy, width, height), Rigid3(rotation, -rotation @ place)
        )
        photo = f"{name} {i}"
        source = PhotoSource(f"{photo}.png", photo)
        view = View(ViewId(photo), f"{photo}.png", source, width, height, None, "", 1.0)
        depth = _dense(made.depth[0, i].double().numpy())
        found.append(Photo(view, camera, partial(_same, pixels), partial(_same_depth, depth)))
    return found


def _dense(z: Array) -> SeenDepth:
    """Of all pixels that show something at a useful distance."""
    centres = pixel_centres(z.shape[1], z.shape[0]).astype(np.float64)
    there = z > 0
    if there.any():
        there &= z < _FARTHEST * np.median(z[there])
    return SeenDepth(centres[there], z[there], is_dense=True)


def _same(pixels: Pixels) -> Pixels:
    return pixels


def _same_depth(depth: SeenDepth) -> SeenDepth:
    return depth
