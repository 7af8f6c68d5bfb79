"""What a project folder remembers besides the project: how it was shown, and how it was left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.i18n import tr
from da3studio.project.fields import MalformedError, parse_json

_VIEW = "view.json"
_LARGEST_VIEW_BYTES = 2**20


def read_view(project_folder: Path) -> dict[str, Any]:
    """The object in `view.json`; empty if it is not there or damaged, as losing it costs nothing.

    The values are whatever the file says: who uses one checks it.
    """
    path = project_folder / _VIEW
    try:
        content = path.read_bytes() if path.stat().st_size <= _LARGEST_VIEW_BYTES else b""
        view = parse_json(content)
    except (OSError, MalformedError):
        return {}
    return view if isinstance(view, dict) else {}


def write_view(project_folder: Path, view: dict[str, Any]) -> None:
    """Write `view.json`.

    Raises:
        CannotWrite, DiskFull: by the place.
        ValueError: what is given is no JSON, or larger than 1 MiB of it.
    """
    try:
        content = (json.dumps(view, indent=1, allow_nan=False) + "\n").encode("ascii")
    except TypeError as error:
        raise ValueError(f"a view is made of JSON values: {error}") from error
    if len(content) > _LARGEST_VIEW_BYTES:
        raise ValueError(f"a view of {len(content)} bytes is too large")
    write_bytes_atomic(project_folder / _VIEW, content)


def stopped_sentence(project_folder: Path, since: str) -> str:
    """What to tell a person when the program that wrote here last was killed.

    Args:
        project_folder: not yet written to by anybody else.
        since: when that program began, ISO 8601; it left no note of its end.
    """
    signs = list(_last_signs_of_life(project_folder))
    with suppress(ValueError):  # a lock that somebody else wrote
        signs.append(datetime.fromisoformat(since).timestamp())
    if not signs:
        return tr("The program stopped unexpectedly. Everything finished by then is here.")
    when = datetime.fromtimestamp(max(signs)).astimezone()
    return tr(
        "The program stopped unexpectedly on {day} {month} {time}."
        " Everything finished by then is here."
    ).format(day=when.day, month=_month(when), time=when.strftime("%H:%M"))


def _month(when: datetime) -> str:
    names = (
        tr("Jan"), tr("Feb"), tr("Mar"), tr("Apr"), tr("May"), tr("Jun"),
        tr("Jul"), tr("Aug"), tr("Sep"), tr("Oct"), tr("Nov"), tr("Dec"),
    )  # fmt: skip
    return names[when.month - 1]


def _last_signs_of_life(project_folder: Path) -> Iterator[float]:
    """When what that program wrote was written last [s since 1970]."""
    patterns = ("project.json", "view.json", "chunks/??", "scratch/*", "scratch/*/*")
    for pattern in patterns:
        for path in project_folder.glob(pattern):
            with suppress(OSError):  # it went in this moment
                yield path.stat().st_mtime
