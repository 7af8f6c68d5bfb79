"""Small exact scenes for the exporters' tests.

The box's texture says where a texel lies: its colour is `colour_at` of the 3-D position, so that
a flipped or swapped texture cannot go unseen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from da3studio.geometry.camera import Camera, Intrinsics, project
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from da3studio.scene.cloud import PointCloud
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.registration import Registration, SparsePoints, Unit
from da3studio.scene.scene import Scene
from da3studio.scene.view import PhotoSource, View, ViewId

HALF = np.array([1.0, 2.0, 3.0])
CENTRE = np.array([0.5, -0.25, 8.0])
CELL = 64  # texels of one side of the box


def colour_at(points: ArrayLike) -> NDArray[np.float64]:
    """sRGB 28...228 that grows with x, y, z over the box."""
    return 128 + 100 * (np.asarray(points, np.float64) - CENTRE) / HALF


def box(*, textured: bool = True, coloured: bool = False) -> Mesh:
    """A box of 8 vertices and 12 faces; its atlas has 4 x 2 cells, of which 6 are used."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    vertices = CENTRE + signs * HALF
    faces, corner_uv = [], []
    image = np.zeros((2 * CELL, 4 * CELL, 3), np.uint8)
    for side in range(6):
        axis, sign = side // 2, 1 - 2 * (side % 2)
        u_axis, v_axis = (axis + 1) % 3, (axis + 2) % 3
        row, column = divmod(side, 4)
        # corners lie half a texel inside their cell, where the cell's colours are exact
        uv = {-1: 0.5, 1: CELL - 0.5}
        quad = [(-1, -1), (1, -1), (1, 1), (-1, 1)][::sign]
        index, texel = [], []
        for a, b in quad:
            corner = np.zeros(3)
            corner[axis], corner[u_axis], corner[v_axis] = sign, a, b
            index.append(int(np.flatnonzero((signs == corner).all(axis=1))[0]))
            texel.append((column * CELL + uv[a], row * CELL + uv[b]))
        for triangle in ((0, 1, 2), (0, 2, 3)):
            faces.append([index[i] for i in triangle])
            corner_uv.append([texel[i] for i in triangle])
        across = np.linspace(-1, 1, CELL)
        points = np.zeros((CELL, CELL, 3))
        points[..., axis] = sign
        points[..., u_axis], points[..., v_axis] = across[None, :], across[:, None]
        cell = np.rint(colour_at(CENTRE + points * HALF))
        image[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = cell
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=signs / np.sqrt(3),
        rgb=np.rint(colour_at(vertices)) if coloured else None,
        texture=Texture(image, np.array(corner_uv) / (4 * CELL, 2 * CELL)) if textured else None,
    )


def grid(side: int) -> Mesh:
    """`side`² coloured vertices of a wavy sheet with 2 (side - 1)² faces, seen from -z."""
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    vertices = np.stack([x, y, 0.1 * np.sin(9 * x)], axis=-1).reshape(-1, 3)
    corner = np.arange(side * side).reshape(side, side)
    a, b = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel()
    c, d = corner[1:, 1:].ravel(), corner[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, c, b], axis=1), np.stack([a, d, c], axis=1)])
    normals = np.tile([0.0, 0.0, -1.0], (side * side, 1))
    return Mesh(vertices, faces, normals, rgb=np.rint(255 * np.abs(vertices)).clip(0, 255))


def cloud(n: int = 200) -> PointCloud:
    """Points in the box with measures that differ from point to point."""
    rng = np.random.default_rng(5)
    xyz = CENTRE + rng.uniform(-1, 1, (n, 3)) * HALF
    normal = rng.normal(size=(n, 3))
    return PointCloud(
        xyz=xyz,
        rgb=np.rint(colour_at(xyz)),
        normal=normal / np.linalg.norm(normal, axis=1, keepdims=True),
        confidence=rng.uniform(0, 1, n),
        isolation=np.ones(n),
        n_views=rng.integers(2, 9, n),
        view_idx=np.zeros(n),
        view_ids=(ViewId("a"),),
    )


def gaussians(n: int = 100) -> Gaussians:
    """Gaussians in the box that differ in everything."""
    rng = np.random.default_rng(9)
    return Gaussians(
        means=CENTRE + rng.uniform(-1, 1, (n, 3)) * HALF,
        scales=rng.uniform(1e-4, 0.5, (n, 3)),
        rotations=rng.normal(size=(n, 4)),
        sh=rng.normal(0, 0.5, (n, 3, 9)),
        opacities=rng.uniform(0.01, 0.99, n),
    )


LENSES = (
    Intrinsics(800, 800, 320.25, 239.5, 640, 480),
    Intrinsics(820, 820, 318, 242, 640, 480, k1=-0.05),
    Intrinsics(820, 820, 318, 242, 640, 480, k1=-0.05, k2=0.01),
    Intrinsics(810, 815, 318, 242, 640, 480, k1=0.02, k2=-0.003),
    Intrinsics(800, 800, 320.25, 239.5, 640, 480),
)
NAMES = ("IMG 001.jpg", "b.jpg", "maison été.jpg", "d.JPG", "e.png")


def registration(unit: Unit = "relative") -> Registration:
    """Five cameras around the box, points on its surface seen by 0 to 5 of them."""
    cameras = {}
    for i, lens in enumerate(LENSES):
        rotation = rotation_from_wxyz([1, 0.02 * i, 0.06 * (i - 2), 0.3 * i])
        cameras[ViewId(f"id{i}")] = Camera(lens, Rigid3(rotation, [0.1 * i, 0, 4.0]))
    rng = np.random.default_rng(7)
    xyz = (CENTRE + rng.uniform(-0.5, 0.5, (60, 3)) * HALF).astype(np.float32)
    seen = rng.random((60, 5)) < 0.6
    seen[0], seen[1] = False, [True, False, False, False, False]
    point_idx, view_idx = np.nonzero(seen)
    pixels = np.stack([project(xyz, camera) for camera in cameras.values()], axis=1)
    points = SparsePoints(
        xyz=xyz,
        rgb=np.rint(colour_at(xyz)),
        error_px=rng.uniform(0.1, 1, 60),
        point_idx=point_idx,
        view_idx=view_idx,
        xy=pixels[point_idx, view_idx],
    )
    return Registration(tuple(cameras), cameras, points, {}, (), unit)


def scene(
    mesh: Mesh | None = None,
    points: PointCloud | None = None,
    *,
    name: str = "Büste 3\n",
    unit: Unit = "relative",
) -> Scene:
    """A scene of the cameras above; the last view in the list is not registered."""
    views = tuple(
        View(ViewId(f"id{i}"), view_name, PhotoSource(view_name, "0"), 640, 480, None, "", 1.0)
        for i, view_name in enumerate((*NAMES, "lost.jpg"))
    )
    return Scene(name, views, registration(unit), points, mesh, gaussians())


def without_cameras(of: Scene) -> Scene:
    """The scene before any view was registered."""
    none = SparsePoints(*(np.zeros((0, 3)),) * 2, *(np.zeros(0),) * 3, np.zeros((0, 2)))
    return replace(of, registration=Registration((), {}, none, {}, (), "relative"))
