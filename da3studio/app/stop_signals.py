"""Ctrl+C in a terminal and the system's shutdown close the window as its own button does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals(QObject):
    """Python looks at signals only between its own instructions, and Qt's loop runs none.

    So the system writes a byte into a socket that Qt listens to.

    Args:
        stop: called on the GUI thread.
    """

    def __init__(self, stop: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop = stop
        self._ours, self._systems = socket.socketpair()
        self._systems.setblocking(False)
        self._former_fd = signal.set_wakeup_fd(self._systems.fileno(), warn_on_full_buffer=False)
        self._former: dict[int, Any] = {
            number: signal.signal(number, _nothing) for number in _SIGNALS
        }
        kind = QSocketNotifier.Type.Read
        self._notifier = QSocketNotifier(self._ours.fileno(), kind, self)
        self._notifier.activated.connect(self._arrived)

    def close(self) -> None:
        """Give signals back to whoever had them."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._former_fd)
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._ours.close()
        self._systems.close()

    def _arrived(self) -> None:
        self._ours.recv(64)
        self._stop()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """The byte in the socket says it all."""
