"""The built-in sample against its truth: cameras, surface, and colours from unseen viewpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.bench.appearance import Likeness, likeness, mean_likeness
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import angle_between
from da3studio.geometry.similarity import Sim3, align_points
from da3studio.sample.render import render, true_depth
from da3studio.sample.scene import SampleScene
from da3studio.sample.truth import distance_to_surface, visible_surface
from da3studio.scene.mesh import Mesh
from da3studio.scene.scene import Scene

THRESHOLDS = (0.005, 0.01)  # shares of the diameter
TABLE_M = 0.7  # from the foot of the vase: the table's top and what stands on it
_N_TRUE, _N_OURS = 50_000, 400_000  # points on the surfaces; ours 8 mm apart in the whole room
_SEED = 1
_MARGIN_M = 0.05  # our surface outside of a part of the scene may be near true surface inside
_BOX_PERCENT = (5, 95)


@dataclass(frozen=True)
class CameraErrors:
    """What remains when found cameras are fitted to the true ones."""

    to_truth: Sim3  # true world from found world
    positions_m: tuple[float, ...]
    rotations_deg: tuple[float, ...]


@dataclass(frozen=True)
class SurfaceScore:
    """Shares (0 to 1) of surface nearer to the other surface than a distance."""

    threshold: float  # the distance, as a share of the diameter
    precision: float  # of our mesh
    recall: float  # of the true surface that `Surface.min_photos` show

    @property
    def f_score(self) -> float:
        """Harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Surface:
    """The mesh of a part of the scene."""

    within_m: float  # of the foot of the vase
    min_photos: int  # that have to show the true surface
    diameter_m: float  # of the part
    scores: tuple[SurfaceScore, ...]  # in the order of `THRESHOLDS`


@dataclass(frozen=True)
class SampleScores:
    """Everything measured of one reconstruction of the sample."""

    n_photos: int
    position_errors: tuple[float, ...]  # of each found camera, as a share of the room's diameter
    rotation_errors_deg: tuple[float, ...]
    room: Surface  # everything that two photos show
    room_thrice: Surface  # everything that three photos show, as we advise people
    table: Surface  # within `TABLE_M`: what the photographer aims at
    pictures: tuple[Likeness, ...]  # from viewpoints that were never photographed

    @property
    def n_registered(self) -> int:
        return len(self.position_errors)

    @property
    def position_error(self) -> float:
        """Median, as a share of the room's diameter."""
        return float(np.median(self.position_errors))

    @property
    def picture(self) -> Likeness:
        """Means over the held-out viewpoints."""
        return mean_likeness(list(self.pictures))


def compare(
    scene: Scene, truth: SampleScene, cameras: Mapping[str, Camera], *, width: int
) -> SampleScores:
    """Measure a reconstruction of the sample photos.

    It is brought into the true world by the similarity that fits the camera positions best. A
    diameter is the diagonal of the box that holds the inner 90 % (5 to 95 % on each axis) of the
    true surface that at least two of the photos show, as the scorer of real sets defines it.

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
    cameras_found = compare_cameras(ours, true)
    mesh = _in_truth(scene.mesh, cameras_found.to_truth)
    photographed = tuple(cameras.values())
    room = surface_of(mesh, truth, photographed, within_m=np.inf)
    return SampleScores(
        n_photos=len(scene.views),
        position_errors=tuple(m / room.diameter_m for m in cameras_found.positions_m),
        rotation_errors_deg=cameras_found.rotations_deg,
        room=room,
        room_thrice=surface_of(
            mesh, truth, photographed, within_m=np.inf, min_photos=3, diameter_m=room.diameter_m
        ),
        table=surface_of(mesh, truth, photographed, within_m=TABLE_M),
        pictures=tuple(
            likeness_to_truth(mesh, truth, _at_width(camera, width)) for camera in truth.held_out
        ),
    )


def compare_cameras(found: Sequence[Camera], true: Sequence[Camera]) -> CameraErrors:
    """Fit found camera positions to the true ones and measure what remains.

    Args:
        found: at least three, in any world.
        true: the same cameras.

    Raises:
        ValueError: fewer than three, or all in one line.
    """
    to_truth = align_points([c.centre for c in found], [c.centre for c in true])
    pairs = list(zip(map(to_truth.apply_to_camera, found), true, strict=True))
    turned = (angle_between(a.cam_from_world.rotation, b.cam_from_world.rotation) for a, b in pairs)
    return CameraErrors(
        to_truth,
        positions_m=tuple(float(np.linalg.norm(a.centre - b.centre)) for a, b in pairs),
        rotations_deg=tuple(float(np.degrees(angle)) for angle in turned),
    )


def scene_diameter(points: NDArray[np.float32]) -> float:
    """Diagonal of the box of the inner 90 % of `(N, 3)` points, axis by axis."""
    low, high = np.percentile(points, _BOX_PERCENT, axis=0)
    return float(np.linalg.norm(high - low))


def likeness_to_truth(mesh: Mesh, truth: SampleScene, camera: Camera) -> Likeness:
    """Compare a mesh with a perfect photo, where that shows a surface.

    Args:
        mesh: in the true world.
        truth: from `sample_scene`.
        camera: without lens distortion.
    """
    return likeness(mesh, camera, render(truth, camera), true_depth(truth, camera) > 0)


def surface_of(
    mesh: Mesh,
    truth: SampleScene,
    cameras: tuple[Camera, ...],
    *,
    within_m: float,
    min_photos: int = 2,
    diameter_m: float | None = None,
) -> Surface:
    """Measure the mesh of a part of the scene.

    Precision is that of all our surface there, recall that of the true surface that enough of the
    cameras see.

    Args:
        mesh: in the true world.
        truth: from `sample_scene`.
        cameras: the true ones of the photos.
        within_m: the part of the scene: so near to the foot of the vase [m].
        min_photos: cameras that have to see the true surface.
        diameter_m: that distances are shares of; `None` = of the true surface itself.
    """
    from scipy.spatial import cKDTree

    visible = visible_surface(
        truth, _N_TRUE, _SEED, within_m=within_m, cameras=cameras, min_photos=min_photos
    )
    diameter = diameter_m or scene_diameter(visible)
    points = spread_over(_near(mesh, within_m + _MARGIN_M), _N_OURS, _SEED)
    off = distance_to_surface(truth, points[np.linalg.norm(points, axis=1) <= within_m])
    missed, _ = cKDTree(points).query(visible)
    scores = tuple(
        SurfaceScore(
            threshold,
            precision=float((off < threshold * diameter).mean()) if len(off) else 0.0,
            recall=float((missed < threshold * diameter).mean()),
        )
        for threshold in THRESHOLDS
    )
    return Surface(within_m, min_photos, diameter, scores)


def _near(mesh: Mesh, within_m: float) -> Mesh:
    """The faces with a corner so near to the foot of the vase."""
    near = np.linalg.norm(mesh.vertices, axis=1) <= within_m
    return Mesh(mesh.vertices, mesh.faces[near[mesh.faces].any(axis=1)], mesh.normals)


def spread_over(mesh: Mesh, n: int, seed: int) -> NDArray[np.float32]:
    """`(n, 3)` points spread evenly over the area of a mesh; none for a mesh without faces."""
    if not len(mesh.faces):
        return np.zeros((0, 3), np.float32)
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
