"""A second project with the content of a first one; results are shared on the disk if possible."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from da3studio.base.atomic import write_folder_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.project.document import Project
from da3studio.project.door import DOOR, put_door
from da3studio.project.manifest import encode
from da3studio.project.photo_paths import photo_path, with_photo

_NOT_TAKEN = frozenset({"project.json", DOOR, "earlier", "scratch", "lock", "delivered.json"})
"""The first two are written anew; the rest is about the first project's own past."""


def duplicate(
    source: Path,
    project: Project,
    document: dict[str, Any],
    target: Path,
    report: Report,
    token: CancelToken,
) -> None:
    """Make the folder `target`, with everything that `source` holds but its past.

    Files are hard-linked where the file system can: results, masks and frames are never changed
    in place, only replaced.

    Args:
        source: the project folder.
        project: what the new one asks for; photos named from `source`.
        document: with what is unknown to this program.
        target: a folder that is empty or not there.
        report: told about progress.
        token: checked between files.

    Raises:
        BadInput: there is something at the target, or it is inside the source.
        CannotWrite, DiskFull: by the place; nothing is left behind.
        JobCancelled: by the token; nothing is left behind.
    """
    _check_target(source, target)
    views = tuple(
        with_photo(view, _in_duplicate(photo_path(view, source), source, target), target)
        for view in project.views
    )
    manifest = encode(project.with_views(views), document)
    files = [path for path in _taken(source) if path.is_file()]

    def fill(new: Path) -> None:
        for done, path in enumerate(files):
            token.check()
            report(Progress(tr("Copying the project"), done, len(files)))
            _link_or_copy(path, new / path.relative_to(source))
        (new / "project.json").write_bytes(manifest)
        put_door(new)

    write_folder_atomic(target, fill)


def _check_target(source: Path, target: Path) -> None:
    what = tr("The project cannot be copied to {folder}.").format(folder=target)
    fix = tr("Name a folder that does not exist yet, such as {example}.").format(
        example=source.with_name(f"{source.stem}-2.da3")
    )
    if source == target or source in target.parents:
        raise BadInput(what, why=tr("That is inside the project itself."), fix=fix)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise BadInput(what, why=tr("There is something of that name already."), fix=fix)


def _taken(source: Path) -> list[Path]:
    entries = [entry for entry in sorted(source.iterdir()) if entry.name not in _NOT_TAKEN]
    inside = [path for entry in entries for path in (entry, *sorted(entry.rglob("*")))]
    return [path for path in inside if not path.name.startswith(".tmp")]


def _in_duplicate(photo: Path, source: Path, target: Path) -> Path:
    """A photo or frame inside the project is copied with it, any other is where it was."""
    return target / photo.relative_to(source) if source in photo.parents else photo


def _link_or_copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:  # another disk, or a file system without links
        shutil.copy2(path, target)
