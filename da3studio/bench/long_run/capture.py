"""A long capture to run the whole program on: a walk along a wall and back, and a network.

The network is a small one with weights from a formula. What it says of the photos is no scene, but
it says the same of the same photos, and nearly the same in every window: all is there that memory,
time and resuming depend on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import silent
from da3studio.bench.parity.formula import FormulaWeights
from da3studio.engine.pinning import pinned
from da3studio.media.probe import probe
from da3studio.model.config import TINY
from da3studio.project.folder import ProjectFolder
from da3studio.project.photo_paths import stored_photo_path
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.recipe import Recipe
from da3studio.scene.view import View
from da3studio.weights.adopt import adopt

NETWORK_PX = 140
PHOTO_SIZE = (160, 120)  # [px]
_STEP_PX = 6  # of the wall, between two photos
_BACK_PX = (3, 14)  # how the photos of the way back are shifted: the same wall, not the same files
_GRAINS_PX = (96, 32, 11, 4)  # of the wall's patterns
_JPEG_QUALITY = 90
_PREFIX = "model."  # of every tensor in published files
_LITTLE = 0.05  # of what views learn of each other: from chance weights, noise that parts windows


@dataclass(frozen=True)
class LongCapture:
    """Photos and how they are to be seen."""

    folder: Path
    views: tuple[View, ...]  # their paths are absolute
    recipe: Recipe

    def new_project(self, name: str) -> Path:
        """A project of all views; those of one capture differ in nothing but their name."""
        path = self.folder / f"{name}.da3"
        with ProjectFolder.create(path, "long run") as folder:
            views = tuple(
                replace(
                    view,
                    source=replace(
                        view.source, path=stored_photo_path(Path(view.source.path), folder.path)
                    ),
                )
                for view in self.views
            )
            folder.save(folder.project.with_views(views).with_recipe(self.recipe))
        return path


@contextmanager
def models_in(folder: Path) -> Iterator[None]:
    """Networks are looked for in this folder, here and in processes that are started."""
    name = "DA3STUDIO_HOME"
    before = os.environ.get(name)
    os.environ[name] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def make_capture(
    folder: Path, n_views: int, views_per_window: int, token: CancelToken
) -> LongCapture:
    """Take the photos, and install the network; to be called under `models_in`.

    Args:
        folder: empty.
        n_views: at least 2.
        views_per_window: photos that the network sees together.
        token: checked between photos.

    Raises:
        JobCancelled: by the token.
    """
    photos = folder / "photos"
    _take_photos(photos, n_views, token)
    found = probe([photos], frames_folder=folder, n_frames=0, known=(), report=silent, token=token)
    depth = DepthRecipe(
        engine="da3",
        checkpoint=_installed(folder / f"{TINY.name}.safetensors"),
        network_px=NETWORK_PX,
        views_per_window=views_per_window,
        device="cpu",
    )
    return LongCapture(folder, found.views, Recipe(depth=depth))


def _installed(file: Path) -> str:
    """A network with weights from the formula, as a recipe names it."""
    backbone = TINY.backbone
    crossing = [i for i in range(backbone.depth) if backbone.is_cross_view(i)]
    weights = FormulaWeights(
        TINY, override=[(rf"blocks\.{i}\.ls1\.gamma$", _LITTLE) for i in crossing]
    )
    save_file({_PREFIX + name: weights[name] for name in weights}, file)
    return pinned(adopt(file))


def _take_photos(folder: Path, n_views: int, token: CancelToken) -> None:
    width, height = PHOTO_SIZE
    n_there = -(-n_views // 2)
    right, down = _BACK_PX
    wall = _wall((height + down, width + right + _STEP_PX * n_there))
    folder.mkdir(parents=True)
    for i in range(n_views):
        token.check()
        x, y = _STEP_PX * i, 0
        if i >= n_there:
            x, y = _STEP_PX * (n_views - 1 - i) + right, down
        photo = Image.fromarray(wall[y : y + height, x : x + width])
        photo.save(folder / f"walk_{i:05d}.jpg", quality=_JPEG_QUALITY)


def _wall(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """`(H, W, 3)` coloured patterns of several grains, the finer the fainter."""
    rng = np.random.default_rng(0)
    total = np.zeros((*shape, 3))
    for grain in _GRAINS_PX:
        total += _pattern(shape, grain, rng) * np.sqrt(grain)
    scaled: NDArray[np.float64] = 128 + 55 * (total - total.mean()) / total.std()
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _pattern(shape: tuple[int, int], grain: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """`(H, W, 3)` chance values every `grain` pixels, straight between them."""
    rows, columns = (np.arange(n) / grain for n in shape)
    values = rng.normal(size=(shape[0] // grain + 2, shape[1] // grain + 2, 3))
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    down, right = (rows - top)[:, None, None], (columns - left)[None, :, None]
    values = values[top] * (1 - down) + values[top + 1] * down
    mixed: NDArray[np.float64] = values[:, left] * (1 - right) + values[:, left + 1] * right
    return mixed
