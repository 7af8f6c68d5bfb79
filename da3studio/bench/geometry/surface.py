"""Depth maps to a surface by the published protocol, and that against the true one.

Source: the protocol of DA3-BENCH. The cameras are brought into the true world by the similarity of
their centres, with a consensus from ten on and seed 42; depth is brought to the photo's own size by
the nearest pixel; truncated signed distances make a mesh, and points are spread over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.bench.geometry.answers import Answer, SurfaceScore
from da3studio.bench.geometry.truth import Array, Photo, lifted
from da3studio.bench.parity.reference_scores import surface_scores
from da3studio.bench.sample_truth import spread_over
from da3studio.fusion.bridge import open3d
from da3studio.geometry.camera import Camera
from da3studio.geometry.camera_alignment import align_cameras
from da3studio.geometry.conventions import opencv_matrix
from da3studio.scene.mesh import Mesh

FEWEST_CAMERAS = 3  # whose centres say where the found world lies in the true one
_SEED = 42
_BLOCK, _FIRST_BLOCKS = 16, 4000  # voxels along an edge; room that grows by itself
_SEEN_ONCE = 0.5  # weight, below which there is no surface
_NEVER = 1e9  # [voxels]; Open3D takes no infinity
_SHOWN = 4.0  # median depths, beyond which what a few photos show does not count
_WINDOW_SAMPLES = 100_000  # points of what a few photos show


@dataclass(frozen=True)
class SurfaceRule:
    """How depth becomes a surface, and how that is compared [units of the truth]."""

    voxel: float
    truncation: float
    threshold: float  # nearer than that is right
    cell: float  # edge of the cubes of which each keeps one point
    farthest: float = np.inf  # deeper pixels are left out
    margin: float = np.inf  # about the true surface's box; what lies outside is left out
    n_samples: int = 1_000_000  # points on the surface
    at_photo_size: bool = True  # depth is enlarged to it first; else it stays as it is


@dataclass(frozen=True, eq=False)
class KnownPoints:
    """A true surface as points; implements `truth.TrueSurface`."""

    points: Array  # (N, 3)
    rule: SurfaceRule
    unit: float = 1.0  # in which distances are told [units of the truth]

    def score(self, answer: Answer, photos: Sequence[Photo]) -> SurfaceScore:
        """See `truth.TrueSurface`; two cameras do not say where the surface belongs."""
        mine = [photo for photo in photos if photo.name in answer.depths]
        placed = in_true_world(answer, mine)
        if placed is None:
            return SurfaceScore.of_nothing()
        cameras, scale = placed
        volume = _Volume(self.rule)
        for photo in mine:
            z = answer.depths[photo.name].z * np.float32(scale)
            volume.add(photo, z, cameras[photo.name])
        points = self._inside(volume.points())
        if not len(points):
            return SurfaceScore.of_nothing()
        scores = surface_scores(points, self.points, self.rule.threshold, self.rule.cell)
        return SurfaceScore(scores["fscore"], scores["overall"] / self.unit)

    def _inside(self, points: Array) -> Array:
        """Without what lies outside the true surface's box and its margin."""
        if not np.isfinite(self.rule.margin):
            return points
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        above, below = points >= low - self.rule.margin, points <= high + self.rule.margin
        return np.asarray(points[(above & below).all(axis=1)])


def shown_surface(photos: Sequence[Photo]) -> KnownPoints | None:
    """What photos show, where their true depth is dense; told in their median depth.

    The rule is that of 7Scenes for walls two metres away, with voxels twice as large, as there are
    hundreds of such surfaces.
    """
    depths = [(photo, depth) for photo in photos if (depth := photo.depth()) and depth.is_dense]
    if not depths:
        return None
    far = float(np.median(np.concatenate([depth.z for _, depth in depths])))
    points = [lifted(photo)[depth.z <= _SHOWN * far] for photo, depth in depths]
    rule = SurfaceRule(
        far / 128,
        far / 40,
        far / 40,
        far / 128,
        _SHOWN * far,
        n_samples=_WINDOW_SAMPLES,
        at_photo_size=False,
    )
    return KnownPoints(np.concatenate(points), rule, unit=far)


