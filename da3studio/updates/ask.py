"""One request for the release file, that says nothing of who asks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from da3studio.base.errors import NetworkTrouble
from da3studio.base.i18n import tr
from da3studio.updates.address import is_safe
from da3studio.updates.release import Release, parse

if TYPE_CHECKING:
    import httpx2

_PATIENCE_S = 5.0  # for all of it
_LARGEST_BYTES = 64 * 1024
_MOST_REDIRECTS = 5
_HEADERS = {  # the same for everybody; without compression, or a short answer may be a huge one
    "user-agent": "DA3 Studio",
    "accept": "application/json",
    "accept-encoding": "identity",
}


def newest(address: str) -> Release:
    """The version that is published now.

    Raises:
        NetworkTrouble: nobody answers in time, or the answer is no release file.
    """
    import httpx2

    deadline = time.monotonic() + _PATIENCE_S
    try:
        with httpx2.Client(headers=_HEADERS, timeout=_PATIENCE_S) as client:
            return parse(_fetched(client, address, deadline))
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise _trouble(address, reason) from error


def _fetched(client: httpx2.Client, address: str, deadline: float) -> bytes:
    """What lies there.

    Raises:
        ValueError: it is too large, takes too long, or would be read where others can change it.
    """
    request = client.build_request("GET", address)
    for _ in range(1 + _MOST_REDIRECTS):
        if not is_safe(str(request.url)):
            raise ValueError(f"{request.url.host} is not asked without encryption")
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                response.raise_for_status()
                return _body(response, deadline)
            request = response.next_request
        finally:
            response.close()
    raise ValueError("it leads from one place to the next")


def _body(response: httpx2.Response, deadline: float) -> bytes:
    content = bytearray()
    for packet in response.iter_raw():
        content += packet
        if len(content) > _LARGEST_BYTES:
            raise ValueError("the answer is too long")
        if time.monotonic() > deadline:
            raise ValueError("the answer takes too long")
    return bytes(content)


def _trouble(address: str, reason: str) -> NetworkTrouble:
    return NetworkTrouble(
        tr("It is not known whether there is a new version."),
        why=tr("{host} could not be asked: {reason}.").format(
            host=urlsplit(address).hostname, reason=reason
        ),
        fix=tr("Check your connection and try again later."),
    )
