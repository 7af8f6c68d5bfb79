"""The program's log file: what happened before something went wrong."""

from __future__ import annotations

import faulthandler
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from da3studio.base.paths import data_folder

_LARGEST_BYTES = 2_000_000
_OLD_FILES = 3
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_folder() -> Path:
    """Where log files lie; may not exist yet."""
    return data_folder() / "logs"


class LogFile:
    """While open, what the program's loggers say is kept, and the stack of a native crash.

    Where the folder cannot be written the program runs without a log: nobody is helped by a
    program that does not start.
    """

    def __init__(self) -> None:
        self._handler: RotatingFileHandler | None = None
        self._crashes: IO[str] | None = None
        try:
            log_folder().mkdir(parents=True, exist_ok=True)
            self._handler = RotatingFileHandler(
                log_folder() / "window.log",
                maxBytes=_LARGEST_BYTES,
                backupCount=_OLD_FILES,
                encoding="utf-8",
            )
            self._crashes = (log_folder() / "crash.log").open("a", encoding="utf-8")
        except OSError:
            return
        self._handler.setFormatter(logging.Formatter(_FORM))
        root = logging.getLogger("da3studio")
        root.setLevel(logging.INFO)
        root.addHandler(self._handler)
        faulthandler.enable(self._crashes)

    def close(self) -> None:
        """Stop writing."""
        if self._handler is not None:
            logging.getLogger("da3studio").removeHandler(self._handler)
            self._handler.close()
        if self._crashes is not None:
            faulthandler.disable()
            self._crashes.close()
