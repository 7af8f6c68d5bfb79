"""The COLMAP process: it does one task for the process that started it, and ends with it."""

from __future__ import annotations

import signal
import traceback
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import Any

from da3studio.base.crash import CrashWatch
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import set_language
from da3studio.base.orphans import end_with_parent
from da3studio.engine.sfm.messages import Broke, Outcome, Refused, Task

_TAKEN_BY_GLOG = ("SIGTERM", "SIGSEGV", "SIGABRT", "SIGILL", "SIGFPE", "SIGBUS")


def colmap_main(pipe: Connection[Any, Any], task: Task) -> None:
    """Do the task; what happens goes through the pipe, see `messages`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to decide
    end_with_parent()
    set_language(task.language)
    with suppress(EOFError, ConnectionError):  # the parent is gone
        pipe.send(_outcome(pipe, task))


def _load_pycolmap() -> None:
    """Load it without its words and its way to die: glog writes a trace to the terminal."""
    import pycolmap

    pycolmap.logging.minloglevel = int(pycolmap.logging.Level.FATAL)
    for name in _TAKEN_BY_GLOG:
        if hasattr(signal, name):  # Windows has fewer
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _outcome(pipe: Connection[Any, Any], task: Task) -> Outcome:
    try:
        _load_pycolmap()
        from da3studio.engine.sfm.colmap.asking import DistantEyes
        from da3studio.engine.sfm.colmap.solve import solve

        with closing(CrashWatch("worker", "photogrammetry")):
            return solve(task, DistantEyes(pipe), pipe.send)
    except UserFacingError as error:
        return Refused(type(error).__name__, error.what, error.why, error.fix)
    except (EOFError, ConnectionError):  # nobody is there to tell
        raise
    except Exception as error:  # noqa: BLE001  the boundary: a bug becomes a report
        return Broke(traceback.format_exc(), isinstance(error, MemoryError))
