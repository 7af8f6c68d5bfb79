"""Finding photos again that were moved or renamed: by name, and always proved by content."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.digest import digest_of_file
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.project.document import Project
from da3studio.project.photo_paths import photo_path, with_photo
from da3studio.scene.view import View, ViewId

_MOST_FILES = 200_000  # looked at by name; somebody may name a whole disk
_MOST_READ = 20_000  # files read in search of renamed photos


def missing_views(project: Project, project_folder: Path) -> tuple[View, ...]:
    """The views whose photo is not where it was."""
    return tuple(view for view in project.views if not photo_path(view, project_folder).is_file())


def relocate(
    project: Project,
    project_folder: Path,
    search: Sequence[Path],
    report: Report,
    token: CancelToken,
) -> dict[ViewId, Path]:
    """Look for the photos that are missing.

    Files of the same name are read first; if photos are missing still, those with the same suffix
    are. Only a file with the very bytes of the photo counts.

    Args:
        project: whose photos.
        project_folder: where its relative paths start.
        search: folders to look in, with all inside, or files.
        report: told about progress.
        token: checked between files.

    Returns:
        Where each photo that was found is; see `relocated`.

    Raises:
        JobCancelled: by the token.
    """
    missing = missing_views(project, project_folder)
    wanted: dict[str, list[ViewId]] = defaultdict(list)
    for view in missing:
        wanted[view.source.digest].append(view.id)
    if not wanted:
        return {}
    names = {_name(Path(view.source.path)) for view in missing}
    suffixes = {Path(view.source.path).suffix.lower() for view in missing}
    files: list[Path] = []
    for path in _files(search, token):
        report(Progress(tr("Looking through folders"), len(files), 0))
        if path.suffix.lower() in suffixes:
            files.append(path)
        if len(files) == _MOST_FILES:
            break
    likely = [path for path in files if _name(path) in names]
    others = [path for path in files if _name(path) not in names][:_MOST_READ]
    found: dict[ViewId, Path] = {}
    for step, paths in ((tr("Comparing photos"), likely), (tr("Comparing other files"), others)):
        for done, path in enumerate(paths):
            if not wanted:
                return found
            token.check()
            report(Progress(step, done, len(paths)))
            with suppress(OSError):  # no permission, or gone in the meantime
                found |= dict.fromkeys(wanted.pop(digest_of_file(path), ()), path)
    return found


def relocated(project: Project, project_folder: Path, found: Mapping[ViewId, Path]) -> Project:
    """The project with photos where they were found."""
    return project.with_views(
        tuple(
            with_photo(view, found[view.id], project_folder) if view.id in found else view
            for view in project.views
        )
    )


def _name(path: Path) -> str:
    return path.name.casefold()


def _files(search: Sequence[Path], token: CancelToken) -> Iterator[Path]:
    """All files, each once; links to folders are not followed, so there are no circles."""
    seen: set[Path] = set()
    for start in search:
        if start.is_file():
            yield start
            continue
        for folder, _, names in os.walk(start):
            token.check()
            if Path(folder) in seen:
                continue
            seen.add(Path(folder))
            for name in sorted(names):
                yield Path(folder) / name
