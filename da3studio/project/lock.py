"""One writer per project folder.

The file `lock` names the program that writes; empty = nobody does. It is read and rewritten under
a short kernel lock, so two programs never both take a stale one, and a program that was killed
leaves at worst a name that nobody answers to.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from da3studio.base.atomic import writing_to
from da3studio.base.errors import ProjectBusy
from da3studio.base.i18n import tr
from da3studio.project.fields import Fields, MalformedError, parse_json

_SAME_START_S = 2.0  # how far two readings of a process's start may lie apart
_LARGEST_LOCK_BYTES = 4096


@dataclass(frozen=True)
class Holder:
    """A process, told apart from a later one with the same number by when it started."""

    host: str
    pid: int
    started: float  # [s since 1970]
    since: str  # when it took the folder, ISO 8601

    @staticmethod
    def of(pid: int) -> Holder:
        """A running process of this computer."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Holder(socket.gethostname(), pid, psutil.Process(pid).create_time(), now)

    def is_process(self, pid: int) -> bool:
        """Whether this is the process that has that number now, on this computer."""
        if self.host != socket.gethostname() or self.pid != pid:
            return False
        try:
            process = psutil.Process(pid)
            started: float = process.create_time()
            dead = process.status() == psutil.STATUS_ZOMBIE  # killed, but nobody asked for its end
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:  # it runs, as another person's process
            return True
        return not dead and abs(started - self.started) < _SAME_START_S


class FolderLock:
    """Holds a project folder from construction to `release`.

    A worker process shares the lock of the program that started it. `left_by` is the program that
    held the folder before and died without letting go; `None` where the last one ended well.

    Raises:
        ProjectBusy: another program holds it.
        CannotWrite: the folder is read-only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shared = False
        self.left_by: Holder | None = None
        with writing_to(path), _exclusively(path) as file:
            holder = _read(file)
            if holder is not None:
                self._shared = _is_of_parent(holder)
                if not self._shared:
                    _refuse_unless_gone(holder, path)
                    self.left_by = holder
            if not self._shared:
                _write(file, json.dumps(asdict(Holder.of(os.getpid()))))

    @property
    def is_shared(self) -> bool:
        """Whether it is the lock of the program that started this one."""
        return self._shared

    def release(self) -> None:
        """Let others write; nothing happens if the folder is gone."""
        if self._shared:
            return
        with suppress(OSError), _exclusively(self._path, create=False) as file:
            holder = _read(file)
            if holder is not None and holder.is_process(os.getpid()):
                _write(file, "")


def _is_of_parent(holder: Holder) -> bool:
    parent = multiprocessing.parent_process()
    return parent is not None and parent.pid is not None and holder.is_process(parent.pid)


def _refuse_unless_gone(holder: Holder, path: Path) -> None:
    what = tr("The project {name} is in use.").format(name=path.parent.name)
    if holder.host != socket.gethostname():
        raise ProjectBusy(
            what,
            why=tr("Since {since} it is open on the computer {host}.").format(
                since=_local(holder.since), host=holder.host
            ),
            fix=tr("Close it there. If it is not open there, delete the file {lock}.").format(
                lock=path
            ),
        )
    if holder.is_process(holder.pid):
        raise ProjectBusy(
            what,
            why=tr("Since {since} the process {pid} is working on it.").format(
                since=_local(holder.since), pid=holder.pid
            ),
            fix=tr("Wait until it is done or stop it, then try again."),
        )


def _local(since: str) -> str:
    """A time as the clock of this computer shows it."""
    try:
        return datetime.fromisoformat(since).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:  # a lock that somebody else wrote
        return since


def _read(file: int) -> Holder | None:
    """Who holds the folder; unreadable text was left by a program killed while writing it."""
    os.lseek(file, 0, os.SEEK_SET)
    try:
        fields = Fields(parse_json(os.read(file, _LARGEST_LOCK_BYTES)), "the lock")
        return Holder(
            fields.text("host"),
            fields.integer("pid", 1, 2**31 - 1),
            fields.number("started"),
            fields.text("since"),
        )
    except MalformedError:
        return None


def _write(file: int, text: str) -> None:
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, text.encode("ascii"))


@contextmanager
def _exclusively(path: Path, *, create: bool = True) -> Iterator[int]:
    """The open file, with no other program inside this block.

    Closing the file ends the kernel's lock, also when the process is killed. File systems without
    such locks (some network folders) lose only the protection against two starts in one instant.
    """
    file = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o666)
    try:
        with suppress(OSError):
            if sys.platform == "win32":
                import msvcrt

                os.lseek(file, 2**30, os.SEEK_SET)  # a byte that nobody reads
                msvcrt.locking(file, msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)
