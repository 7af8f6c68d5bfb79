"""A published checkpoint from the hub or a mirror of it, in as many goes as it takes.

What is fetched lies in `model.safetensors.<sha256>.part` in the model's folder. Being named by the
content that is expected, it is gone on with only while the hub offers the same content; it becomes
the model when its own sha256 is that one.

The hub's library says where a file is and what its sha256 is, with the mirror (`HF_ENDPOINT`) that
the person has set; `fetch` brings it. All models are public: the person's token is not needed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from da3studio.base.atomic import writing_to
from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.errors import CheckpointMismatch, NetworkTrouble
from da3studio.base.i18n import tr
from da3studio.base.progress import Report, silent
from da3studio.weights import store
from da3studio.weights.catalog import ModelInfo
from da3studio.weights.content import Meter, refuse_unsafe, sha256_of
from da3studio.weights.fetch import (
    Interrupted,
    bring,
    bytes_in,
    headers,
    hub_library,
    network_trouble,
    over_network,
)
from da3studio.weights.licence import require_accepted
from da3studio.weights.store import Installed

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class _Remote:
    """What the hub says of a file."""

    url: str
    revision: str  # the commit
    sha256: str
    size_bytes: int


def download(info: ModelInfo, *, report: Report = silent, token: CancelToken = NEVER) -> Installed:
    """Fetch and install a published model; one that is installed already asks no network.

    Args:
        info: which one; its licence has to be accepted.
        report: hears how many megabytes are there and checked.
        token: looked at between packets.

    Raises:
        LicenceNotAccepted: the licence was not accepted.
        NetworkTrouble: the hub cannot be reached or the connection broke; what came is kept.
        CheckpointMismatch: what the hub has or sent is not this model; nothing of it is kept.
        DiskFull, CannotWrite: before or while it is written; what came is kept.
        JobCancelled: by the token; what came is kept.
    """
    require_accepted(info)
    here = store.look_up(info.id)
    if here is not None and here.path.stat().st_size == here.size_bytes:
        return here
    token.check()
    try:
        remote = _asked(info)
    except Interrupted as error:
        raise _trouble(info, error.why) from error
    part = _part(info, remote)
    try:
        _fetch(remote, part, report, token)
    except Interrupted as error:
        raise _trouble(info, error.why, bytes_in(part)) from error
    _check(info, remote, part, report, token)
    record = Installed(
        id=info.id,
        variant=info.variant,
        sha256=remote.sha256,
        size_bytes=remote.size_bytes,
        licence=info.licence,
        commercial=info.commercial,
        source=info.repo,
        revision=remote.revision,
        when=store.now(),
    )
    return store.put(record, lambda place: _move(part, place))


def _asked(info: ModelInfo) -> _Remote:
    """Ask the hub for a file's content address, size and commit."""
    hub = hub_library()
    mirror = os.environ.get("HF_ENDPOINT") or None
    url = hub.hf_hub_url(info.repo, info.file, revision=info.revision, endpoint=mirror)
    with over_network(url):
        said = hub.get_hf_file_metadata(url, token=False, headers=headers(), endpoint=mirror)
    sha256 = said.etag or ""
    if not _SHA256.fullmatch(sha256) or said.size is None:  # it also becomes a file's name
        why = tr("{host} does not say the file's sha256, so it could not be checked.")
        raise Interrupted(why.format(host=urlsplit(url).hostname))
    if info.sha256 not in ("", sha256):
        raise _other_model(info, tr("its sha256 is {sha256}").format(sha256=sha256))
    if not info.could_have(said.size):
        raise _other_model(info, tr("it has {n} bytes").format(n=said.size))
    return _Remote(url, said.commit_hash or "", sha256, said.size)


def _part(info: ModelInfo, remote: _Remote) -> Path:
    """Where the file is fetched to; parts of other contents are of no use any more."""
    folder = store.folder_of(info.id)
    part = folder / f"{info.file}.{remote.sha256}.part"
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.glob("*.part"):
            if other != part:
                other.unlink()
    return part


def _fetch(remote: _Remote, part: Path, report: Report, token: CancelToken) -> None:
    """Bring what is missing of the part."""
    missing = remote.size_bytes - bytes_in(part)
    if missing > 0:
        store.require_space(missing)
    meter = Meter(report, tr("downloading"), remote.size_bytes)
    bring(remote.url, part, remote.size_bytes, at=meter.at, token=token)


def _check(
    info: ModelInfo, remote: _Remote, part: Path, report: Report, token: CancelToken
) -> None:
    """Remove and refuse a part that is complete and not the content that was expected."""
    sha256 = sha256_of(part, report, token)
    try:
        if sha256 != remote.sha256:
            raise _other_model(info, tr("the sha256 of what came is {sha}").format(sha=sha256))
        refuse_unsafe(part)
    except CheckpointMismatch:
        part.unlink()
        raise


def _move(part: Path, place: Path) -> None:
    part.replace(place)


def _trouble(info: ModelInfo, why: str, kept_bytes: int = 0) -> NetworkTrouble:
    return network_trouble(
        tr("The model {model} could not be downloaded.").format(model=info.label),
        why,
        tr(
            "If that does not help, check HTTPS_PROXY, set HF_ENDPOINT to a mirror, or get the file"
            " elsewhere and add it (da3studio models add FILE)."
        ),
        kept_bytes,
    )


def _other_model(info: ModelInfo, how: str) -> CheckpointMismatch:
    return CheckpointMismatch(
        tr("What was offered is not the model {model}.").format(model=info.label),
        why=tr("It differs from what is expected: {how}.").format(how=how),
        fix=tr(
            "Try again, without HF_ENDPOINT if it is set, or get the file elsewhere and add it"
            " (da3studio models add FILE)."
        ),
    )
