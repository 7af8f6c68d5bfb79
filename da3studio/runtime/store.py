"""What is installed: `<data folder>/runtimes/<id>` with the packages, a record and a verdict.

A folder of that name is whole: it gets the name last. What is fetched lies in `<id>.part` before.
"""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from da3studio.base.atomic import write_bytes_atomic, writing_to
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.base.paths import data_folder
from da3studio.project.fields import Fields, MalformedError, parse_json
from da3studio.runtime.pack import Edition

_TREE = "tree"
_RECORD = "runtime.json"
_VERDICT = "verdict.json"
_PART = ".part"
_GONE = ".gone-"
_LARGEST_NOTE_BYTES = 65_536


@dataclass(frozen=True)
class Installed:
    """An edition that is on this computer."""

    id: str
    digest: str  # of the edition's list
    size_bytes: int  # unpacked
    when: str  # ISO 8601, UTC

    @property
    def tree(self) -> Path:
        """The folder that Python imports from."""
        return folder_of(self.id) / _TREE


@dataclass(frozen=True)
class Verdict:
    """What came of trying an installed edition on the card."""

    works: bool
    why: str  # if it does not; for `tr`, as it outlives the language it was found in
    device: str  # name of the card
    driver: str  # the version it was tried with


def runtimes_folder() -> Path:
    """Where all editions are."""
    return data_folder() / "runtimes"


def folder_of(edition_id: str) -> Path:
    """An edition's own folder, installed or not; the id is one that `pack` has checked."""
    return runtimes_folder() / edition_id


def part_of(edition_id: str) -> Path:
    """Where an edition is fetched to."""
    return runtimes_folder() / f"{edition_id}{_PART}"


def look_up(edition: Edition) -> Installed | None:
    """An edition that is there with the very content of its list, else `None`."""
    try:
        fields = _note(folder_of(edition.id) / _RECORD)
        found = Installed(
            id=fields.text("id"),
            digest=fields.text("digest"),
            size_bytes=fields.integer("size_bytes", 0, 2**53),
            when=fields.text("when"),
        )
    except (OSError, MalformedError):
        return None
    fits = (found.id, found.digest) == (edition.id, edition.digest)
    return found if fits and found.tree.is_dir() else None


def fetched_bytes(edition: Edition) -> int:
    """How much of an edition's download lies here unfinished."""
    part = part_of(edition.id)
    return sum(path.stat().st_size for path in part.glob("*.whl")) if part.is_dir() else 0


def verdict_on(installed: Installed, driver: str) -> Verdict | None:
    """What came of trying it with this driver, `None` if that was not done yet."""
    try:
        fields = _note(folder_of(installed.id) / _VERDICT)
        verdict = Verdict(
            works=fields.flag("works"),
            why=fields.text("why"),
            device=fields.text("device"),
            driver=fields.text("driver"),
        )
    except (OSError, MalformedError):
        return None
    return verdict if verdict.driver == driver else None


def keep_verdict(installed: Installed, verdict: Verdict) -> None:
    """Remember what came of trying.

    Raises:
        DiskFull, CannotWrite: then it is tried again next time.
    """
    content = json.dumps(dataclasses.asdict(verdict), indent=1)
    write_bytes_atomic(folder_of(installed.id) / _VERDICT, content.encode())


def tree_in(part: Path) -> Path:
    """Where the packages lie while an edition is being made."""
    return part / _TREE


def finish(edition: Edition, size_bytes: int) -> Installed:
    """What lies in the edition's part becomes the edition; other editions go.

    Raises:
        DiskFull, CannotWrite: it stays a part.
    """
    part, folder = part_of(edition.id), folder_of(edition.id)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    installed = Installed(edition.id, edition.digest, size_bytes, when)
    content = json.dumps(dataclasses.asdict(installed), indent=1)
    write_bytes_atomic(part / _RECORD, content.encode())
    if hasattr(os, "sync"):
        os.sync()  # so that a power cut after the renaming finds the content on the disk
    with writing_to(folder):
        for other in list(runtimes_folder().iterdir()):
            if other != part:
                _remove(other)
        part.rename(folder)
    return installed


def remove_all() -> int:
    """Remove every edition with what was fetched of it.

    Returns:
        Bytes removed.

    Raises:
        Missing: nothing is there.
        CannotWrite: the folder refuses, or a program computes with it (Windows).
    """
    folder = runtimes_folder()
    there = list(folder.iterdir()) if folder.is_dir() else []
    if not there:
        raise Missing(
            tr("There is no support for the graphics card to remove."),
            why=tr("Nothing lies in {folder}.").format(folder=folder),
            fix=tr("There is nothing to do."),
        )
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    for one in there:
        with writing_to(one):
            _remove(one)
    return size


def _remove(folder: Path) -> None:
    """Away at once and whole: no half of an edition has its name."""
    gone = folder if _GONE in folder.name else folder.with_name(_GONE + secrets.token_hex(4))
    if gone != folder:
        folder.rename(gone)
    shutil.rmtree(gone)


def _note(path: Path) -> Fields:
    with path.open("rb") as file:
        return Fields(parse_json(file.read(_LARGEST_NOTE_BYTES)), "the note")
