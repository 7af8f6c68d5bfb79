"""Photos of exact scenes under unequal exposure, and how well a rendering matches one.

photos = exposed(shape, cameras, gains)     # dict: ViewId -> (H, W, 3) uint8
painted = paint(mesh, cameras, photos)      # texture_mesh with everything sharp and silent
psnr = likeness(rendered, photo)            # [dB] after one gain for the whole picture
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import NEVER
from da3studio.base.progress import silent
from da3studio.fusion.texture.sampling import linear_from_srgb, srgb_from_linear
from da3studio.fusion.texture.texture import Textured, texture_mesh
from da3studio.geometry.camera import Camera
from da3studio.recipes.mesh import TextureRecipe
from da3studio.scene.mesh import Mesh
from da3studio.scene.view import ViewId
from tests.synthetic.shapes import Shape, photo

Photo = NDArray[np.uint8]


def exposed(
    shape: Shape, cameras: Mapping[ViewId, Camera], gains: Iterable[float] = ()
) -> dict[ViewId, Photo]:
    """A photo per camera; `gains` are factors on the light, 1 where none is given."""
    factors = dict(zip(cameras, gains, strict=False))
    return {
        view: np.rint(
            srgb_from_linear(
                linear_from_srgb(photo(shape, camera, samples=1)) * factors.get(view, 1.0)
            )
        ).astype(np.uint8)
        for view, camera in cameras.items()
    }


def paint(
    mesh: Mesh,
    cameras: Mapping[ViewId, Camera],
    photos: Mapping[ViewId, Photo],
    recipe: TextureRecipe | None = None,
) -> Textured:
    return texture_mesh(
        mesh,
        cameras,
        photos.__getitem__,
        recipe or TextureRecipe(),
        sharpness=dict.fromkeys(cameras, 1.0),
        report=silent,
        token=NEVER,
    )


def likeness(rendered: Photo, truth: Photo, where: NDArray[np.bool_]) -> float:
    """PSNR [dB] over some pixels, after the one factor on the light that fits best."""
    light, wanted = linear_from_srgb(rendered[where]), linear_from_srgb(truth[where])
    light = light * ((light * wanted).sum() / (light**2).sum())
    off = srgb_from_linear(light) - truth[where].astype(np.float64)
    return float(10 * np.log10(255**2 / (off**2).mean()))
