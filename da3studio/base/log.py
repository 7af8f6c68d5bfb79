"""The program's log file: what happened before something went wrong."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from da3studio.base.paths import data_folder

_FILE = "window.log"
_LARGEST_BYTES = 2_000_000
_OLD_FILES = 3
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_folder() -> Path:
    """Where log files and crash reports lie; may not exist yet."""
    return data_folder() / "logs"


def log_files() -> tuple[Path, ...]:
    """The log and the older ones that are there, newest first."""
    numbers = ("", *(f".{n}" for n in range(1, _OLD_FILES + 1)))
    paths = (log_folder() / f"{_FILE}{number}" for number in numbers)
    return tuple(path for path in paths if path.is_file())


def tail_of(path: Path, most_bytes: int) -> str:
    """The whole lines at the end of a file of text that fit into so many bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - most_bytes - 1))
        text = file.read().decode("utf-8", errors="replace")
    return text if size <= most_bytes else text.partition("\n")[2]


class LogFile:
    """While open, what the program's loggers say is kept.

    Where the folder cannot be written the program runs without a log: nobody is helped by a
    program that does not start.
    """

    def __init__(self) -> None:
        self._handler: RotatingFileHandler | None = None
        try:
            log_folder().mkdir(parents=True, exist_ok=True)
            self._handler = RotatingFileHandler(
                log_folder() / _FILE,
                maxBytes=_LARGEST_BYTES,
                backupCount=_OLD_FILES,
                encoding="utf-8",
            )
        except OSError:
            return
        self._handler.setFormatter(logging.Formatter(_FORM))
        root = logging.getLogger("da3studio")
        root.setLevel(logging.INFO)
        root.addHandler(self._handler)

    def close(self) -> None:
        """Stop writing."""
        if self._handler is not None:
            logging.getLogger("da3studio").removeHandler(self._handler)
            self._handler.close()
