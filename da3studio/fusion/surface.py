"""The surface of a fused capture: method, cleaning, face budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr, trn
from da3studio.base.progress import Progress, Report
from da3studio.fusion.bridge import Triangles, nearest
from da3studio.fusion.points import DepthOf, Fused
from da3studio.fusion.poisson import poisson_surface
from da3studio.fusion.sampling import footprint
from da3studio.fusion.simplify import Clean, clean_surface, vertex_normals
from da3studio.fusion.tsdf import COARSEST, integrate
from da3studio.geometry.camera import Camera
from da3studio.recipes.mesh import MeshRecipe
from da3studio.scene.cloud import PointCloud
from da3studio.scene.mesh import Mesh
from da3studio.scene.view import ViewId

_SPARE_FACES = 5.0  # times the budget: what simplification may choose from, in bounded time
_LITTLE_COVERED = 0.2  # of the photos' pixels: a person would ask where the rest is
_LONELY = 4.0  # isolation above which a point is an outlier: one would drag Poisson's whole skin


@dataclass(frozen=True, eq=False)
class Surface:
    """The mesh, and what a person should know of it."""

    mesh: Mesh  # with the cloud's colours at the vertices, without texture
    notices: tuple[str, ...]
    voxel: float  # edge of the cells it was made with [world units]


def make_surface(
    cameras: Mapping[ViewId, Camera],
    depth_of: DepthOf,
    fused: Fused,
    recipe: MeshRecipe,
    *,
    min_views: int,
    report: Report,
    token: CancelToken,
    before: Fused | None = None,
) -> Surface:
    """Make the triangle mesh of a fused capture.

    Args:
        cameras: of the registration, in the photos' own size and with their distortion.
        depth_of: gives the depth map of each of them.
        fused: what `fuse` made of them.
        recipe: method, voxel size, face budget.
        min_views: agreeing views from which a pixel has its full weight; it has less where fewer
            agree, as `fuse` allows where few overlap.
        report: told about progress.
        token: checked between views, blocks and steps.
        before: what `fuse` made, where `fused` is what a person left of it.

    Raises:
        CannotReconstruct: what the views agree on is too little for a surface.
        JobCancelled: by the token.
    """
    token.check()
    covers = _footprints(cameras, fused)
    pixel = _weighted_median(covers, fused.cloud.n_views)
    near = covers <= COARSEST * pixel
    wanted = voxel = recipe.voxel_footprint * pixel
    short_of_memory = False
    if recipe.method == "tsdf":

        def weight_of(view_id: ViewId) -> NDArray[np.float32]:
            agree = fused.agreement[view_id]
            weight = np.minimum(agree / np.float32(min_views), 1)
            return np.where(agree >= 2, weight, 0).astype(np.float32)

        volume = integrate(
            cameras, depth_of, weight_of, fused.cloud.xyz[near],
            pixel=pixel, voxel=wanted, truncation=recipe.truncation,
            most_faces=_SPARE_FACES * recipe.faces, report=report, token=token,
        )  # fmt: skip
        raw, voxel, short_of_memory = volume.surface, volume.voxel, volume.short_of_memory
    else:
        report(Progress(tr("Wrapping a surface around the points"), 0, 0))
        near &= fused.cloud.isolation <= _LONELY
        raw = poisson_surface(fused.cloud.xyz[near], fused.cloud.normal[near], wanted)
    token.check()
    report(Progress(tr("Cleaning the surface"), 0, 0))
    clean = clean_surface(raw, recipe, voxel=voxel, token=token)
    if not len(clean.surface.faces):
        if before is not None:
            raise CannotReconstruct(
                tr("No surface could be made from the points that are left."),
                why=tr("After the edits too few of them lie side by side."),
                fix=tr("Undo the last edit, or switch one off."),
            )
        raise CannotReconstruct(
            tr("No surface could be made from the depth maps."),
            why=tr("Too few neighbouring pixels agree between views."),
            fix=tr("Add photos between the ones you have, or lower the number of agreeing views."),
        )
    token.check()
    used = voxel if short_of_memory else wanted
    notices = _notices(clean, wanted, used, _covered(before or fused), cut=before is not None)
    return Surface(_finished(clean.surface, fused.cloud, voxel), notices, voxel)


def _footprints(cameras: Mapping[ViewId, Camera], fused: Fused) -> NDArray[np.float64]:
    """`(N,)` what the pixel of every point of the cloud covers [world units]."""
    cloud = fused.cloud
    covers = np.zeros(len(cloud))
    for i, view_id in enumerate(cloud.view_ids):
        rows = cloud.view_idx == i
        height, width = fused.agreement[view_id].shape
        camera = cameras[view_id].resized(width, height)
        depth = camera.cam_from_world.apply(cloud.xyz[rows])[:, 2]
        covers[rows] = footprint(depth, camera.intrinsics)
    return covers


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.uint8]) -> float:
    """Of the cloud, each place is there once: the views that agree on it stand for their pixels."""
    order = np.argsort(values)
    passed = np.cumsum(weights[order], dtype=np.int64)
    return float(values[order][np.searchsorted(passed, passed[-1] / 2)])


def _finished(surface: Triangles, cloud: PointCloud, voxel: float) -> Mesh:
    middle = surface.vertices.mean(axis=0)
    own, theirs = ((xyz - middle) / voxel for xyz in (surface.vertices, cloud.xyz))
    closest = nearest(theirs, own, 1)[0][:, 0]
    return Mesh(
        surface.vertices.astype(np.float32), surface.faces, vertex_normals(surface),
        cloud.rgb[closest],
    )  # fmt: skip


def _covered(fused: Fused) -> float:
    """Share of the photos' pixels that the views agree on."""
    return float(np.mean([(agree >= 2).mean() for agree in fused.agreement.values()]))


def _notices(
    clean: Clean, wanted: float, voxel: float, covered: float, *, cut: bool
) -> tuple[str, ...]:
    notices = []
    if covered < _LITTLE_COVERED:
        notices.append(
            tr(
                "The model holds only {share:.0%} of what the photos show. Plain, shiny or moving"
                " surfaces, or photos too far apart, are the usual reasons: take more photos with"
                " smaller steps in between."
            ).format(share=covered)
        )
    if voxel > wanted:
        notices.append(
            tr(
                "The surface was made {times:.1f} times coarser than asked for, to stay within"
                " memory; a smaller subject or a lower depth resolution avoids this."
            ).format(times=voxel / wanted)
        )
    if clean.holes and not cut:  # else nobody can tell which ones were wanted
        left = trn(
            "{n} hole is left where too few photos agree.",
            "{n} holes are left where too few photos agree.",
            clean.holes,
        )
        share = tr("That is {share:.0%} of the surface's open edges.")
        notices.append(f"{left} {share.format(share=clean.hole_share)}")
    return tuple(notices)
