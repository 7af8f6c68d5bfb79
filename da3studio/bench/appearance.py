"""How a mesh looks beside a picture of the same place."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.raycast import RayScene
from da3studio.fusion.render import render
from da3studio.geometry.camera import Camera
from da3studio.media.photos import PhotoFiles
from da3studio.scene.mesh import Mesh
from da3studio.scene.scene import Scene

_RAYS = 2  # per pixel and direction, as `fusion.render` casts them
_PHOTOS, _SIDE_PX = 12, 480  # compared at most, as many and as large as the scorer takes
_FEWEST_PIXELS = 200  # of a picture, to say anything about their colours


@dataclass(frozen=True)
class Likeness:
    """A mesh, drawn, against a picture."""

    psnr_db: float | None  # of sRGB values as they are, where the mesh is; None = it is nowhere
    coverage: float  # share of the picture that the mesh covers


def likeness(
    mesh: Mesh, camera: Camera, picture: NDArray[np.uint8], shown: NDArray[np.bool_] | None = None
) -> Likeness:
    """Draw a mesh and compare.

    Args:
        mesh: in the camera's world.
        camera: without lens distortion.
        picture: `(H, W, 3)` sRGB of the camera's size.
        shown: `(H, W)` where the picture shows what counts; everywhere if not given.
    """
    lens = camera.intrinsics
    found = RayScene(mesh).look(camera.resized(lens.width * _RAYS, lens.height * _RAYS)).found
    # a pixel counts as covered if all its rays hit: else the background is mixed in
    covered = found.reshape(lens.height, _RAYS, lens.width, _RAYS).all(axis=(1, 3))
    shown = np.ones_like(covered) if shown is None else shown
    both = covered & shown
    coverage = float(both.sum() / max(shown.sum(), 1))
    if both.sum() < _FEWEST_PIXELS:
        return Likeness(None, coverage)
    difference = render(mesh, camera)[both].astype(np.float64) - picture[both]
    mean_square = max(float((difference**2).mean()), 1e-9)
    return Likeness(float(10 * np.log10(255**2 / mean_square)), coverage)


def likeness_to_photos(scene: Scene, photos: PhotoFiles) -> Likeness | None:
    """The mesh from its own cameras against the photos, means over up to 12 of them.

    This needs no reference: wrong cameras, holes and blurred texture all show.

    Args:
        scene: `None` is returned if it has no mesh.
        photos: reads the scene's photos.

    Raises:
        Missing: a photo is gone or changed.
    """
    if scene.mesh is None:
        return None
    views = {view.id: view for view in scene.views}
    ids = scene.registration.view_ids
    chosen = np.unique(np.linspace(0, len(ids) - 1, min(_PHOTOS, len(ids))).round().astype(int))
    found = []
    for view_id in (ids[i] for i in chosen):
        camera = scene.registration.cameras[view_id]
        photo = photos.read_undistorted(views[view_id], camera, _SIDE_PX)
        pinhole = camera.pinhole().resized(photo.shape[1], photo.shape[0])
        found.append(likeness(scene.mesh, pinhole, photo))
    return mean_likeness(found)


def mean_likeness(several: list[Likeness]) -> Likeness:
    """Means over pictures; of the PSNR, over those where there is one."""
    psnr = [one.psnr_db for one in several if one.psnr_db is not None]
    return Likeness(fmean(psnr) if psnr else None, fmean(one.coverage for one in several))
