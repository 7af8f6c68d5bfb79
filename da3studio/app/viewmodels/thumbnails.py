"""Small pictures made on two threads: what is on screen first, nothing twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from da3studio.base.errors import UserFacingError

_THREADS = 2
_MOST_WAITING = 400  # more than a screen of small ones; older wishes have scrolled away
_LIMIT_BYTES = 128 * 2**20
_BYTES_PER_PIXEL = 3

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Wish:
    """A picture that someone wants to see."""

    slot: Hashable  # where it is shown: a later picture of the same slot replaces the one before
    version: Hashable  # what it shows: the picture is made again when this differs
    make: Callable[[], Pixels | None] = field(compare=False)  # on a thread; `None` = there is none


class Thumbnails(QObject):
    """Makes pictures on demand and keeps those that were looked at last.

    `make` of a wish may raise `UserFacingError`: it is told as `failed`.
    """

    arrived = Signal(object)  # slot
    failed = Signal(object, object)  # slot, UserFacingError
    _made = Signal(object, object, object)  # wish, QImage, what it raised

    def __init__(self, parent: QObject | None = None, limit_bytes: int = _LIMIT_BYTES) -> None:
        super().__init__(parent)
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[Hashable, tuple[Hashable, QImage]] = OrderedDict()
        self._kept_bytes = 0
        self._waiting: OrderedDict[Hashable, Wish] = OrderedDict()  # last = wanted first
        self._working: dict[Hashable, Wish] = {}
        self._lock = threading.Lock()  # of what waits and what is worked on
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="thumbnails")
        self._closed = False
        self._made.connect(self._take)
        # the threads end with the window, also where nobody closed this
        self.destroyed.connect(partial(self._threads.shutdown, wait=False, cancel_futures=True))

    def picture(self, wish: Wish) -> QImage | None:
        """The picture of a slot, or the one it had before while the new one is made.

        An empty picture means that there is none; `None` that it is not known yet.
        """
        kept = self._kept.get(wish.slot)
        if kept is not None:
            self._kept.move_to_end(wish.slot)
            if kept[0] == wish.version:
                return kept[1]
        self._want(wish)
        return kept[1] if kept is not None else None

    def forget(self) -> None:
        """Drop everything that waits and everything that was made."""
        with self._lock:
            self._waiting.clear()
            self._working.clear()
        self._kept.clear()
        self._kept_bytes = 0

    def forget_slot(self, slot: Hashable) -> None:
        """Make the picture of a slot anew when it is looked at again."""
        version, picture = self._kept.pop(slot, (None, QImage()))
        if version is not None:
            self._kept_bytes -= _bytes_of(picture)

    def close(self) -> None:
        """Wait for the pictures being made; no more are begun."""
        self._closed = True
        with self._lock:
            self._waiting.clear()
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def busy(self) -> bool:
        """Whether a picture is still to come."""
        return bool(self._waiting or self._working)

    def _want(self, wish: Wish) -> None:
        if self._closed or self._working.get(wish.slot) == wish:
            return
        with self._lock:
            is_new = wish.slot not in self._waiting
            self._waiting[wish.slot] = wish
            self._waiting.move_to_end(wish.slot)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
        if is_new:
            self._threads.submit(self._work)

    def _work(self) -> None:
        """On a thread: make what was wanted last."""
        with self._lock:
            if not self._waiting:
                return
            _, wish = self._waiting.popitem(last=True)
            self._working[wish.slot] = wish
        picture, error = QImage(), None
        try:
            pixels = wish.make()
            if pixels is not None:
                picture = _image_of(pixels)
        except Exception as raised:  # noqa: BLE001  the edge of a thread: told on the other side
            error = raised
        self._made.emit(wish, picture, error)

    def _take(self, wish: Wish, picture: QImage, error: Exception | None) -> None:
        if self._closed or self._working.get(wish.slot) is not wish:
            return  # forgotten in the meantime
        del self._working[wish.slot]
        self._keep(wish, picture)
        if isinstance(error, UserFacingError):
            self.failed.emit(wish.slot, error)
        elif error is not None:
            raise error
        self.arrived.emit(wish.slot)

    def _keep(self, wish: Wish, picture: QImage) -> None:
        self.forget_slot(wish.slot)
        self._kept[wish.slot] = (wish.version, picture)
        self._kept_bytes += _bytes_of(picture)
        while self._kept_bytes > self._limit_bytes and len(self._kept) > 1:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._kept_bytes -= _bytes_of(oldest)


def _bytes_of(picture: QImage) -> int:
    return picture.width() * picture.height() * _BYTES_PER_PIXEL


def _image_of(pixels: Pixels) -> QImage:
    rows = np.ascontiguousarray(pixels)
    height, width = rows.shape[:2]
    return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
