"""Small photo sets that are rendered in memory, with the cameras that took them.

photos = orbit_set(6)                    # a still life seen from six places
register_views(photos.views, photos, RECIPE, scratch=…, report=silent, token=NEVER)
position_error(registration, photos)     # after alignment, as a share of the rig's size
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import NEVER
from da3studio.base.progress import silent
from da3studio.engine.sfm.solve import register_views
from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import align_points
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from da3studio.scene.view import PhotoSource, View, ViewId
from tests.synthetic.rigs import lens_of, look_at, orbit
from tests.synthetic.shapes import Box, Plane, Shape, Sphere, Union, photo

SIZE = (480, 360)
RECIPE = DepthRecipe(feature_px=480, features=1500, resolution=320)


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """Implements `engine.protocol.Photos`; `asked` collects the names of the photos read."""

    views: tuple[View, ...]
    pictures: Mapping[ViewId, NDArray[np.uint8]]
    cameras: Mapping[ViewId, Camera]
    asked: list[ViewId] = field(default_factory=list)

    def read(self, view: View, max_side: int | None = None) -> NDArray[np.uint8]:
        self.asked.append(view.id)
        picture = self.pictures[view.id]
        scale = min(1.0, (max_side or 10**9) / max(picture.shape[:2]))
        if scale == 1.0:
            return picture
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))

    def register(self, scratch: Path, recipe: DepthRecipe = RECIPE) -> Registration:
        return register_views(self.views, self, recipe, scratch=scratch, report=silent, token=NEVER)


def view_of(name: str, width: int, height: int, focal_px: float | None = None) -> View:
    """A view that was never a file."""
    camera = "" if focal_px is None else "Synthetic"
    return View(
        ViewId(name), f"{name}.jpg", PhotoSource(f"{name}.jpg", name), width, height,
        focal_px, camera, 1.0,
    )  # fmt: skip


def taken(shape: Shape, cameras: Mapping[ViewId, Camera], prefix: str = "") -> PhotoSet:
    """Photos of a shape with a little sensor noise, as two real photos are never alike."""
    views, pictures, named = [], {}, {}
    for n, (name, camera) in enumerate(cameras.items()):
        lens = camera.intrinsics
        view = view_of(prefix + name, lens.width, lens.height, lens.fx)
        noise = np.random.default_rng(n).normal(0, 2, (lens.height, lens.width, 3))
        picture = np.clip(photo(shape, camera, samples=1) + noise, 0, 255).astype(np.uint8)
        views.append(view)
        pictures[view.id], named[view.id] = picture, camera
    return PhotoSet(tuple(views), pictures, named)


def together(*sets: PhotoSet) -> PhotoSet:
    """Several sets as one."""
    return PhotoSet(
        tuple(view for one in sets for view in one.views),
        {name: picture for one in sets for name, picture in one.pictures.items()},
        {name: camera for one in sets for name, camera in one.cameras.items()},
    )


def repeated(photos: PhotoSet, index: int, n: int) -> PhotoSet:
    """`n` copies of one photo under different names."""
    first = photos.views[index]
    views = tuple(replace(first, id=ViewId(f"copy_{k}"), name=f"copy_{k}.jpg") for k in range(n))
    return PhotoSet(
        views,
        {view.id: photos.pictures[first.id] for view in views},
        {view.id: photos.cameras[first.id] for view in views},
    )


def still_life(seed: int = 0) -> Shape:
    """A box and a ball on a table; another seed, other textures."""
    return Union(
        Plane(half=(2.5, 2.5), cell=0.35, seed=seed + 2),
        Box(centre=(-0.5, 0.2, 0.4), half=(0.45, 0.35, 0.4), cell=0.3, seed=seed + 3),
        Sphere(centre=(0.65, -0.15, 0.5), radius=0.5, cell=0.3, seed=seed + 5),
    )


@cache
def orbit_set(n: int = 6, *, seed: int = 0, degrees: float = 60.0, k1: float = 0.0) -> PhotoSet:
    """`n` photos over an arc around the still life."""
    rig = orbit(n, radius=4.0, height=2.6, target=(0, 0, 0.25), size=SIZE, degrees=degrees, k1=k1)
    return taken(still_life(seed), rig, f"life{seed}_")


@cache
def turning_set(n: int = 6, step_deg: float = 12.0) -> PhotoSet:
    """A room with a ball in it, from one place, the camera turning from photo to photo."""
    room = Union(
        Box(half=(3.0, 2.5, 1.4), cell=0.5, seed=11),
        Sphere(centre=(1.6, 0.5, -0.6), radius=0.5, cell=0.3, seed=12),
    )
    angles = np.radians(step_deg) * np.arange(n)
    rig = {
        ViewId(f"turn_{k}"): look_at((0, 0, 0), (np.cos(a), np.sin(a), -0.1), lens_of(SIZE, 0.8))
        for k, a in enumerate(angles)
    }
    return taken(room, rig)


@cache
def unrelated_set(n: int = 10) -> PhotoSet:
    """Photos of `n` different things."""
    rig = orbit(1, radius=4.0, height=2.6, size=SIZE)
    return together(*(taken(still_life(100 * k), rig, f"other{k}_") for k in range(1, n + 1)))


def position_error(registration: Registration, photos: PhotoSet) -> float:
    """Median distance of the cameras from the true ones after alignment, / size of the rig."""
    true = _centres(photos.cameras, registration)
    found = _centres(registration.cameras, registration)
    away = np.linalg.norm(align_points(found, true).apply(found) - true, axis=1)
    return float(np.median(away) / np.linalg.norm(true - true.mean(axis=0), axis=1).max())


def _centres(cameras: Mapping[ViewId, Camera], registration: Registration) -> NDArray[np.float64]:
    return np.array([cameras[view_id].centre for view_id in registration.view_ids])
