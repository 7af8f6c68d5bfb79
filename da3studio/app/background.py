"""A few threads for reading files and short computations; the answers come on the GUI thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from da3studio.base.cancel import JobCancelled
from da3studio.base.errors import UserFacingError

T = TypeVar("T")

_MOST_THREADS = 4


class Background(QObject):
    """Runs functions beside the window.

    What a function raises for the person (`UserFacingError`) is emitted as `failed`; anything else
    is a bug of ours and raised again on the GUI thread, where it is reported.
    """

    failed = Signal(object)  # UserFacingError
    _arrived = Signal(object, object)  # the future, what to do with its result

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        threads = min(_MOST_THREADS, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="background")
        self._closed = False
        self._waiting = 0
        # queued: where the work is done already, its answer still comes after the caller went on
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._waiting > 0

    def run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do `work` on a thread, then `done` with its result on the GUI thread."""
        if self._closed:
            return
        self._waiting += 1
        future = self._threads.submit(work)
        future.add_done_callback(lambda finished: self._arrived.emit(finished, done))

    def close(self) -> None:
        """Wait for what runs, forget what waits; no answer is delivered any more."""
        self._closed = True
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _deliver(self, future: Future[Any], done: Callable[[Any], None]) -> None:
        self._waiting -= 1
        if self._closed or future.cancelled():
            return
        try:
            result = future.result()
        except UserFacingError as error:
            self.failed.emit(error)
        except JobCancelled:
            return
        else:
            done(result)


class Newest(QObject):
    """Of many questions only the newest is answered; never two at work at the same time.

    For what follows a slider: while one is computed, only the last one asked for waits.
    """

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._next: tuple[Callable[[], Any], Callable[[Any], None]] | None = None
        self._running = False
        self._number = 0

    def ask(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Answer this, and nothing that was asked before it."""
        self._number += 1
        self._next = (work, done)
        if not self._running:
            self._start()

    def drop(self) -> None:
        """Answer nothing of what was asked so far."""
        self._number += 1
        self._next = None

    def _start(self) -> None:
        if self._next is None:
            return
        (work, done), self._next = self._next, None
        self._running, number = True, self._number

        def attempt() -> tuple[Any, Exception | None]:
            try:
                return work(), None
            except Exception as error:  # noqa: BLE001  carried over, or the next would wait forever
                return None, error

        def answer(result: tuple[Any, Exception | None]) -> None:
            self._running = False
            value, error = result
            self._start()
            if isinstance(error, UserFacingError):
                self._background.failed.emit(error)
            elif error is not None:
                raise error
            elif number == self._number:
                done(value)

        self._background.run(attempt, answer)
