"""Files for other programs: the table of formats, and the one way to write one."""

from __future__ import annotations

from pathlib import Path

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.exporters.base import Carries, Exporter
from da3studio.exporters.colmap import COLMAP
from da3studio.exporters.gaussians import GAUSSIANS
from da3studio.exporters.glb import GLB
from da3studio.exporters.obj import OBJ
from da3studio.exporters.ply import PLY
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.scene import Scene

__all__ = ["EXPORTERS", "Carries", "Exporter", "export", "exporter_for"]

EXPORTERS: tuple[Exporter, ...] = (GLB, OBJ, PLY, COLMAP, GAUSSIANS)


def exporter_for(path: Path) -> Exporter:
    """The exporter for a path's suffix, upper or lower case; ask before the minutes of work.

    Of `scan.gaussians.ply` the whole `.gaussians.ply` counts, of `scan.v2.ply` only `.ply`.

    Raises:
        BadInput: no exporter has this suffix.
    """
    parts = [part.lower() for part in path.suffixes]
    by_suffix = {exporter.suffix: exporter for exporter in EXPORTERS}
    for first in range(len(parts)):
        suffix = "".join(parts[first:])
        if suffix in by_suffix:
            return by_suffix[suffix]
    suffix = path.suffix.lower()
    known = ", ".join(exporter.suffix for exporter in EXPORTERS)
    raise BadInput(
        tr("{file} cannot be written.").format(file=path.name or path),
        why=tr("The format '{suffix}' is not known.").format(suffix=suffix)
        if suffix
        else tr("The name has no suffix that says which format is meant."),
        fix=tr("End the name with one of: {known}.").format(known=known),
    )


def export(scene: Scene, path: Path, recipe: ExportRecipe) -> tuple[Path, ...]:
    """Write a scene in the format of the path's suffix.

    Returns:
        Every file or folder made, the one asked for last.

    Raises:
        BadInput: unknown suffix, or the format cannot hold what the recipe asks for.
        Missing: the scene lacks what is asked for.
        DiskFull, CannotWrite: by the place written to.
    """
    return exporter_for(path).write(scene, path, recipe)
