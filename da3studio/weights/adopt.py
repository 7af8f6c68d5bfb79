"""A file or folder of weights that the person has becomes an installed model."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.errors import CheckpointMismatch, Missing
from da3studio.base.i18n import tr
from da3studio.base.progress import Report, silent
from da3studio.weights import store
from da3studio.weights.catalog import ModelInfo, catalogue
from da3studio.weights.content import PICKLE_SUFFIXES, blocks_of, refuse_unsafe, sha256_of
from da3studio.weights.licence import require_accepted
from da3studio.weights.store import UNKNOWN_LICENCE, Installed

_IN_HUB_CACHE = re.compile(r"models--([\w.-]+?)--([\w.-]+)")


@dataclass(frozen=True)
class _Found:
    """A file of weights, and what the hub's cache says of it; "" = it is not there."""

    path: Path
    repo: str
    revision: str


def adopt(
    path: Path,
    *,
    agree: Callable[[ModelInfo], None] = require_accepted,
    report: Report = silent,
    token: CancelToken = NEVER,
) -> Installed:
    """Install weights that are on this computer already.

    The network is recognised from the tensors themselves. Which published model of that network
    it is is told by its sha256, where that is known, and by the hub's cache it lies in. Where that
    leaves several, the strictest of their licences counts; where it leaves none, the licence is
    unknown and commercial use is not assumed. In both cases, and where another file is installed
    as the published model, the id is the network's name with `-adopted`. A copy of a network that
    ships with the program is that network: nothing is installed.

    The file is hard-linked, not copied, where both places are on one file system: that takes no
    time and no space, and each name can be deleted without the other. Elsewhere, or where the file
    may not be written to or linked, it is copied. The person's file is never moved or changed.

    Args:
        path: a `.safetensors` file, a folder with one, or a model's folder in the hub's cache.
        agree: raises if the licence of the model is not accepted.
        report: hears how much is read and copied.
        token: looked at between blocks of the file.

    Raises:
        Missing: there is no such file, or no weights in the folder.
        CheckpointMismatch: a pickle, no model that is known, or weights that are no numbers; the
            first odd tensor is named.
        LicenceNotAccepted: the licence was not accepted.
        DiskFull, CannotWrite, JobCancelled: nothing is installed.
    """
    found = _found(path)
    refuse_unsafe(found.path)
    from da3studio.model.checkpoint import check_numbers, identify  # here: they load torch

    variant = identify(found.path).variant
    check_numbers(found.path, token)
    sha256 = sha256_of(found.path, report, token)
    own = [one for one in store.installed() if one.built_in and one.sha256 == sha256]
    if own:  # the very file that ships with the program
        return own[0]
    rows = _could_be(found, variant, sha256)
    strictest = min(rows, key=lambda row: row.commercial, default=None)
    if strictest is not None:
        agree(strictest)
    record = Installed(
        id=_free_id(rows, variant, sha256),
        variant=variant,
        sha256=sha256,
        size_bytes=found.path.stat().st_size,
        licence=strictest.licence if strictest else UNKNOWN_LICENCE,
        commercial=strictest.commercial if strictest else False,
        source=found.repo or found.path.name,
        revision=found.revision,
        when=store.now(),
    )
    return store.put(record, lambda place: _bring(found.path, place, sha256, report, token))


def _found(path: Path) -> _Found:
    """The file of weights that a person means, and the traces around it."""
    if not path.exists():
        raise Missing(
            tr("{path} is not there.").format(path=path),
            why=tr("No file or folder has this name."),
            fix=tr("Check the spelling, and the folder that the command is run in."),
        )
    file = _weights_in(path) if path.is_dir() else path
    return _Found(file, *_repo_of(file.absolute()))


def _weights_in(folder: Path) -> Path:
    """The one file of weights in a folder or in the newest snapshot of a hub cache folder."""
    snapshots = sorted(folder.glob("snapshots/*/*.safetensors"), key=lambda p: p.stat().st_mtime)
    found = sorted(folder.glob("*.safetensors")) or snapshots[-1:]
    named = [file for file in found if file.name == "model.safetensors"]
    if len(found) == 1 or named:
        return (named or found)[0]
    for file in sorted(folder.iterdir()):
        if not found and file.suffix in PICKLE_SUFFIXES:
            refuse_unsafe(file)  # it is said why they do not count
    raise Missing(
        tr("There is no model in {folder}.").format(folder=folder),
        why=tr("It holds {n} .safetensors files, none called model.safetensors.").format(
            n=len(found)
        ),
        fix=tr("Name the file itself."),
    )


def _repo_of(file: Path) -> tuple[str, str]:
    """Repository and commit that the hub's cache states in the folders around a file."""
    for folder in file.parents:
        match = _IN_HUB_CACHE.fullmatch(folder.name)
        if match:
            inside = file.relative_to(folder).parts
            return f"{match[1]}/{match[2]}", inside[1] if inside[0] == "snapshots" else ""
    return "", ""


def _could_be(found: _Found, variant: str, sha256: str) -> list[ModelInfo]:
    """The published models that nothing speaks against."""
    rows = [row for row in catalogue() if row.variant == variant]
    return [row for row in rows if row.sha256 == sha256] or [
        row for row in rows if not row.sha256 and found.repo in ("", row.repo)
    ]


def _free_id(rows: list[ModelInfo], variant: str, sha256: str) -> str:
    """The id of the one published model that it is, unless another file has it."""
    if len(rows) == 1:
        here = store.look_up(rows[0].id)
        if here is None or here.sha256 == sha256:
            return rows[0].id
    return f"{variant}-adopted"


def _bring(file: Path, place: Path, sha256: str, report: Report, token: CancelToken) -> None:
    """Make `place`, which exists and is empty, a hard link to a file or a copy of it."""
    if os.access(file, os.W_OK):  # a file that is protected from change stays apart from ours
        beside = place.with_suffix(".link")
        try:
            beside.hardlink_to(file.resolve())  # the hub's cache holds links to its files
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
        else:
            beside.replace(place)
            return
    store.require_space(file.stat().st_size)
    digest = hashlib.sha256()
    with place.open("wb") as copy:
        for block in blocks_of(file, tr("copying"), report, token):
            copy.write(block)
            digest.update(block)
    if digest.hexdigest() != sha256:
        raise CheckpointMismatch(
            tr("{file} was not added.").format(file=file.name),
            why=tr("It changed while it was copied."),
            fix=tr("Add it again when nothing writes to it any more."),
        )
