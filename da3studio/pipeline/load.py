"""A project's results as one scene, for exporters and the viewport."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.engine.pinning import id_of
from da3studio.pipeline.pack import (
    CLOUD_ARRAYS,
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
from da3studio.scene.scene import Scene
from da3studio.weights.store import stated_licence


def load_scene(
    folder: ProjectFolder, *, cloud: bool = True, mesh: bool = True, gaussians: bool = True
) -> Scene:
    """What of a project is finished, as its recipe asks for now.

    Args:
        folder: may be open only to look.
        cloud: read the cloud, if there is one.
        mesh: read the mesh, if there is one, with its texture if it has one.
        gaussians: read the Gaussians, if all of them are there.

    Raises:
        Missing: there are not even cameras yet, or a result is damaged.
    """
    found = plan(folder.project, "texture", folder.chunks)
    cameras = found.step("cameras")
    if not cameras.done:
        raise Missing(
            tr("The project {name} has no cameras yet.").format(name=folder.project.name),
            why=tr("It was not reconstructed with its present photos and settings."),
            fix=tr("Run: da3studio reconstruct, with this project."),
        )
    try:
        return Scene(
            folder.project.name,
            folder.project.views,
            read_result(folder.chunks, cameras.header, unpack_registration),
            _cloud(folder, found) if cloud else None,
            _mesh(folder, found) if mesh else None,
            _gaussians(folder) if gaussians else None,
            _networks(folder.project.recipe.depth),
        )
    except ChunkDamagedError as damage:
        raise Missing(
            tr("A result of the project {name} is damaged.").format(name=folder.project.name),
            why=tr("The file of the result {key} says: {reason}.").format(
                key=damage.key, reason=damage.reason
            ),
            fix=tr("Reconstruct again: only what is damaged is made anew."),
        ) from damage


def _networks(recipe: DepthRecipe) -> tuple[str, ...]:
    """With their licences, which whoever gets an exported file has to know."""
    if recipe.engine == "classical":
        return ()
    pins = dict.fromkeys([recipe.checkpoint, recipe.metric_checkpoint])
    return tuple(stated_licence(id_of(pin)) for pin in pins if pin)


def _cloud(folder: ProjectFolder, found: Plan) -> PointCloud | None:
    step = found.step("cloud")
    if not step.done:
        return None
    return read_result(folder.chunks, step.header, unpack_cloud, CLOUD_ARRAYS)


def _mesh(folder: ProjectFolder, found: Plan) -> Mesh | None:
    for step in (found.step("texture"), found.step("mesh")):
        if step.done:
            return read_result(folder.chunks, step.header, unpack_mesh)
    return None


def _gaussians(folder: ProjectFolder) -> Gaussians | None:
    """Those of all views together."""
    step = plan(folder.project, "gaussians", folder.chunks).step("gaussians")
    if not step.done:
        return None
    parts = [
        read_result(folder.chunks, header, unpack_gaussians) for header in step.stored.values()
    ]
    return Gaussians(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Gaussians)
        }
    )
