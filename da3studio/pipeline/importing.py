"""Photos and videos into a project: what is new, what is left out, what the views are called."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import Report
from da3studio.project.document import Project
from da3studio.project.folder import ProjectFolder
from da3studio.project.photo_paths import stored_photo_path
from da3studio.scene.view import View

if TYPE_CHECKING:  # it loads OpenCV, and the window imports this module
    from da3studio.media.probe import Import


def look_through(
    folder: ProjectFolder,
    paths: Sequence[Path],
    n_frames: int,
    *,
    products: Collection[Path] = (),
    report: Report,
    token: CancelToken,
) -> Import:
    """Read photos, and take frames from videos into the project's folder.

    Args:
        folder: of the project; may be open only to look.
        paths: photos, folders and videos.
        n_frames: from each video.
        products: absolute; files of our own making that may lie among the photos.
        report: told about progress.
        token: checked between photos and frames.

    Returns:
        The views that the project has not got yet, their photos named as it does.

    Raises:
        DiskFull, CannotWrite: while writing frames.
        JobCancelled: by the token.
    """
    from da3studio.media.probe import probe

    project = folder.project
    found = probe(
        paths,
        frames_folder=folder.path / "frames",
        n_frames=n_frames,
        known={view.source.digest for view in project.views},
        taken={view.name for view in project.views},
        report=report,
        token=token,
    )

    def ours(path: Path) -> bool:
        """Whether a path in a folder of photos is our own work and not a photo."""
        return path in products or folder.path in (path, *path.parents)

    views = [view for view in found.views if view.source.video or not ours(Path(view.source.path))]
    return dataclasses.replace(
        found,
        views=tuple(_stored(view, folder.path) for view in views),
        refused=tuple(refusal for refusal in found.refused if not ours(refusal.path)),
    )


def with_new_views(project: Project, views: Sequence[View]) -> Project:
    """The project with more views, also if it changed since they were looked for.

    A view whose photo the project has by now is left out; a name that is taken by now gets a
    number.
    """
    known = {view.source.digest for view in project.views}
    taken = {view.name for view in project.views}
    added = []
    for view in views:
        if view.source.digest in known:
            continue
        name, number = view.name, 2
        while name in taken:
            name, number = f"{view.name} ({number})", number + 1
        known.add(view.source.digest)
        taken.add(name)
        added.append(dataclasses.replace(view, name=name))
    return project.with_views((*project.views, *added))


def _stored(view: View, project_folder: Path) -> View:
    """The view with its photo named as projects do."""
    path = stored_photo_path(Path(view.source.path), project_folder)
    return dataclasses.replace(view, source=dataclasses.replace(view.source, path=path))
