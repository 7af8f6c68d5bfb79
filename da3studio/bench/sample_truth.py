"""The built-in sample against its truth: cameras, surface, and colours from unseen viewpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.raycast import RayScene
from da3studio.fusion.render import render as draw
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import angle_between
from da3studio.geometry.similarity import Sim3, align_points
from da3studio.sample.render import render as photograph
from da3studio.sample.render import true_depth
from da3studio.sample.scene import SampleScene
from da3studio.sample.truth import distance_to_surface, visible_surface
from da3studio.scene.mesh import Mesh
from da3studio.scene.scene import Scene

THRESHOLDS = (0.005, 0.01)  # shares of the scene diameter
_N_TRUE, _N_OURS = 200_000, 400_000  # points on the surfaces; ours 5 mm apart in the whole room
_SEED = 1
_BOX_PERCENT = (5, 95)
_RAYS = 2  # per pixel and direction, as `fusion.render` casts them


@dataclass(frozen=True)
class SurfaceScore:
    """Shares (0 to 1) of surface nearer to the other surface than a distance."""

    threshold: float  # the distance, as a share of the scene diameter
    precision: float  # of our mesh
    recall: float  # of the true surface that at least two photos show

    @property
    def f_score(self) -> float:
        """Harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class PictureScore:
    """Our mesh drawn from a viewpoint that was never photographed, against a perfect photo."""

    psnr_db: float  # of sRGB values as they are, where both show a surface
    coverage: float  # share of the true surface's pixels that our mesh covers


@dataclass(frozen=True)
class SampleScores:
    """Everything measured of one reconstruction of the sample."""

    n_photos: int
    position_errors: tuple[float, ...]  # of each found camera, as a share of the scene diameter
    rotation_errors_deg: tuple[float, ...]
    diameter_m: float
    surface: tuple[SurfaceScore, ...]  # in the order of `THRESHOLDS`
    pictures: tuple[PictureScore, ...]  # one per held-out viewpoint

    @property
    def n_registered(self) -> int:
        return len(self.position_errors)

    @property
    def position_error(self) -> float:
        """Median, as a share of the scene diameter."""
        return float(np.median(self.position_errors))

    @property
    def psnr_db(self) -> float:
        """Mean over the held-out viewpoints."""
        return fmean(picture.psnr_db for picture in self.pictures)

    @property
    def coverage(self) -> float:
        """Mean over the held-out viewpoints."""
        return fmean(picture.coverage for picture in self.pictures)


def compare(
    scene: Scene, truth: SampleScene, cameras: Mapping[str, Camera], *, width: int
) -> SampleScores:
    """Measure a reconstruction of the sample photos.

    It is brought into the true world by the similarity that fits the camera positions best. The
    scene diameter is the diagonal of the box that holds the inner 90 % (5 to 95 % on each axis) of
    the true surface that at least two of the photos show, as the scorer of real sets defines it.

    Args:
        scene: with at least three cameras and a textured mesh.
        truth: from `sample_scene`.
        cameras: the true camera of each view, by the name of the view.
        width: of the pictures from held-out viewpoints [px].

    Raises:
        ValueError: the scene has fewer than three cameras, or no mesh.
    """
    if scene.mesh is None:
        raise ValueError("the sample is measured with its mesh")
    names = {view.id: view.name for view in scene.views}
    ours = [scene.registration.cameras[view_id] for view_id in scene.registration.view_ids]
    true = [cameras[names[view_id]] for view_id in scene.registration.view_ids]
    to_truth = align_points([c.centre for c in ours], [c.centre for c in true])
    moved = [to_truth.apply_to_camera(camera) for camera in ours]
    visible = visible_surface(truth, _N_TRUE, _SEED, cameras=tuple(cameras.values()))
    diameter = scene_diameter(visible)
    mesh = _in_truth(scene.mesh, to_truth)
    pairs = list(zip(moved, true, strict=True))
    return SampleScores(
        n_photos=len(scene.views),
        position_errors=tuple(
            float(np.linalg.norm(a.centre - b.centre)) / diameter for a, b in pairs
        ),
        rotation_errors_deg=tuple(
            float(np.degrees(angle_between(a.cam_from_world.rotation, b.cam_from_world.rotation)))
            for a, b in pairs
        ),
        diameter_m=diameter,
        surface=_surface_scores(mesh, truth, visible, diameter),
        pictures=tuple(
            picture_score(mesh, truth, _at_width(camera, width)) for camera in truth.held_out
        ),
    )


def scene_diameter(points: NDArray[np.float32]) -> float:
    """Diagonal of the box of the inner 90 % of `(N, 3)` points, axis by axis."""
    low, high = np.percentile(points, _BOX_PERCENT, axis=0)
    return float(np.linalg.norm(high - low))


def picture_score(mesh: Mesh, truth: SampleScene, camera: Camera) -> PictureScore:
    """Compare a mesh in the true world with a perfect photo.

    Args:
        mesh: in the true world.
        truth: from `sample_scene`.
        camera: without lens distortion.

    Raises:
        ValueError: the mesh covers nothing of the picture.
    """
    lens = camera.intrinsics
    fine = RayScene(mesh).look(camera.resized(lens.width * _RAYS, lens.height * _RAYS)).found
    # a pixel counts as ours if all its rays hit: else the background is mixed in
    ours = fine.reshape(lens.height, _RAYS, lens.width, _RAYS).all(axis=(1, 3))
    there = true_depth(truth, camera) > 0
    both = ours & there
    if not both.any():
        raise ValueError("the mesh covers nothing of the picture")
    difference = draw(mesh, camera)[both].astype(np.float64) - photograph(truth, camera)[both]
    psnr_db = 10 * np.log10(255**2 / max(float((difference**2).mean()), 1e-9))
    return PictureScore(float(psnr_db), float(both.sum() / there.sum()))


def _surface_scores(
    mesh: Mesh, truth: SampleScene, visible: NDArray[np.float32], diameter: float
) -> tuple[SurfaceScore, ...]:
    from scipy.spatial import cKDTree

    points = spread_over(mesh, _N_OURS, _SEED)
    off = distance_to_surface(truth, points)
    missed, _ = cKDTree(points).query(visible)
    return tuple(
        SurfaceScore(
            threshold,
            precision=float((off < threshold * diameter).mean()),
            recall=float((missed < threshold * diameter).mean()),
        )
        for threshold in THRESHOLDS
    )


def spread_over(mesh: Mesh, n: int, seed: int) -> NDArray[np.float32]:
    """`(n, 3)` points spread evenly over the area of a mesh."""
    rng = np.random.default_rng(seed)
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    face = rng.choice(len(area), n, p=area / area.sum())
    root, other = np.sqrt(rng.random(n)), rng.random(n)
    weights = np.stack([1 - root, root * (1 - other), root * other], axis=-1)
    points = np.einsum("nk,nkj->nj", weights, corners[face])
    return np.asarray(points, np.float32)


def _in_truth(mesh: Mesh, to_truth: Sim3) -> Mesh:
    vertices = to_truth.apply(mesh.vertices).astype(np.float32)
    normals = (mesh.normals @ to_truth.rotation.T).astype(np.float32)
    return Mesh(vertices, mesh.faces, normals, mesh.rgb, mesh.texture)


def _at_width(camera: Camera, width: int) -> Camera:
    lens = camera.intrinsics
    return camera.pinhole().resized(width, round(width * lens.height / lens.width))
