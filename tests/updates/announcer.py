"""A place on this computer that announces a release, well or badly.

with Announcer() as place:          # asks: place.address
    place.says(version="0.2.0")
    place.asked                     # [headers of each request]
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Announcer:
    """`body` is what it answers; `status`, `location` and `pause` are how."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.body: list[bytes] = [b""]
        self.status, self.location = 200, ""
        self.pause: Callable[[], None] = lambda: None  # before each piece of the body
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/latest.json"

    def says(self, **document: object) -> None:
        self.body = [json.dumps({"page": "https://example.org/new", **document}).encode()]

    def __enter__(self) -> Announcer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

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