def in_true_world(
    answer: Answer, photos: Sequence[Photo]
) -> tuple[Mapping[str, Camera], float] | None:
    """An answer's cameras in the true world, and what its depth is multiplied with.

    Cameras that were given are there already. `None` for fewer than three that were found.
    """
    found = [answer.cameras[photo.name] for photo in photos]
    names = [photo.name for photo in photos]
    if not answer.finds_cameras:
        return dict(zip(names, found, strict=True)), 1.0
    if len(found) < FEWEST_CAMERAS:
        return None
    true_from_found = align_cameras(found, [photo.camera for photo in photos])
    placed = [true_from_found.apply_to_camera(camera) for camera in found]
    return dict(zip(names, placed, strict=True)), true_from_found.scale


class _Volume:
    """Open3D's blocks of voxels; distances are in voxels, so that a world of any unit is as good.

    The published benchmark takes `ScalableTSDFVolume`, which comes out empty in Open3D 0.20: it
    looks for the blocks of a float depth map at a thousandth of the depth. This is its successor,
    with the same size of blocks, truncation and equal weights, and everything seen once counts.
    """

    def __init__(self, rule: SurfaceRule) -> None:
        self._o3d, self._rule = open3d(), rule
        kinds = (self._o3d.core.float32, self._o3d.core.float32)
        self._grid = self._o3d.t.geometry.VoxelBlockGrid(
            ("tsdf", "weight"), kinds, ((1,), (1,)), voxel_size=1.0, block_resolution=_BLOCK,
            block_count=_FIRST_BLOCKS, device=self._o3d.core.Device("CPU:0"),
        )  # fmt: skip
        self._is_empty = True

    def add(self, photo: Photo, z: NDArray[np.float32], camera: Camera) -> None:
        """A depth map [truth's unit]; pixels that do not count, or are too far, are left out."""
        size = (photo.view.width, photo.view.height) if self._rule.at_photo_size else z.shape[::-1]
        lens = camera.pinhole().resized(*size).intrinsics
        depth = cv2.resize(z, size, interpolation=cv2.INTER_NEAREST)
        counts = photo.counts() if self._rule.at_photo_size else None
        is_good = np.isfinite(depth) & (depth > 0) & (depth <= self._rule.farthest)
        is_good &= True if counts is None else counts
        if not is_good.any():
            return
        self._is_empty = False
        pose = camera.cam_from_world.matrix()
        pose[:3, 3] /= self._rule.voxel
        depth = np.where(is_good, depth / np.float32(self._rule.voxel), 0).astype(np.float32)
        tensor = self._o3d.core.Tensor
        seen = (
            self._o3d.t.geometry.Image(tensor(np.ascontiguousarray(depth))),
            tensor(opencv_matrix(lens)), tensor(pose), 1.0, _NEVER,
            self._rule.truncation / self._rule.voxel,
        )  # fmt: skip
        self._grid.integrate(self._grid.compute_unique_block_coordinates(*seen), *seen)

    def points(self) -> Array:
        """`(N, 3)` spread over the surface [truth's unit]; none where there is none."""
        if self._is_empty:
            return np.zeros((0, 3))
        try:
            mesh = self._grid.extract_triangle_mesh(weight_threshold=_SEEN_ONCE)
        except RuntimeError:  # Open3D's way to say that no surface passes through the voxels
            return np.zeros((0, 3))
        vertices = mesh.vertex.positions.numpy().astype(np.float32)
        faces = mesh.triangle.indices.numpy().astype(np.int32)
        surface = Mesh(vertices, faces, np.zeros_like(vertices))
        spread = spread_over(surface, self._rule.n_samples, _SEED)
        return spread.astype(np.float64) * self._rule.voxel
