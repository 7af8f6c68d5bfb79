"""Volume integration: accepted depth → signed distances on a sparse grid → triangles.

Curless and Levoy 1996, on the blocks of Open3D's `VoxelBlockGrid`. The averaging is ours, because
Open3D's looks depth up in the nearest pixel, weighs all pixels alike, and believes a surface to be
solid for the whole truncation behind it: a plate half a voxel thin would come out 7.5 voxels thick,
and here it is 2.3; both sides stay. Blocks, hashing and the extraction of triangles are Open3D's.

One grid unit is one voxel, whatever the world's unit: distances stay near 1 in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.fusion.bridge import Triangles, open3d
from da3studio.fusion.sampling import depth_at, facing, footprint
from da3studio.geometry.camera import Camera, unproject
from da3studio.geometry.conventions import opencv_matrix
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId

_BLOCK = 8  # voxels along a block's edge
# Per voxel: distance and weight, and the four int32 Open3D needs while it makes triangles.
_BYTES_PER_VOXEL = 4 + 4 + 16
_NOWHERE = np.float32(-1e4)  # a pixel position outside every picture
_FACES_A_BLOCK = 55.0  # 54 and 57 on large captures, where most blocks are full
_BLOCKS_AT_ONCE = 2048  # averaged in one go: a million voxels, about 60 MB of temporaries
# A surface is believed to be solid in full for so many voxels behind it, then less and less.
_SOLID = 1.0
# Of all corners of a cell, for it to get triangles. Low, because the agreement of views decided
# what is trusted at all: this is for what is only seen at a slant, and the end of the band.
_LEAST_WEIGHT = 0.02

COARSEST = 8.0
"""Pixels that cover this many times the median are background with hardly any parallax: their
depth is a guess, and their blocks would take all the memory."""

WeightOf = Callable[[ViewId], NDArray[np.float32]]
"""Gives the `(H, W)` weight of every pixel of a depth map in [0, 1]; 0 = leave it out."""


@dataclass(frozen=True, eq=False)
class Volume:
    """What came out of the integration."""

    surface: Triangles  # world
    voxel: float  # edge that was used [world units]; larger than asked for where memory was short
    n_blocks: int  # of 8 x 8 x 8 voxels
    short_of_memory: bool  # that is why the voxels are larger than asked for


def integrate(
    cameras: Mapping[ViewId, Camera],
    depth_of: Callable[[ViewId], DepthMap],
    weight_of: WeightOf,
    around: NDArray[np.floating[Any]],
    *,
    pixel: float,
    voxel: float,
    truncation: float,
    report: Report,
    token: CancelToken,
    most_faces: float = np.inf,
    most_bytes: float = 1.5e9,
) -> Volume:
    """The surface that the depth maps agree on best.

    Args:
        cameras: of the registration, in the photos' own size and with their distortion.
        depth_of: gives the depth map of each.
        weight_of: how far to trust each pixel.
        around: `(N, 3)` points about which the surface is looked for [world units].
        pixel: median footprint of the pixels [world units]; those `COARSEST` times as coarse are
            left out.
        voxel: edge of a cell [world units].
        truncation: band around the surface in which depth is averaged [voxels].
        report: told about progress.
        token: checked between views and blocks.
        most_faces: about so many triangles at the most; the voxels are enlarged until it holds.
        most_bytes: memory for the grid; the voxels are enlarged until it suffices.

    Raises:
        JobCancelled: by the token.
    """
    middle = np.median(around, axis=0).astype(np.float64)
    blocks = _blocks_near((around - middle) / voxel, truncation)
    enlarged = False
    by_memory, by_faces = most_bytes / (_BLOCK**3 * _BYTES_PER_VOXEL), most_faces / _FACES_A_BLOCK
    while (excess := len(blocks) / min(by_memory, by_faces)) > 1:
        enlarged = True
        voxel *= float(np.sqrt(excess)) * 1.05  # a surface's blocks go with the square of the edge
        blocks = _blocks_near((around - middle) / voxel, truncation)
    grid = _Grid(blocks)
    grid_from_world = Sim3(1 / voxel, np.eye(3), -middle / voxel)
    for done, (view_id, camera) in enumerate(cameras.items()):
        report(Progress(tr("Joining depth maps into a surface"), done, len(cameras)))
        view = _view(camera, depth_of(view_id), weight_of(view_id), pixel, grid_from_world)
        grid.add(view, truncation, token)
    token.check()
    local = grid.triangles()
    surface = Triangles(local.vertices * voxel + middle, local.faces)
    return Volume(surface, voxel, len(blocks), enlarged and by_memory < by_faces)


@dataclass(frozen=True, eq=False)
class _View:
    """One depth map in the grid's frame."""

    camera: Camera  # pinhole in the map's size
    z: NDArray[np.float32]  # (H, W) [voxels], 0 = left out
    weight: NDArray[np.float32]  # (H, W)


