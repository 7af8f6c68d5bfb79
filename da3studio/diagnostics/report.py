"""Everything that helps to find a fault, in one zip that tells nothing of the person.

No photos, no results, no places; what is a text of the program passes the scrubber.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from da3studio.base.atomic import write_atomic
from da3studio.base.crash import gather, report_files
from da3studio.base.errors import BadInput, UserFacingError
from da3studio.base.i18n import tr
from da3studio.base.log import log_files, tail_of
from da3studio.base.paths import data_folder
from da3studio.base.scrub import Scrubber, names_in
from da3studio.base.settings import Settings
from da3studio.diagnostics.computer import computer_facts, program_facts
from da3studio.diagnostics.project_shape import project_shape
from da3studio.project.folder import ProjectFolder

SUFFIX = ".zip"

_LOG_BYTES = 200_000  # of each log, from its end
_PERSONAL = ("recent", "projects_folder")  # settings that are paths


@dataclass(frozen=True)
class Part:
    """One file of the report."""

    name: str  # in the zip, POSIX style
    about: str  # a phrase for the person
    text: str


def suggested_name() -> str:
    """A name for the file."""
    return f"da3studio-diagnostics-{datetime.now().astimezone():%Y-%m-%d}{SUFFIX}"


def collect(
    settings: Settings, project: Path | None = None, seen: Mapping[str, Any] | None = None
) -> tuple[Part, ...]:
    """What the report holds, to be looked at before it is written.

    Args:
        settings: of the person; paths in them stay out.
        project: the one that it is about, if there is one.
        seen: what only the caller knows of this computer; texts and tables of them.
    """
    gather()  # a process may have died since somebody looked
    scrubber = Scrubber(_names(settings, project))
    here = next(folder for folder in (data_folder(), *data_folder().parents) if folder.is_dir())
    told = _scrubbed_values(seen or {}, scrubber)
    computer = {**computer_facts(here), **program_facts(), **told}
    parts = [
        Part("computer.json", tr("versions, processor, memory, graphics"), _json(computer)),
        Part("settings.json", tr("your settings, without folders"), _json(_settings(settings))),
    ]
    if project is not None:
        shape = _json(project_shape(project))
        parts.append(Part("project.json", tr("the project in numbers"), scrubber.text(shape)))
    for path in log_files():
        parts += _scrubbed(path, f"logs/{path.name}", tr("what happened"), scrubber)
    for path in report_files():
        parts += _scrubbed(path, f"crashes/{path.name}", tr("a crash"), scrubber)
    return tuple(parts)


def write(parts: tuple[Part, ...], path: Path) -> None:
    """Write the report.

    Raises:
        BadInput: the name does not end in .zip.
        CannotWrite, DiskFull: by the place; nothing is left behind.
    """
    if path.suffix.lower() != SUFFIX:
        raise BadInput(
            tr("The report cannot be written to {file}.").format(file=path.name),
            why=tr("It is a zip file, and the name does not end in .zip."),
            fix=tr("Name a file such as {name}.").format(name=suggested_name()),
        )

    def fill(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file:
            for part in parts:
                file.writestr(part.name, part.text)

    write_atomic(path, fill)


def _scrubbed(path: Path, name: str, about: str, scrubber: Scrubber) -> Iterator[Part]:
    with suppress(OSError):  # it was just removed, or may not be read: the others still help
        yield Part(name, about, scrubber.text(tail_of(path, _LOG_BYTES)))


def _scrubbed_values(values: Mapping[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    return {
        name: _scrubbed_values(value, scrubber)
        if isinstance(value, Mapping)
        else scrubber.text(str(value))
        for name, value in values.items()
    }


def _settings(settings: Settings) -> dict[str, Any]:
    found = {
        one.name: getattr(settings, one.name)
        for one in fields(settings)
        if one.name not in _PERSONAL
    }
    found["shortcuts"] = dict(settings.shortcuts)
    found["recent_projects"] = len(settings.recent)
    found["has_projects_folder"] = bool(settings.projects_folder)
    return found


def _names(settings: Settings, project: Path | None) -> set[str]:
    """Names that logs may hold without a path around them."""
    paths = [*settings.recent, settings.projects_folder]
    if project is not None:
        paths.append(str(project.absolute()))
        with suppress(UserFacingError), ProjectFolder.open(project, write=False) as folder:
            paths.append(folder.project.name)
            for view in folder.project.views:
                paths += [view.name, view.source.path, view.source.video]
    return names_in(paths)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)
