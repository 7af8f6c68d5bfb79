"""Folders that an export may replace: only those made by us to which nobody has added anything."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from da3studio.base.atomic import writing_to
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr

_OF_FILE_BROWSERS = {".DS_Store", "Thumbs.db", "desktop.ini"}


def refuse_foreign(path: Path, marker: str, ours: Callable[[], Collection[str]]) -> None:
    """Refuse to replace what this program did not write.

    Args:
        path: of the folder that is to be written.
        marker: the file that says that we made the folder.
        ours: names, relative to the folder and with `/`, of everything that we wrote in it; asked
            only where the marker is there.

    Raises:
        BadInput: `path` exists and holds something else.
        CannotWrite: it cannot be looked at.
    """
    with writing_to(path):
        if not path.exists():
            return
        inside = {p.relative_to(path).as_posix() for p in path.rglob("*") if _is_entry(p)}
    inside = {name for name in inside if Path(name).name not in _OF_FILE_BROWSERS}
    made_by_us = marker in inside
    foreign = sorted(inside - {marker, *ours()}) if made_by_us else sorted(inside)
    if path.is_dir() and not foreign:
        return
    if not path.is_dir():
        why = tr("It is a file, and what is to be written is a folder.")
    elif made_by_us:
        why = tr("It holds {file}, which this program did not write.").format(file=foreign[0])
    else:
        why = tr("It is a folder that this program did not write.")
    raise BadInput(
        tr("{file} is there already and is not replaced.").format(file=path.name),
        why=why,
        fix=tr("Choose another name, or move what is there away."),
    )


def _is_entry(path: Path) -> bool:
    """A file, or a link, also one to a folder: people link their photos into what we made."""
    return path.is_symlink() or not path.is_dir()