def _view(
    camera: Camera,
    depth: DepthMap,
    weight: NDArray[np.float32],
    pixel: float,
    grid_from_world: Sim3,
) -> _View:
    camera = camera.pinhole().resized(depth.width, depth.height)
    covers = footprint(depth.z, camera.intrinsics)
    weight = np.where(covers <= COARSEST * pixel, weight, np.float32(0))
    # what a coarse pixel says of a finely seen place is a blur of it
    weight *= np.minimum(1, pixel / np.fmax(covers, pixel))
    # a slanted pixel measures along the surface rather than across it
    weight *= facing(depth.z, camera) ** 2
    z = np.where(weight > 0, depth.z * grid_from_world.scale, 0).astype(np.float32)
    return _View(grid_from_world.apply_to_camera(camera), z, weight.astype(np.float32))


def _blocks_near(points: NDArray[np.floating[Any]], truncation: float) -> NDArray[np.int32]:
    """`(B, 3)` the different blocks within the truncation of points [voxels]."""
    if not len(points):
        return np.zeros((0, 3), np.int32)
    o3d = open3d()
    cloud = o3d.t.geometry.PointCloud(o3d.core.Tensor(np.ascontiguousarray(points, np.float32)))
    found = _empty_grid(1).compute_unique_block_coordinates(cloud, truncation).numpy()
    return np.unique(found, axis=0)


def _empty_grid(n_blocks: int) -> Any:
    o3d = open3d()
    return o3d.t.geometry.VoxelBlockGrid(
        ("tsdf", "weight"), (o3d.core.float32, o3d.core.float32), ((1), (1)),
        1.0, _BLOCK, max(1, n_blocks), o3d.core.Device("CPU:0"),
    )  # fmt: skip


class _Grid:
    """Signed distances [truncations] and weights on a sparse grid of unit voxels."""

    def __init__(self, blocks: NDArray[np.int32]) -> None:
        self._grid = _empty_grid(len(blocks))
        self._hashed = self._grid.hashmap()
        if len(blocks):
            self._hashed.activate(open3d().core.Tensor(blocks))
        # these share Open3D's memory: nothing may be activated from here on, it could move
        self._distance, self._weight = (
            self._grid.attribute(name).numpy().reshape(-1, _BLOCK**3) for name in ("tsdf", "weight")
        )
        z, y, x = np.indices((_BLOCK, _BLOCK, _BLOCK)).reshape(3, -1)
        self._inside = np.stack([x, y, z], axis=1).astype(np.float64)  # (512, 3) Open3D's order

    def add(self, view: _View, truncation: float, token: CancelToken) -> None:
        """Average a view into the blocks within the truncation of what it measured."""
        # every second pixel: a block spans several pixels, and the truncation bridges the rest
        points = unproject(view.z, view.camera)[::2, ::2]
        keys = _blocks_near(points[np.isfinite(points[..., 0])], truncation)
        if not len(keys):
            return
        found, active = self._hashed.find(open3d().core.Tensor(keys))
        rows, keys = found.numpy()[active.numpy()], keys[active.numpy()]
        lens, cam_from_grid = opencv_matrix(view.camera.intrinsics), view.camera.cam_from_world
        image_from_grid, offset = lens @ cam_from_grid.rotation, lens @ cam_from_grid.translation
        inside = (self._inside @ image_from_grid.T).astype(np.float32)
        for start in range(0, len(keys), _BLOCKS_AT_ONCE):
            token.check()
            some = slice(start, start + _BLOCKS_AT_ONCE)
            corners = keys[some] * float(_BLOCK) @ image_from_grid.T + offset
            u, v, depth = (
                corners[:, None, i].astype(np.float32) + inside[None, :, i] for i in range(3)
            )
            ahead = depth > 0
            with np.errstate(divide="ignore", invalid="ignore"):
                u = np.where(ahead, u / depth, _NOWHERE)
                v = np.where(ahead, v / depth, _NOWHERE)
            measured, weight = depth_at(view.z, u, v), depth_at(view.weight, u, v)
            self._average(rows[some], depth, measured, weight, truncation)

    def _average(
        self,
        rows: NDArray[np.int64],
        depth: NDArray[np.float32],
        measured: NDArray[np.float32],
        weight: NDArray[np.float32],
        truncation: float,
    ) -> None:
        distance = measured - depth
        solid = np.clip((truncation + distance) / np.float32(truncation - _SOLID), 0, 1)
        weight = np.where(measured > 0, weight * solid, np.float32(0))
        distance = np.clip(distance / np.float32(truncation), -1, 1)
        before = self._weight[rows]
        total = before + weight
        mean = self._distance[rows] * before + distance * weight
        self._distance[rows] = mean / np.fmax(total, np.finfo(np.float32).tiny)
        self._weight[rows] = total

    def triangles(self) -> Triangles:
        """The zero crossing, in grid units."""
        try:
            mesh = self._grid.extract_triangle_mesh(weight_threshold=_LEAST_WEIGHT)
        except RuntimeError as error:
            if "SetVertexColors" not in str(error):
                raise
            # how Open3D says that there is not one triangle
            return Triangles(np.zeros((0, 3)), np.zeros((0, 3), np.int32))
        return Triangles(
            mesh.vertex.positions.numpy().astype(np.float64),
            mesh.triangle.indices.numpy().astype(np.int32),
        )
