"""What every exporter is, and which part of a scene it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from pathlib import Path

import da3studio
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.exporters.surface import finite_rows
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.cloud import PointCloud
from da3studio.scene.mesh import Mesh
from da3studio.scene.scene import Scene

GENERATOR = f"DA3 Studio {da3studio.__version__}"


class Carries(Flag):
    """What a format can hold."""

    POINTS = auto()
    MESH = auto()
    TEXTURE = auto()
    CAMERAS = auto()
    GAUSSIANS = auto()


@dataclass(frozen=True)
class Exporter:
    """A format: one row of `EXPORTERS`.

    `write` reads the scene, writes atomically and returns every file or folder it made, the one
    the person asked for last.

    Raises (by `write`):
        Missing: the scene lacks what the format or the recipe asks for.
        BadInput: the format cannot hold what the recipe asks for.
        DiskFull, CannotWrite: by the place it writes to.
    """

    suffix: str  # with the dot, lower case; may have two parts, as `.gaussians.ply`
    label: str  # translated where it is shown
    carries: Carries
    write: Callable[[Scene, Path, ExportRecipe], tuple[Path, ...]]


def chosen_mesh(scene: Scene, recipe: ExportRecipe) -> Mesh | None:
    """The mesh if it is what the recipe means, `None` if the cloud is.

    Raises:
        Missing: the recipe insists on a mesh and the scene has none.
    """
    if recipe.content == "cloud":
        return None
    if scene.mesh is None and recipe.content == "mesh":
        raise Missing(
            tr("There is no mesh to export."),
            why=tr("The project {name} ends at its point cloud.").format(name=scene.name),
            fix=tr("Make the mesh first, or export the point cloud with the content 'cloud'."),
        )
    return scene.mesh


def needed_cloud(scene: Scene) -> PointCloud:
    """The cloud of a scene.

    Raises:
        Missing: there is none, or no point of it has a finite position.
    """
    if scene.cloud is None or not finite_rows(scene.cloud.xyz).any():
        raise Missing(
            tr("There is no point cloud to export."),
            why=tr("The project {name} has no fused points.").format(name=scene.name),
            fix=tr("Reconstruct the photos first, then export again."),
        )
    return scene.cloud


def needed_mesh(scene: Scene, recipe: ExportRecipe, suffix: str) -> Mesh:
    """The mesh of a scene, for a format that holds nothing else.

    Raises:
        BadInput: the recipe wants the cloud.
        Missing: there is no mesh.
    """
    if recipe.content == "cloud":
        raise BadInput(
            tr("A point cloud cannot be written as {suffix}.").format(suffix=suffix),
            why=tr("This format is used for meshes only."),
            fix=tr("Write the cloud as .ply or .glb."),
        )
    if scene.mesh is None:
        raise Missing(
            tr("There is no mesh to export."),
            why=tr("The project {name} has no mesh, and {suffix} files hold meshes only.").format(
                name=scene.name, suffix=suffix
            ),
            fix=tr("Make the mesh first, or write the point cloud as .ply."),
        )
    return scene.mesh
