"""A project's depth maps as files for other programs; what lacks is measured first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.base.progress import Report
from da3studio.exporters.depth_maps import DepthSource, write_depth_maps
from da3studio.pipeline.deliver import finished_scene
from da3studio.pipeline.pack import unpack_depth
from da3studio.pipeline.plan import plan
from da3studio.pipeline.results import read_result
from da3studio.project.chunks import ChunkDamagedError
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import DepthFormat
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import View


def export_depth(
    folder: ProjectFolder,
    target: Path,
    format: DepthFormat,
    bring_there: Callable[[], None],
    *,
    report: Report,
    token: CancelToken,
) -> tuple[Path, ...]:
    """Write the depth maps of all registered views, with their cameras, into a folder.

    Lengths and cameras are as the person placed the scene. Results that turn out to be damaged
    are removed and made again, each once.

    Args:
        folder: of the project, open for writing.
        target: the folder to make.
        format: of each file.
        bring_there: measures what is missing, here or in another process.
        report: told about progress.
        token: checked between files.

    Raises:
        UserFacingError: see `write_depth_maps` and `finished_scene`.
        JobCancelled: by the token; nothing is left behind.
    """
    removed: set[str] = set()
    while True:
        try:
            return _export(folder, target, format, bring_there, report, token)
        except ChunkDamagedError as damage:
            if damage.key in removed:
                raise Missing(
                    tr("The depth maps cannot be exported."),
                    why=tr(
                        "A result is damaged again right after it was made anew: {reason}."
                    ).format(reason=damage.reason),
                    fix=tr("Check the disk, or copy the project to another one and try again."),
                ) from damage
            key = damage.key
        removed.add(key)
        folder.chunks.remove(key)


def _export(
    folder: ProjectFolder,
    target: Path,
    format: DepthFormat,
    bring_there: Callable[[], None],
    report: Report,
    token: CancelToken,
) -> tuple[Path, ...]:
    scene = finished_scene(folder, "depth", bring_there)
    found = plan(folder.project, "depth", folder.chunks)
    stored = found.step("depth").stored

    def depth_of(view: View) -> DepthMap:
        return read_result(folder.chunks, stored[view.id], unpack_depth)

    scale = found.project.placement.placed_from_world().scale
    source = DepthSource(depth_of, scale)
    return write_depth_maps(scene, source, target, format, report=report, token=token)
