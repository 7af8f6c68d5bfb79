"""Installed models: `<data folder>/models/<id>/model.safetensors`, and `model.json` beside it.

The record is written last and removed first: a model is installed when its record is there. What a
killed program leaves besides is swept away by the next installation of the same model.

Those that ship with the program (`shipped.py`) are always installed and cannot be removed; whatever
lies in the folder of models under such an id is not looked at.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from da3studio.base.atomic import write_atomic, write_bytes_atomic, writing_to
from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.errors import BadInput, CheckpointMismatch, Missing
from da3studio.base.i18n import tr
from da3studio.base.paths import data_folder
from da3studio.base.progress import Report, silent
from da3studio.project.fields import Fields, MalformedError, parse_json
from da3studio.weights import fetch
from da3studio.weights.catalog import catalogue, licences
from da3studio.weights.content import sha256_of
from da3studio.weights.shipped import Shipped, shipped, weights_of

UNKNOWN_LICENCE = "LicenseRef-unknown"  # SPDX's form for what is not on its list
PHOTO_PX = 504  # longer photo side that the published networks were made for

_WEIGHTS = "model.safetensors"
_RECORD = "model.json"
# Fields that no record on the disk has.
_ONLY_BUILT_IN = frozenset({"built_in", "photo_px", "references"})
_LARGEST_RECORD_BYTES = 65_536
_ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")


@dataclass(frozen=True)
class Installed:
    """A model that is on this computer, and where it came from."""

    id: str
    variant: str  # the network's name in da3studio.model
    sha256: str
    size_bytes: int
    licence: str  # SPDX
    commercial: bool
    source: str  # repository on the hub, name of the added file, or what ours was trained on
    revision: str  # commit on the hub, "" = not known
    when: str  # ISO 8601, UTC, "" = with the program
    built_in: bool = False  # a part of the program
    photo_px: int = PHOTO_PX  # longer photo side that it sees best
    references: int = 1  # photos that are best the reference view in turn, at most

    @property
    def path(self) -> Path:
        """The file of weights."""
        return weights_of(self.id) if self.built_in else folder_of(self.id) / _WEIGHTS


def models_folder() -> Path:
    """Where the folders of all models are."""
    return data_folder() / "models"


def folder_of(model_id: str) -> Path:
    """A model's own folder, installed or not.

    Raises:
        ValueError: the id could not be the name of a folder of ours.
    """
    if not _ID.fullmatch(model_id):
        raise ValueError(f"{model_id!r} is no id of a model")
    return models_folder() / model_id


def now() -> str:
    """The `when` of what is installed now."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def installed() -> tuple[Installed, ...]:
    """All models that are there, in order of id; also what is built in."""
    records = models_folder().glob(f"*/{_RECORD}")
    ids = sorted({path.parent.name for path in records} | set(shipped()))
    found = (look_up(model_id) for model_id in ids)
    return tuple(one for one in found if one is not None)


def added() -> tuple[Installed, ...]:
    """Those of them that the person has got, by a download or from a file."""
    return tuple(one for one in installed() if not one.built_in)


def look_up(model_id: str) -> Installed | None:
    """A model that is there, `None` if it is not, or its record is not what was written."""
    if not _ID.fullmatch(model_id):
        return None
    if (description := shipped().get(model_id)) is not None:
        return _built_in(model_id, description)
    try:
        with (folder_of(model_id) / _RECORD).open("rb") as file:
            record = _decoded(file.read(_LARGEST_RECORD_BYTES))
    except (OSError, MalformedError):
        return None
    return record if record.id == model_id and record.path.is_file() else None


def find(model_id: str) -> Installed:
    """An installed model, fit to be loaded as far as its size tells.

    Raises:
        Missing: it is not installed.
        CheckpointMismatch: its file has another size than when it was installed.
    """
    record = look_up(model_id)
    if record is None:
        raise _not_there(model_id)
    size = record.path.stat().st_size
    if size != record.size_bytes:
        raise _changed(record, tr("its size is {n} bytes, not {expected}"), size, record.size_bytes)
    return record


def verify(model_id: str, *, report: Report = silent, token: CancelToken = NEVER) -> Installed:
    """Read all of an installed model and compare it with what was installed.

    Raises:
        Missing: it is not installed.
        CheckpointMismatch: it has changed.
        JobCancelled: by the token.
    """
    record = find(model_id)
    sha256 = sha256_of(record.path, report, token)
    if sha256 != record.sha256:
        raise _changed(record, tr("its sha256 is {n}, not {expected}"), sha256, record.sha256)
    if not record.built_in:
        with suppress(OSError):  # a folder that takes no files: then it is read again next time
            (folder_of(model_id) / _RECORD).touch()
    return record


