"""What a reconstruction of the sample photos is measured against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera, project
from da3studio.sample.scene import SampleScene

_AT_ONCE = 100_000  # points tried per round


def visible_surface(
    scene: SampleScene,
    n: int,
    seed: int,
    *,
    within_m: float = np.inf,
    cameras: tuple[Camera, ...] | None = None,
    min_photos: int = 2,
) -> NDArray[np.float32]:
    """Points spread evenly over the part of the surface that some photos show.

    Args:
        scene: from `sample_scene`.
        n: how many.
        seed: of the random choice.
        within_m: only points this near to the foot of the vase [m]; 0.7 is the table's top.
        cameras: of the photos; all 16 if not given.
        min_photos: that have to show a point.

    Returns:
        `(n, 3)` [m].
    """
    rng = np.random.default_rng(seed)
    cameras = scene.cameras if cameras is None else cameras
    corners = scene.mesh.vertices[scene.mesh.faces].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normals, axis=1)
    # Faces that lie wholly outside the ball need not be tried; the others are cut point by point.
    nearest = np.linalg.norm(corners.mean(axis=1), axis=1) - np.linalg.norm(
        corners - corners.mean(axis=1, keepdims=True), axis=2
    ).max(axis=1)
    share = np.cumsum(np.where(nearest <= within_m, area, 0.0))
    found: list[NDArray[np.float32]] = []
    while sum(map(len, found)) < n:
        face = np.searchsorted(share, rng.random(_AT_ONCE) * share[-1], side="right")
        weights = _barycentric(rng, _AT_ONCE)
        points = np.einsum("nk,nkj->nj", weights, corners[face])
        inside = np.linalg.norm(points, axis=1) <= within_m
        points, outward = points[inside], normals[face[inside]]
        n_seen = np.zeros(len(points), int)
        for camera in cameras:
            n_seen += _sees(scene, camera, points, outward)
        found.append(points[n_seen >= min_photos].astype(np.float32))
    return np.concatenate(found)[:n]


def distance_to_surface(scene: SampleScene, points: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(N,)` distance of `(N, 3)` world points to the true surface [m]."""
    return scene.tracer.distances(points)


def _barycentric(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """`(n, 3)` weights that are spread evenly over a triangle."""
    root, other = np.sqrt(rng.random(n)), rng.random(n)
    return np.stack([1 - root, root * (1 - other), root * other], axis=-1)


def _sees(
    scene: SampleScene,
    camera: Camera,
    points: NDArray[np.float64],
    outward: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """`(N,)` whether points lie in the picture, face the camera and are not hidden."""
    pixels, lens = project(points, camera), camera.intrinsics
    inside = (pixels > 0) & (pixels < (lens.width, lens.height))
    seen: NDArray[np.bool_] = inside[:, 0] & inside[:, 1]
    way = camera.centre - points
    seen &= np.einsum("ij,ij->i", way, outward) > 0
    candidates = np.flatnonzero(seen)
    eye = np.broadcast_to(camera.centre.astype(np.float32), (len(candidates), 3))
    seen[candidates] = scene.tracer.free_between(
        np.ascontiguousarray(eye), points[candidates].astype(np.float32)
    )
    return seen
