"""One photo's depth as a surface: a relief, open where one thing stands before another.

With one photo there is nothing to compare its depth with, so every measured pixel counts. The
surface is the depth map's own grid. It is cut along depth edges: a skin stretched from a thing to
what stands behind it would show what nobody saw.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.fusion.bridge import Triangles
from da3studio.fusion.depth_edges import sharpened, steps_along_rows
from da3studio.fusion.simplify import vertex_normals
from da3studio.fusion.surface import Surface
from da3studio.fusion.texture.texture import Textured
from da3studio.geometry.camera import Camera, project, unproject
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.mesh import Mesh, Texture

_RIM = 1 / 100  # of the longer side
_TORN_OFF = 0.1  # of a side that is torn near the photo's rim


def relief(
    camera: Camera,
    depth: DepthMap,
    keep: NDArray[np.bool_],
    rgb: NDArray[np.uint8],
    recipe: MeshRecipe,
) -> Surface:
    """The surface that one photo shows.

    Args:
        camera: pinhole of the depth map's size.
        depth: of the photo.
        keep: `(H, W)` pixels that count.
        rgb: `(H, W, 3)` the photo in that size.
        recipe: face budget, and the smallest piece that stays.

    Returns:
        A mesh whose vertices are pixels of the depth map: unchanged, but for those that lie between
        two surfaces, see `sharpened`.

    Raises:
        CannotReconstruct: no two neighbouring pixels count.
    """
    lens = camera.intrinsics
    z = np.where(keep & (depth.z > 0), depth.z, np.float32(0))
    z = sharpened(z, rgb, (lens.fx + lens.fy) / 2)
    rows, columns, z = _within_budget(z, recipe.faces)
    step = max(depth.height / len(rows), depth.width / len(columns))
    focal_px = (lens.fx + lens.fy) / 2 / step
    faces = _faces(z, focal_px)
    faces = _without_small_pieces(faces, z.size, recipe.min_component)
    if not len(faces):
        raise CannotReconstruct(
            tr("No surface could be made from the depth map."),
            why=tr("No neighbouring pixels of it are left."),
            fix=tr("Undo the last edit, or switch one off; else try another photo."),
        )
    whole = np.zeros((depth.height, depth.width), np.float32)
    whole[np.ix_(rows, columns)] = z
    points = unproject(whole, camera)[np.ix_(rows, columns)].reshape(-1, 3)
    used = np.unique(faces)
    number = np.zeros(z.size, np.int32)
    number[used] = np.arange(len(used))
    surface = Triangles(points[used].astype(np.float64), number[faces])
    colours = rgb[np.ix_(rows, columns)].reshape(-1, 3)[used]
    mesh = Mesh(points[used], surface.faces, vertex_normals(surface), colours)
    notice = tr(
        "Made of one photo, so it is a relief: only what the photo shows, with gaps where one thing"
        " stands before another."
    )
    return Surface(mesh, (notice,), float(np.median(z[z > 0])) / focal_px)


def photo_as_texture(
    mesh: Mesh, camera: Camera, photo: NDArray[np.uint8], recipe: TextureRecipe
) -> Textured:
    """The photo itself, seen from where it was taken, as the texture of a relief.

    Args:
        mesh: the relief of the photo.
        camera: pinhole of the photo's size.
        photo: `(H, W, 3)`, undistorted.
        recipe: a larger photo is shrunk to its size.
    """
    height, width = photo.shape[:2]
    uv = project(mesh.vertices, camera) / (width, height)
    scale = min(1.0, recipe.max_size / max(width, height))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    texture = Texture(photo, np.clip(uv, 0, 1).astype(np.float32)[mesh.faces])
    return Textured(replace(mesh, texture=texture), ())


def _within_budget(
    z: NDArray[np.float32], faces: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Rows and columns of the map whose grid has at most so many faces, and the depth there."""
    height, width = z.shape
    step = max(1.0, math.sqrt(2 * height * width / faces))
    rows, columns = (
        np.linspace(0, side - 1, max(2, int(side / step))).round().astype(np.intp)
        for side in (height, width)
    )
    return rows, columns, z[np.ix_(rows, columns)]


def _faces(z: NDArray[np.float32], focal_px: float) -> NDArray[np.int32]:
    """`(F, 3)` indices into the grid, counter-clockwise seen from the camera."""
    whole_across = _without_torn_rim(steps_along_rows(z, focal_px).whole)  # (H, W - 1)
    whole_down = _without_torn_rim(steps_along_rows(z.T, focal_px).whole).T  # (H - 1, W)
    index = np.arange(z.size, dtype=np.int32).reshape(z.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    top, bottom = whole_across[:-1], whole_across[1:]
    left, right = whole_down[:, :-1], whole_down[:, 1:]
    # Two triangles fill a cell, along the diagonal whose ends are nearer in depth; beside an edge
    # that leaves the corner that belongs to one side.
    near = np.where(z > 0, z, np.inf)
    with np.errstate(invalid="ignore"):
        falling = np.abs(near[:-1, :-1] - near[1:, 1:]) <= np.abs(near[:-1, 1:] - near[1:, :-1])
    falling |= ~((z[:-1, 1:] > 0) & (z[1:, :-1] > 0))
    falling &= (z[:-1, :-1] > 0) & (z[1:, 1:] > 0)
    corners = (
        (falling & left & bottom, (a, c, d)),
        (falling & top & right, (a, d, b)),
        (~falling & top & left, (a, c, b)),
        (~falling & right & bottom, (b, c, d)),
    )
    return np.concatenate(
        [np.stack([one[there] for one in corner], axis=1) for there, corner in corners]
    )


def _without_torn_rim(whole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`(H, W - 1)` the same, torn all along where a strip at the left or right hangs by threads.

    Networks say odd things of the outermost pixels: the strip falls off as a whole.
    """
    rim = math.ceil(_RIM * max(whole.shape))
    whole = whole.copy()
    for side in (slice(0, rim), slice(-rim, None)):
        if (~whole[:, side]).any(axis=1).mean() > _TORN_OFF:
            whole[:, side] = False
    return whole


def _without_small_pieces(
    faces: NDArray[np.int32], n_vertices: int, least_share: float
) -> NDArray[np.int32]:
    """Without pieces that hold a smaller share of all faces; the largest always stays."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(faces):
        return faces
    start, end = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    links = coo_matrix((np.ones(len(start), np.int8), (start, end)), shape=(n_vertices,) * 2)
    piece = connected_components(links, directed=False)[1][faces[:, 0]]
    count = np.bincount(piece)
    kept: NDArray[np.int32] = faces[(count >= min(count.max(), least_share * len(faces)))[piece]]
    return kept
