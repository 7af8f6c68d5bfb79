"""One file from a server, in as many goes as it takes: what came is kept and gone on with.

The hub's library opens the connection, with the proxy that the person has set; the body is read
here, by plain ranged requests: the library's own reader keeps nothing of the last 10 MB when a
connection breaks and cannot be cancelled, and its other transport, Xet, begins anew and passes a
mirror by. No token of the person is read or sent.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import da3studio
from da3studio.base.atomic import writing_to
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import DiskFull, NetworkTrouble
from da3studio.base.i18n import tr

_PARTIAL = 206  # the HTTP status of an answer that begins where it was asked to
_ROOM_BYTES = 16 * 2**20  # left free on the disk


class Interrupted(Exception):
    """A connection could not be made, or ended before the file did.

    Args:
        why: what was seen, one sentence for a person.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def hub_library() -> Any:
    """The hub's library, which reads when it is imported whether it may tell of the person."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub

    return huggingface_hub


def headers() -> dict[str, str]:
    """Who asks; and no compression, or ranges would not be those of the file."""
    return {"user-agent": f"da3studio/{da3studio.__version__}", "accept-encoding": "identity"}


def bring(
    url: str, part: Path, size_bytes: int, *, at: Callable[[int], None], token: CancelToken
) -> None:
    """Bring what is missing of a file; its content has to be checked afterwards.

    Args:
        url: of the file.
        part: where it is fetched to; what it holds is gone on with, its folder has to be there.
        size_bytes: of the whole file; nothing is written behind that, whatever is sent.
        at: hears how many bytes are there.
        token: looked at between packets.

    Raises:
        Interrupted: what came is kept.
        DiskFull, CannotWrite: what came is kept.
        JobCancelled: by the token; what came is kept.
    """
    have = bytes_in(part)
    if have >= size_bytes:
        return
    with writing_to(part):
        part.touch()
    # Unbuffered: what came is in the file at once, also when the process is ended from outside.
    with (
        part.open("r+b", buffering=0) as file,
        over_network(url),
        _body(url, have) as (begins_at, packets),
    ):
        file.seek(begins_at)  # what lies behind is of the same content and may stay
        for packet in packets:
            token.check()
            _write(file, packet[: size_bytes - file.tell()], part)
            at(file.tell())
            if file.tell() >= size_bytes:  # whatever else is sent
                break
    if bytes_in(part) < size_bytes:
        raise Interrupted(tr("The connection ended before the file did."))


def bytes_in(part: Path) -> int:
    """How much of a file came; 0 if nothing did."""
    return part.stat().st_size if part.is_file() else 0


def require_space(folder: Path, n_bytes: int, what: str) -> None:
    """Make sure that so much fits on a disk, before it is written.

    Args:
        folder: on that disk; made if it is not there.
        n_bytes: to be written.
        what: the sentence that says for what there is no space.

    Raises:
        DiskFull: it does not.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < n_bytes + _ROOM_BYTES:
        raise DiskFull(
            what,
            why=tr("{need} MB are needed in {folder}, {free} MB are free.").format(
                need=(n_bytes + _ROOM_BYTES) // 10**6, folder=folder, free=free // 10**6
            ),
            fix=tr("Free some space, or set DA3STUDIO_HOME to a folder on another disk."),
        )


@contextmanager
def over_network(url: str) -> Iterator[None]:
    """Turn what the hub's library and its client raise into `Interrupted`."""
    hub = hub_library()
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        host = urlsplit(url).hostname
        hub.get_session()  # it looks at the proxies that are set
    except (ImportError, ValueError) as error:
        why = tr("The address of a mirror or a proxy is set to what cannot be used: {reason}.")
        raise Interrupted(why.format(reason=str(error).split(". ")[0])) from error
    try:
        yield
    except HfHubHTTPError as error:
        raise _refusal(url, error.response.status_code) from error
    except OfflineModeIsEnabled as error:
        raise Interrupted(tr("HF_HUB_OFFLINE is set.")) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        why = tr("The connection to {host} failed: {reason}.")
        reason = str(error).rstrip(".") or type(error).__name__
        raise Interrupted(why.format(host=host, reason=reason)) from error


def _refusal(url: str, code: int) -> Interrupted:
    why = tr("{host} answers with error {code}.")
    return Interrupted(why.format(host=urlsplit(url).hostname, code=code))


def network_trouble(what: str, why: str, otherwise: str, kept_bytes: int) -> NetworkTrouble:
    """The error for a person.

    Args:
        what: could not be fetched, one sentence.
        why: of the `Interrupted`.
        otherwise: what to do if trying again does not help, one sentence.
        kept_bytes: how much is there.
    """
    if kept_bytes:
        why += tr(" {n} MB are here.").format(n=f"{kept_bytes / 1e6:.1f}")
        again = tr("Try again: it goes on from what is here.")
    else:
        again = tr("Try again later.")
    return NetworkTrouble(what, why=why, fix=f"{again} {otherwise}")


def _write(file: FileIO, packet: bytes, part: Path) -> None:
    """All of a packet; a file without buffer may take less at a time."""
    with writing_to(part):
        while packet:
            packet = packet[file.write(packet) :]


@contextmanager
def _body(url: str, have: int) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Where in the file the answer begins, and the bytes from there on as they arrive."""
    from huggingface_hub import constants, get_session

    with get_session().stream(
        "GET",
        url,
        headers={**headers(), "range": f"bytes={have}-"},
        timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
        follow_redirects=True,
    ) as response:
        if response.is_error:
            raise _refusal(url, response.status_code)
        yield have if response.status_code == _PARTIAL else 0, response.iter_raw()
