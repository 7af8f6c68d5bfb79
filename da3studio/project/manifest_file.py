"""Reading `project.json` from its folder, with a way out where it is damaged."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from da3studio.base.errors import BadInput, Missing, ProjectDamaged
from da3studio.base.i18n import tr
from da3studio.project.document import Project
from da3studio.project.earlier import Earlier, list_earlier
from da3studio.project.manifest import decode

MANIFEST = "project.json"
_LARGEST_BYTES = 256 * 2**20


def load(path: Path) -> tuple[Project, dict[str, Any]]:
    """The project of a folder, and its whole document.

    Raises:
        Missing: there is none, or it cannot be read.
        BadInput: that is no folder.
        ProjectDamaged: its content makes no sense; names an earlier version that does, if any.
        ProjectTooNew: a newer program wrote it.
    """
    try:
        return decode(manifest_bytes(path / MANIFEST))
    except ProjectDamaged as error:
        earlier = newest_readable(path)
        if earlier is not None:
            raise ProjectDamaged(
                error.what,
                why=error.why,
                fix=tr(
                    "Copy {earlier} over {manifest}: it is the newest version that can be read;"
                    " finished results are found again."
                ).format(earlier=earlier.path, manifest=path / MANIFEST),
            ) from error
        raise


def newest_readable(path: Path) -> Earlier | None:
    """The newest earlier manifest of a project that can be read."""
    for earlier in list_earlier(path / "earlier"):
        with suppress(ProjectDamaged):
            decode(manifest_bytes(earlier.path))
            return earlier
    return None


def manifest_bytes(path: Path) -> bytes:
    """What stands in a manifest, present or earlier.

    Raises:
        Missing: it is not there, or cannot be read.
        BadInput: its folder is none.
        ProjectDamaged: it is impossibly large.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _LARGEST_BYTES else b""
    except FileNotFoundError as error:
        raise Missing(
            tr("There is no project in {folder}.").format(folder=path.parent),
            why=tr("It has no file {name}.").format(name=path.name),
            fix=tr("Name the folder of a project; its name ends in .da3."),
        ) from error
    except NotADirectoryError as error:
        raise not_a_folder(path.parent) from error
    except OSError as error:
        raise Missing(
            tr("{file} cannot be read.").format(file=path),
            why=tr("The system says: {reason}.").format(reason=error.strerror or str(error)),
            fix=tr("Check that you may read the file and that its disk is connected."),
        ) from error
    if size > _LARGEST_BYTES:
        raise ProjectDamaged(
            tr("The project cannot be read."),
            why=tr("Its file project.json is impossibly large ({size} MB).").format(
                size=size // 2**20
            ),
            fix=tr("Restore project.json from a backup; finished results are found again."),
        )
    return content


def not_a_folder(path: Path) -> BadInput:
    """For a project folder that is a file."""
    return BadInput(
        tr("{path} is not a project.").format(path=path),
        why=tr("A project is a folder, and this is a file."),
        fix=tr("Name a project folder, such as {example}.").format(
            example=path.with_suffix(".da3").name
        ),
    )
