"""A hub of one file on this computer, that speaks as much of the protocol as a download needs.

with Hub(content) as hub:        # HF_ENDPOINT = hub.url
    hub.cut_at = 0.37            # of the file: the connection ends there
    hub.asked                    # [("HEAD", ""), ("GET", "bytes=0-")]
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from tests.local_server import LocalServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_PACKET = 16_384


class Hub(LocalServer):
    """Serves `content` as every model's file.

    `cut_at` is the share of the file behind which the connection breaks, `pause` is called with
    the position [bytes] before each packet, `takes_ranges` and `status` are how a server may be.
    With `sends_away` the file itself lies on another host, as the hub's large files do.
    """

    def __init__(self, content: bytes, *, size: int | None = None) -> None:
        self.content = content
        self.size = size or len(content)  # what it claims
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.asked: list[tuple[str, str]] = []
        self.paths: set[str] = set()
        self.tokens: set[str | None] = set()
        self.cut_at = 1.0
        self.pause: Callable[[int], None] = lambda _: None
        self.takes_ranges = True
        self.lies_about_ranges = False
        self.shelf: dict[str, bytes] = {}
        self.sends_away = False
        self.status = 200
        super().__init__(self._handler())

    def _handler(hub) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request
        class Request(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_HEAD(self) -> None:
                away = self._is_sent_away
                self._begin("HEAD", 302 if away else hub.status, 0 if away else hub.size)

            def do_GET(self) -> None:
                if self._is_sent_away:
                    self._begin("GET", 302, 0)
                    return
                wanted = self.headers.get("Range", "")
                begin = int(wanted.removeprefix("bytes=").split("-")[0] or 0)
                begin = begin if hub.takes_ranges and not hub.lies_about_ranges else 0
                partial = 206 if wanted and hub.takes_ranges else 200
                content = hub.shelf.get(self.path.rsplit("/", 1)[-1], hub.content)
                size = hub.size if content is hub.content else len(content)
                self._begin("GET", hub.status if hub.status != 200 else partial, size - begin)
                end = round(hub.cut_at * len(content))
                self.close_connection = True
                try:
                    for at in range(begin, end, _PACKET):
                        hub.pause(at)
                        self.wfile.write(content[at : min(at + _PACKET, end)])
                except OSError:
                    pass  # the other side went away, as some tests want

            @property
            def _is_sent_away(self) -> bool:
                return hub.sends_away and not self.path.startswith("/away")

            def _begin(self, method: str, status: int, length: int) -> None:
                hub.asked.append((method, self.headers.get("Range", "")))
                hub.paths.add(self.path)
                hub.tokens.add(self.headers.get("Authorization"))
                self.send_response(status)
                if self._is_sent_away:
                    port = hub._server.server_port
                    self.send_header("Location", f"http://localhost:{port}/away{self.path}")
                self.send_header("ETag", '"of-the-answer"' if status == 302 else f'"{hub.sha256}"')
                self.send_header("X-Linked-ETag", f'"{hub.sha256}"')
                self.send_header("X-Linked-Size", str(hub.size))
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("Content-Length", str(length))
                self.end_headers()

        return Request
