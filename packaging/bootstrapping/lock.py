"""One set-up at a time in one checkout."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrapping.console import say

LOOK_AGAIN_S = 0.2


@contextmanager
def only_one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, first waiting for whoever holds it.

    The operating system keeps the lock and drops it when its last holder ends, however that
    comes about: a file left behind means nothing and blocks nobody.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _try_to_lock(handle):
            say("Another set-up is at work in this folder; waiting for it to end (Ctrl+C stops).")
            while not _try_to_lock(handle):
                time.sleep(LOOK_AGAIN_S)
        os.set_inheritable(handle, True)  # a pip that outlives us still holds it, see `Steps`
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_to_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
