"""From a project to the file a person asked for: what it needs, whether it can be, the scene."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from da3studio.base.atomic import writing_to
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.exporters import Carries, exporter_for
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.stages import Goal
from da3studio.project.chunks import ChunkDamagedError
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.scene import Scene


def goal_of(target: Path, recipe: ExportRecipe) -> Goal:
    """How far a project has to be for a file.

    Raises:
        BadInput: no exporter has its suffix.
    """
    carries = exporter_for(target).carries
    if recipe.content == "cloud":
        return "clean"
    if Carries.GAUSSIANS in carries:
        return "gaussians"
    if Carries.MESH in carries:  # colours of vertices come from the texture, too
        return "texture"
    return "clean" if Carries.POINTS in carries else "cameras"


def check_target(target: Path, recipe: ExportRecipe) -> None:
    """Refuse what would fail after minutes of work.

    Raises:
        BadInput: unknown suffix, a format that does not hold what is asked for, or a folder where
            the file should go.
        CannotWrite, DiskFull: its folder cannot be made or written to.
    """
    carries = exporter_for(target).carries
    if recipe.content == "cloud" and Carries.POINTS not in carries:
        raise BadInput(
            tr("{file} cannot be written.").format(file=target),
            why=tr("Files of this format hold no point clouds."),
            fix=tr("Write the cloud as .ply, or choose another content."),
        )
    if target.is_dir() and goal_of(target, recipe) != "cameras":
        raise BadInput(
            tr("{file} cannot be written.").format(file=target),
            why=tr("There is a folder of that name."),
            fix=tr("Choose another name, or move the folder away."),
        )
    with writing_to(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent) as file:
            file.write(b"\0" * 4096)
            file.flush()


def finished_scene(folder: ProjectFolder, goal: Goal, bring_there: Callable[[], None]) -> Scene:
    """Bring a project to a goal and load what the goal is about.

    Results that turn out to be damaged when they are read are removed and made again, each once.

    Args:
        folder: open for writing.
        goal: the last stage wanted.
        bring_there: does what is missing for the goal, here or in another process.

    Raises:
        UserFacingError: see `load_scene`; and whatever `bring_there` raises.
    """
    removed: set[str] = set()
    while True:
        bring_there()
        try:
            return _loaded(folder, goal)
        except Missing as error:
            damage = error.__cause__
            if not isinstance(damage, ChunkDamagedError) or damage.key in removed:
                raise
        removed.add(damage.key)
        folder.chunks.remove(damage.key)


def _loaded(folder: ProjectFolder, goal: Goal) -> Scene:
    return load_scene(
        folder,
        cloud=goal in ("cloud", "clean"),
        mesh=goal in ("mesh", "texture"),
        gaussians=goal == "gaussians",
    )
