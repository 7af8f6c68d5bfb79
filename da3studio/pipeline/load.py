"""A project's results as one scene, for exporters and the viewport."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.edits.base import Edit
from da3studio.engine.pinning import id_of
from da3studio.pipeline.clean import bare_cloud, keep_by_place, rows_of, unpack_cleaned
from da3studio.pipeline.pack import (
    CLOUD_ARRAYS,
    unpack_alone,
    unpack_cloud,
    unpack_gaussians,
    unpack_mesh,
    unpack_registration,
)
from da3studio.pipeline.plan import Plan, plan
from da3studio.pipeline.results import read_result
from da3studio.project.chunks import ChunkDamagedError
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.cloud import PointCloud
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.mesh import Mesh
from da3studio.scene.placed import placed as moved_to
from da3studio.scene.registration import Registration
from da3studio.scene.scene import Scene
from da3studio.scene.view import ViewId
from da3studio.weights.store import stated_licence


def load_scene(
    folder: ProjectFolder,
    *,
    cloud: bool = True,
    mesh: bool = True,
    gaussians: bool = True,
    cleaned: bool = True,
    placed: bool = True,
) -> Scene:
    """What of a project is finished, as its recipe asks for now.

    Args:
        folder: may be open only to look.
        cloud: read the cloud, if there is one.
        mesh: read the mesh, if there is one, with its texture if it has one.
        gaussians: read the Gaussians, if all of them are there.
        cleaned: only what the edits leave of the cloud and, by place and photo, of the Gaussians;
            `False` = all of them, for a viewport that shows edits while they are made.
        placed: in the person's frame and unit; `False` = in the engine's.

    Raises:
        Missing: there are not even cameras yet, or a result is damaged.
    """
    found = plan(folder.project, "texture", folder.chunks)
    cameras = found.step("cameras")
    if not cameras.done:
        raise Missing(
            tr("The project {name} has no cameras yet.").format(name=folder.project.name),
            why=tr("It was not reconstructed with its present photos and settings."),
            fix=tr("Reconstruct it first."),
        )
    try:
        registration = read_result(folder.chunks, cameras.header, unpack_registration)
        scene = Scene(
            folder.project.name,
            folder.project.views,
            registration,
            _cloud(folder, found, cleaned=cleaned) if cloud else None,
            _mesh(folder, found) if mesh else None,
            _gaussians(folder, registration, cleaned=cleaned) if gaussians else None,
            _networks(folder.project.recipe.depth, registration),
            _relief_of(folder, found),
        )
    except ChunkDamagedError as damage:
        raise damaged(folder.project.name, damage) from damage
    return moved_to(scene, found.project.placement) if placed else scene


def damaged(name: str, damage: ChunkDamagedError) -> Missing:
    """The error for a result that cannot be read, for the caller to raise.

    Args:
        name: of the project.
        damage: what was seen.
    """
    return Missing(
        tr("A result of the project {name} is damaged.").format(name=name),
        why=tr("The file of the result {key} says: {reason}.").format(
            key=damage.key, reason=damage.reason
        ),
        fix=tr("Reconstruct again: only what is damaged is made anew."),
    )


def _networks(recipe: DepthRecipe, registration: Registration) -> tuple[str, ...]:
    """With their licences, which whoever gets an exported file has to know."""
    matched = len(registration.points.xyz) > 0  # by photogrammetry
    if recipe.engine == "classical" or (recipe.engine == "classical/da3" and matched):
        return ()
    pins = dict.fromkeys([recipe.checkpoint, recipe.metric_checkpoint])
    return tuple(stated_licence(id_of(pin)) for pin in pins if pin)


def _cloud(folder: ProjectFolder, found: Plan, *, cleaned: bool) -> PointCloud | None:
    step = found.step("cloud")
    if not step.done:
        return None
    cloud = read_result(folder.chunks, step.header, unpack_cloud, CLOUD_ARRAYS)
    if not (cleaned and found.project.cuts):
        return cloud
    clean = found.step("clean")
    if not clean.done:
        return None
    masks = read_result(folder.chunks, clean.header, unpack_cleaned(len(cloud)))
    return rows_of(cloud, masks.keep)


def _relief_of(folder: ProjectFolder, found: Plan) -> ViewId | None:
    step = found.step("cloud")
    alone = read_result(folder.chunks, step.header, unpack_alone, ()) if step.done else None
    return None if alone is None else alone.view_id


def _mesh(folder: ProjectFolder, found: Plan) -> Mesh | None:
    for step in (found.step("texture"), found.step("mesh")):
        if step.done:
            return read_result(folder.chunks, step.header, unpack_mesh)
    return None


def _gaussians(
    folder: ProjectFolder, registration: Registration, *, cleaned: bool
) -> Gaussians | None:
    """Those of all views together."""
    found = plan(folder.project, "gaussians", folder.chunks)
    step, cuts = found.step("gaussians"), found.project.cuts
    if not step.done:
        return None
    parts = [
        read_result(folder.chunks, header, unpack_gaussians) for header in step.stored.values()
    ]
    if cleaned and cuts:
        parts = [
            _kept(folder, registration, cuts, ViewId(unit), part)
            for unit, part in zip(step.stored, parts, strict=True)
        ]
    return Gaussians(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Gaussians)
        }
    )


def _kept(
    folder: ProjectFolder,
    registration: Registration,
    cuts: tuple[Edit, ...],
    view_id: ViewId,
    part: Gaussians,
) -> Gaussians:
    """What the edits leave of the Gaussians of one view."""
    middles = bare_cloud(part.means, np.zeros(len(part), np.int32), (view_id,))
    keep = keep_by_place(middles, registration.cameras, cuts, folder.mask)
    return Gaussians(**{field.name: getattr(part, field.name)[keep] for field in fields(part)})
