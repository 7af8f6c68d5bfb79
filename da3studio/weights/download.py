"""A published checkpoint from the hub or a mirror of it, in as many goes as it takes.

What is fetched lies in `model.safetensors.<sha256>.part` in the model's folder. Being named by the
content that is expected, it is gone on with only while the hub offers the same content; it becomes
the model when its own sha256 is that one.

The hub's library says where a file is and what its sha256 is, and opens the connection with the
proxy and mirror (`HF_ENDPOINT`) that the person has set. The body is read here, by plain ranged
requests: the library's own reader keeps nothing of the last 10 MB when a connection breaks and
cannot be cancelled, and its other transport, Xet, begins anew and passes a mirror by. The person's
hub token is never read or sent: all models are public.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from urllib.parse import urlsplit

import da3studio
from da3studio.base.atomic import writing_to
from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.errors import CheckpointMismatch, NetworkTrouble
from da3studio.base.i18n import tr
from da3studio.base.progress import Report, silent
from da3studio.weights import store
from da3studio.weights.catalog import ModelInfo
from da3studio.weights.content import Meter, refuse_unsafe, sha256_of
from da3studio.weights.licence import require_accepted
from da3studio.weights.store import Installed

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PARTIAL = 206  # the HTTP status of an answer that begins where it was asked to


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
    remote = _asked(info)
    part = _part(info, remote)
    _fetch(info, remote, part, report, token)
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
    # Read when the library is imported; without, it asks the hub for more than the file.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import get_hf_file_metadata, get_session, hf_hub_url

    mirror = os.environ.get("HF_ENDPOINT") or None
    url = hf_hub_url(info.repo, info.file, revision=info.revision, endpoint=mirror)
    try:
        host = urlsplit(url).hostname
        get_session()  # it looks at the proxies that are set
    except (ImportError, ValueError) as error:
        why = tr("HF_ENDPOINT or a proxy is set to what cannot be used: {reason}.")
        raise _trouble(info, why.format(reason=str(error).split(". ")[0])) from error
    with _over_network(info, url):
        said = get_hf_file_metadata(url, token=False, headers=_headers(), endpoint=mirror)
    sha256 = said.etag or ""
    if not _SHA256.fullmatch(sha256) or said.size is None:  # it also becomes a file's name
        raise _trouble(
            info,
            tr("{host} does not say the file's sha256, so it could not be checked.").format(
                host=host
            ),
        )
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


def _fetch(
    info: ModelInfo, remote: _Remote, part: Path, report: Report, token: CancelToken
) -> None:
    """Bring what is missing of the part."""
    with writing_to(part), part.open("ab") as file:
        have = file.tell()
    if have >= remote.size_bytes:
        return
    store.require_space(remote.size_bytes - have)
    meter = Meter(report, tr("downloading"), remote.size_bytes)
    # Unbuffered: what came is in the file at once, also when the process is ended from outside.
    with (
        part.open("r+b", buffering=0) as file,
        _over_network(info, remote.url, part),
        _body(remote.url, have) as (begins_at, packets),
    ):
        file.seek(begins_at)  # what lies behind is of the same content and may stay
        for packet in packets:
            token.check()
            _write(file, packet[: remote.size_bytes - file.tell()], part)
            meter.at(file.tell())
            if file.tell() >= remote.size_bytes:  # whatever else is sent
                break
    if part.stat().st_size < remote.size_bytes:
        raise _trouble(info, tr("The connection ended before the file did."), part)


def _write(file: FileIO, packet: bytes, part: Path) -> None:
    """All of a packet; a file without buffer may take less at a time."""
    with writing_to(part):
        while packet:
            packet = packet[file.write(packet) :]


@contextmanager
def _body(url: str, have: int) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Where in the file the answer begins, and the bytes from there on as they arrive."""
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import hf_raise_for_status

    with get_session().stream(
        "GET",
        url,
        headers={**_headers(), "range": f"bytes={have}-"},
        timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
        follow_redirects=True,
    ) as response:
        hf_raise_for_status(response)
        yield have if response.status_code == _PARTIAL else 0, response.iter_raw()


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


def _headers() -> dict[str, str]:
    """Who asks; and no compression, or ranges would not be those of the file."""
    return {"user-agent": f"da3studio/{da3studio.__version__}", "accept-encoding": "identity"}


@contextmanager
def _over_network(info: ModelInfo, url: str, part: Path | None = None) -> Iterator[None]:
    """Turn what the hub's library and its client raise into `NetworkTrouble`."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    host = urlsplit(url).hostname
    try:
        yield
    except HfHubHTTPError as error:
        why = tr("{host} answers with error {code}.")
        raise _trouble(
            info, why.format(host=host, code=error.response.status_code), part
        ) from error
    except OfflineModeIsEnabled as error:
        raise _trouble(info, tr("HF_HUB_OFFLINE is set."), part) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        why = tr("The connection to {host} failed: {reason}.")
        reason = str(error).rstrip(".") or type(error).__name__
        raise _trouble(info, why.format(host=host, reason=reason), part) from error


def _trouble(info: ModelInfo, why: str, part: Path | None = None) -> NetworkTrouble:
    kept = part.stat().st_size if part is not None else 0
    if kept:
        why += tr(" {n} MB are here.").format(n=f"{kept / 1e6:.1f}")
        again = tr("Try again: it goes on from what is here.")
    else:
        again = tr("Try again later.")
    otherwise = tr(
        "If that does not help, check HTTPS_PROXY, set HF_ENDPOINT to a mirror, or get the file"
        " elsewhere and add it (da3studio models add FILE)."
    )
    return NetworkTrouble(
        tr("The model {model} could not be downloaded.").format(model=info.label),
        why=why,
        fix=f"{again} {otherwise}",
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
