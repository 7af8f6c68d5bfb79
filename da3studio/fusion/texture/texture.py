"""From mesh and photos to a textured mesh: look, choose, cut, level, paint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.fusion.texture.adjacency import adjacency
from da3studio.fusion.texture.bake import bake_seen, bake_unseen, fill_between
from da3studio.fusion.texture.choose import choose_views, mistrust_odd_views
from da3studio.fusion.texture.fill import unseen_colours
from da3studio.fusion.texture.level import anchored, gain_table, photo_gains, seam_corrections
from da3studio.fusion.texture.observe import CoverOf, Observations, observe
from da3studio.fusion.unwrap import Layout, lay_out, make_charts
from da3studio.geometry.camera import Camera
from da3studio.recipes.mesh import TextureRecipe
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.view import ViewId

_WORTH_SAYING = 0.01  # share of unseen surface below which nobody would notice
_MUCH_SMALLER = 0.35  # scale of the photos in the atlas at which detail is visibly lost


@dataclass(frozen=True, eq=False)
class Textured:
    """A mesh with its texture, and what the person should know about it."""

    mesh: Mesh
    notices: tuple[str, ...]


def texture_mesh(
    mesh: Mesh,
    cameras: Mapping[ViewId, Camera],
    photo_of: Callable[[ViewId], NDArray[np.uint8]],
    recipe: TextureRecipe,
    *,
    sharpness: Mapping[ViewId, float],
    report: Report,
    token: CancelToken,
    cover_of: CoverOf | None = None,
) -> Textured:
    """Paint a mesh from its photos.

    Every photo is read twice, one at a time: once to look, once to copy from.

    Args:
        mesh: welded, so that neighbouring faces share vertices.
        cameras: pinholes at the photos' full size; at most 32767 of them.
        photo_of: the undistorted photo of a view, `(H, W, 3)` sRGB of exactly its camera's size.
        recipe: size of the atlas, and whether to level exposure.
        sharpness: of each photo, comparable among them.
        report: told about progress.
        token: checked between photos and rounds.
        cover_of: what stands in front of the mesh in a photo, though it is no part of it: a
            person in the way, a stand that was cut off.

    Raises:
        CannotReconstruct: the mesh is empty or no photo shows any of it.
        JobCancelled: by the token.
        ValueError: a photo and its camera differ in size.
    """
    if not len(mesh.faces) or not cameras:
        raise _nothing_to_paint()
    seen = observe(
        mesh, cameras, photo_of, sharpness, report=report, token=token, cover_of=cover_of
    )
    if not (seen.view_idx >= 0).any():
        raise _nothing_to_paint()

    report(Progress(tr("Choosing a photo for every face"), 0, 0))
    gains = photo_gains(seen) if recipe.level else np.ones((len(cameras), 3), np.float32)
    seen = mistrust_odd_views(seen, _levelled_rgb(seen, gains))
    edges = adjacency(mesh.faces)
    view_idx = choose_views(seen, edges, token)
    area = _areas(mesh)
    gains = anchored(gains, view_idx, area)
    token.check()
    charts = make_charts(mesh, edges, view_idx, seen.cameras)
    layout = lay_out(charts, seen.cameras, recipe.max_size)
    token.check()
    corrections = np.zeros((len(mesh.faces), 3, 3), np.float32)
    if recipe.level:
        corrections = seam_corrections(mesh, edges, charts, seen, gains)
    token.check()

    atlas = bake_seen(
        charts, layout, tuple(cameras), photo_of, gains, corrections, report=report, token=token
    )
    unseen = view_idx < 0
    if unseen.any():
        rgb = _levelled_rgb(seen, gains)[:, 0]
        colours = unseen_colours(mesh, unseen, rgb, seen.quality[:, 0])
        bake_unseen(atlas, charts, layout, colours[mesh.faces])
    fill_between(atlas, layout)
    texture = Texture(atlas, layout.corner_uv(charts))
    return Textured(replace(mesh, texture=texture), _notices(area, view_idx, layout))


def _nothing_to_paint() -> CannotReconstruct:
    return CannotReconstruct(
        tr("The mesh cannot be painted."),
        why=tr("None of the photos shows any part of its surface."),
        fix=tr("Check that the photos belong to this scene, or reconstruct it anew."),
    )


def _levelled_rgb(seen: Observations, gains: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The faces' colours as they were under equal exposure."""
    rgb = seen.rgb.copy()
    for index, gain in enumerate(gains):
        mine = seen.view_idx == index
        table = np.rint(gain_table(gain)).astype(np.uint8)
        rgb[mine] = np.take_along_axis(table, rgb[mine], axis=0)
    return rgb


def _areas(mesh: Mesh) -> NDArray[np.float64]:
    triangles = mesh.vertices[mesh.faces].astype(np.float64)
    cross = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    area: NDArray[np.float64] = np.linalg.norm(cross, axis=1) / 2
    return area


def _notices(
    area: NDArray[np.float64], view_idx: NDArray[np.int16], layout: Layout
) -> tuple[str, ...]:
    unseen = float(area[view_idx < 0].sum() / max(area.sum(), 1e-30))
    notices = []
    if unseen >= _WORTH_SAYING:
        notices.append(
            tr("{percent} % of the surface is shown by no photo; its colour was continued from"
               " around it.").format(percent=round(100 * unseen))
        )  # fmt: skip
    if layout.scale <= _MUCH_SMALLER:
        notices.append(
            tr("The texture holds {percent} % of the photos' resolution; a larger texture size"
               " would show more detail.").format(percent=round(100 * layout.scale))
        )  # fmt: skip
    return tuple(notices)
