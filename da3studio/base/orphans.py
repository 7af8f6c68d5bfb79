"""A process that another one started ends with it, whatever either is doing."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import wait

_PARENT_DIED = 1
_SET_SIGNAL_OF_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG


def end_with_parent(last_deed: Callable[[], None] = lambda: None) -> None:
    """From now on this process of `multiprocessing` does not outlive the one that started it.

    Args:
        last_deed: called on a thread when the parent is gone: nobody else is there to tidy up.
    """
    threading.Thread(target=_wait_and_end, args=(last_deed,), name="parent watch", daemon=True
                     ).start()  # fmt: skip
    if sys.platform == "linux":
        _let_the_kernel_end_it()


def _wait_and_end(last_deed: Callable[[], None]) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        last_deed()
        os._exit(_PARENT_DIED)


def _let_the_kernel_end_it() -> None:
    """End some seconds after the parent even if native code lets no thread of Python run.

    The kernel tells of the parent's death by a signal; what handles it is `alarm` itself, which
    takes the signal's number for seconds. By then `_wait_and_end` is done, where it can run.
    """
    library = ctypes.CDLL(None)
    library.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    library.signal(signal.SIGQUIT, ctypes.cast(library.alarm, ctypes.c_void_p))  # 3 s
    library.prctl(_SET_SIGNAL_OF_PARENTS_DEATH, signal.SIGQUIT)