def is_untouched(record: Installed) -> bool:
    """Whether nothing happened to a model's file since it was installed or last verified.

    The record is written after the file, so a file that is newer was written to or put there
    later; or one of its hard links came or went, which only a look at all of it can tell. Of what
    ships with the program installers set the times; it is small, so it is read each time.
    """
    if record.built_in:
        return False
    file, note = record.path.stat(), (folder_of(record.id) / _RECORD).stat()
    return max(file.st_mtime_ns, file.st_ctime_ns) <= note.st_mtime_ns


def remove(model_id: str) -> int:
    """Remove a model with everything that is in its folder, also one that came only in part.

    A file that was added stays where the person has it.

    Returns:
        Bytes removed.

    Raises:
        Missing: there is nothing of it.
        BadInput: it is a part of the program.
        CannotWrite: the folder refuses.
    """
    if model_id in shipped():
        raise BadInput(
            tr("The model {id} cannot be removed.").format(id=model_id),
            why=tr("It is built in: a part of the program."),
            fix=tr("There is nothing to do: networks that you download are taken before it."),
        )
    if not _ID.fullmatch(model_id) or not folder_of(model_id).is_dir():
        raise _not_there(model_id)
    folder = folder_of(model_id)
    size = sum(path.stat().st_size for path in folder.iterdir())
    with writing_to(folder):
        (folder / _RECORD).unlink(missing_ok=True)
        shutil.rmtree(folder)
    return size


def put(record: Installed, fill: Callable[[Path], None]) -> Installed:
    """Install a model, in place of one of the same id.

    Args:
        record: what to remember of it.
        fill: makes the file of weights under a temporary name; see `write_atomic`.

    Raises:
        DiskFull, CannotWrite: nothing new is installed.
        ValueError: the id is that of a network that ships with the program.
    """
    if record.id in shipped():
        raise ValueError(f"{record.id} is built in")
    folder = folder_of(record.id)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".tmp-*"):
            left.unlink()

    def fill_and_forget_the_former(temporary: Path) -> None:
        fill(temporary)
        (folder / _RECORD).unlink(missing_ok=True)

    write_atomic(record.path, fill_and_forget_the_former)
    said = {k: v for k, v in dataclasses.asdict(record).items() if k not in _ONLY_BUILT_IN}
    content = json.dumps(said, indent=1)
    write_bytes_atomic(folder / _RECORD, content.encode())
    return record


def require_space(n_bytes: int) -> None:
    """Make sure that so much fits on the disk of the models, before it is written.

    Raises:
        DiskFull: it does not.
    """
    fetch.require_space(models_folder(), n_bytes, tr("The disk has no space for the model."))


def _not_there(model_id: str) -> Missing:
    return Missing(
        tr("The model {id} is not installed.").format(id=model_id),
        why=tr("There is no such model in {folder}.").format(folder=models_folder()),
        fix=tr("Download it (da3studio models download), or add its file (models add FILE)."),
    )


def _changed(record: Installed, how: str, seen: object, expected: object) -> CheckpointMismatch:
    fix = tr("Remove it (da3studio models remove {id}), then download or add it again.")
    if record.built_in:
        fix = tr("It is a part of the program: install the program again.")
    return CheckpointMismatch(
        tr("The model {id} is damaged.").format(id=record.id),
        why=tr("It is not what was installed: {how}.").format(
            how=how.format(n=seen, expected=expected)
        ),
        fix=fix.format(id=record.id),
    )


def _built_in(model_id: str, description: Shipped) -> Installed:
    return Installed(
        id=model_id,
        variant=description.variant,
        sha256=description.sha256,
        size_bytes=description.size_bytes,
        licence=description.licence,
        commercial=licences()[description.licence].commercial,
        source=description.trained_on,
        revision="",
        when="",
        built_in=True,
        photo_px=description.photo_px,
        references=description.references,
    )


def _decoded(content: bytes) -> Installed:
    fields = Fields(parse_json(content), "the record")
    return Installed(
        id=fields.text("id"),
        variant=fields.text("variant"),
        sha256=fields.text("sha256"),
        size_bytes=fields.integer("size_bytes", 0, 2**53),
        licence=fields.text("licence"),
        commercial=fields.flag("commercial"),
        source=fields.text("source"),
        revision=fields.text("revision"),
        when=fields.text("when"),
    )


def stated_licence(model_id: str) -> str:
    """`da3-base (Apache-2.0)`: what has to be said of whatever a model had a part in."""
    here = look_up(model_id)
    listed = (info.licence for info in catalogue() if info.id == model_id)
    licence = here.licence if here is not None else next(listed, UNKNOWN_LICENCE)
    return f"{model_id} ({licence})"
