"""A place on this computer that announces a release, well or badly.

with Announcer() as place:          # asks: place.address
    place.says(version="0.2.0")
    place.asked                     # [headers of each request]
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from tests.local_server import LocalServer


class Announcer(LocalServer):
    """`body` is what it answers; `status`, `location` and `pause` are how."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.body: list[bytes] = [b""]
        self.status, self.location = 200, ""
        self.pause: Callable[[], None] = lambda: None  # before each piece of the body
        super().__init__(self._handler())

    @property
    def address(self) -> str:
        return f"{self.url}/latest.json"

    def says(self, **document: object) -> None:
        self.body = [json.dumps({"page": "https://example.org/new", **document}).encode()]

    def _handler(place) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request
        class Request(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                place.asked.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(place.status)
                if place.location:
                    self.send_header("Location", place.location)
                self.send_header("Content-Length", str(sum(map(len, place.body))))
                self.end_headers()
                try:
                    for piece in place.body:
                        place.pause()
                        self.wfile.write(piece)
                except OSError:
                    pass  # the other side had enough, as some tests want

        return Request
