"""Ctrl+C and SIGTERM end the program within two seconds, whatever it is doing.

The first signal asks: work that looks at the token stops between two steps and tidies up. Native
code cannot be asked, so a thread, woken by the system and not by the interpreter, ends the
process when asking did not help, or at once at the second signal. That is safe because results
appear whole or not at all.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import EXIT_CANCELLED

GRACE_S = 1.5  # for work that can be asked; with starting and printing it stays under 2 s
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """While entered, signals stop the work instead of the interpreter.

    Args:
        last_words: called before the process is ended from outside the work.
    """

    def __init__(self, last_words: Callable[[], None]) -> None:
        self._last_words = last_words
        self._asked = threading.Event()
        self._over = threading.Event()
        self._former: dict[int, Any] = {}
        self.token = CancelToken(self._asked.is_set)

    def __enter__(self) -> Stopping:
        self._ours, self._systems = socket.socketpair()  # sockets: Windows takes nothing else
        self._systems.setblocking(False)
        self._former_fd = signal.set_wakeup_fd(self._systems.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            self._former[number] = signal.signal(number, self._ask)
        threading.Thread(target=self._watch, name="stopping", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        signal.set_wakeup_fd(self._former_fd)
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._systems.close()  # wakes the thread, whose next read finds the end

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()

    def _watch(self) -> None:
        """Wait for the first signal, then for the end of the work, the grace or a second signal."""
        with self._ours:
            if not self._ours.recv(1):
                return
            self._asked.set()  # the main thread may be in native code and not get to its handler
            self._ours.settimeout(GRACE_S)
            with suppress(TimeoutError):
                self._ours.recv(1)
            if self._over.is_set():
                return
            for child in multiprocessing.active_children():
                child.kill()
            self._last_words()
            os._exit(EXIT_CANCELLED)
