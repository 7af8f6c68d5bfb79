"""What is known of a crash, in one readable file on this computer; it is sent nowhere.

A process that may die in native code opens a `CrashWatch`: a file to which Python writes the stack
of every thread in that moment. A process that ends well removes it. One that is left behind with a
stack in it becomes a report when somebody looks, with `gather`: the window at its start, or whoever
started the process. A bug in Python is written at once, by `write_report`.
"""

from __future__ import annotations

import faulthandler
import os
import platform
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

import da3studio
from da3studio.base.log import log_files, log_folder, tail_of
from da3studio.base.paths import is_frozen
from da3studio.base.settings import load_settings

Kind = Literal["window", "worker", "command"]

MOST_REPORTS = 10

_STACK = "Stack:\n"
_LOG_BYTES = 4000
_WATCH_BYTES = 200_000
_STAMP = "%Y-%m-%d %H:%M:%S"  # as log lines begin
_SLACK_S = 1.0  # between the clocks of processes and of files


@dataclass(frozen=True)
class CrashReport:
    """A report that was just made of a process that died."""

    path: Path
    kind: Kind


class CrashWatch:
    """While open, a fault in native code leaves the stack of this process.

    Where the folder cannot be written nothing is watched.

    Args:
        kind: of process, see `gather`.
        ran: what it ran, in words.
    """

    def __init__(self, kind: Kind, ran: str) -> None:
        self._file: IO[str] | None = None
        with suppress(OSError):
            log_folder().mkdir(parents=True, exist_ok=True)
            self._path = log_folder() / f"watch-{kind}-{os.getpid()}.txt"
            self._file = self._path.open("w", encoding="utf-8")
            self._file.write(f"{_head(ran)}{_STACK}")
            self._file.flush()
            faulthandler.enable(self._file)

    def close(self) -> None:
        """The process ends well."""
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            with suppress(OSError):
                self._path.unlink()
            self._file = None


def write_report(ran: str, story: str, *, with_log: bool = True) -> Path:
    """Write a report of a bug; of all reports the last ones are kept.

    Args:
        ran: what ran, in words.
        story: the trace.
        with_log: whether the last lines of the window's log belong to it.

    Returns:
        The file; in the folder of logs, or where any system lets anyone write.

    Raises:
        OSError: there is no place to write.
    """
    now = datetime.now().astimezone()
    return _written(_head(ran), story, _log_between("", now) if with_log else "", now)


def gather(kind: Kind | None = None) -> tuple[CrashReport, ...]:
    """Make reports of processes that died, oldest first; each is told once.

    Args:
        kind: only of these processes; `None` = of all.
    """
    found = []
    for path in sorted(log_folder().glob(f"watch-{kind or '*'}-*.txt"), key=_changed):
        with suppress(OSError):  # another program looks at the same moment
            if _is_of_living(path):
                continue
            when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
            head, _, stack = tail_of(path, _WATCH_BYTES).partition(_STACK)
            path.unlink()
            if stack.strip():
                report = _written(head, stack, _log_between(_started(head), when), when)
                found.append(CrashReport(report, _kind(path)))
    return tuple(found)


def report_files() -> tuple[Path, ...]:
    """The reports that are there, newest first."""
    return tuple(sorted(log_folder().glob("crash-*.txt"), key=_changed, reverse=True))


def _head(ran: str) -> str:
    """What was running; the version is the one that crashed, not the one that tells of it."""
    frozen = ", installed" if is_frozen() else ""
    return (
        f"Program: DA3 Studio {da3studio.__version__}{frozen}\n"
        f"Python:  {sys.version}\n"
        f"System:  {platform.platform()}\n"
        f"Ran:     {ran}\n"
        f"Started: {datetime.now().astimezone().strftime(_STAMP)}\n\n"
    )


def _written(head: str, stack: str, log: str, when: datetime) -> Path:
    from da3studio.base.scrub import Scrubber, names_in  # not at every start of the program

    parts = [head, _STACK, stack.strip(), "\n"]
    if log:
        parts += ["\nLast lines of the log:\n", log]
    settings = load_settings().settings
    scrubber = Scrubber(names_in((*settings.recent, settings.projects_folder)))
    title = (
        f"DA3 Studio stopped or made a mistake on {when:%Y-%m-%d at %H:%M:%S}.\n"
        "This file lies on your computer only; paths and names in it are replaced.\n\n"
    )
    text = title + scrubber.text("".join(parts))
    name = f"crash-{when:%Y-%m-%d-%H%M%S}"
    for folder in (log_folder(), Path(tempfile.gettempdir()) / "da3studio"):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            path = _free(folder, name)
            path.write_text(text, "utf-8")
            _keep_the_last()
            return path
    raise OSError("there is no folder to write a crash report in")


def _free(folder: Path, name: str) -> Path:
    path, n = folder / f"{name}.txt", 1
    while path.exists():  # two in one second
        n += 1
        path = folder / f"{name}-{n}.txt"
    return path


def _keep_the_last() -> None:
    for path in report_files()[MOST_REPORTS:]:
        with suppress(OSError):
            path.unlink()


def _log_between(started: str, ended: datetime) -> str:
    """The last lines of the log that are of the time of a process."""
    end, kept, is_ours = ended.strftime(_STAMP), [], False
    with suppress(OSError, IndexError):
        for line in tail_of(log_files()[0], _LOG_BYTES).splitlines(keepends=True):
            if line[:1].isdigit():  # else it belongs to the one before
                is_ours = started <= line[: len(end)] <= end
            if is_ours:
                kept.append(line)
    return "".join(kept)


def _started(head: str) -> str:
    return head.partition("Started: ")[2].partition("\n")[0]


def _kind(path: Path) -> Kind:
    found = path.name.split("-")[1]
    return "window" if found == "window" else "worker" if found == "worker" else "command"


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_of_living(path: Path) -> bool:
    """Whether the process that made it runs, and not a later one with its number."""
    import psutil

    try:
        process = psutil.Process(int(path.stem.rpartition("-")[2]))
        began = float(process.create_time())
        dead = process.status() == psutil.STATUS_ZOMBIE
    except (ValueError, psutil.NoSuchProcess):
        return False
    except psutil.AccessDenied:  # it runs, as another person's process
        return True
    return not dead and began <= path.stat().st_mtime + _SLACK_S
