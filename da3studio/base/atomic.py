"""Writing files whole or not at all; the only code that renames over a file."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from da3studio.base.errors import CannotWrite, DiskFull, UserFacingError
from da3studio.base.i18n import tr

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_TEMPORARY = ".tmp-"
_LAST_COPY = "old"  # where a folder waits that is being replaced
_RENAME_TRIES = 5  # Windows: a virus scanner or indexer may hold the target for a moment


def write_error(path: Path, error: OSError) -> UserFacingError:
    """The sentence for an `OSError` met while writing to `path`."""
    if error.errno in _FULL:
        return DiskFull(
            tr("There is no space left to write {file}.").format(file=path.name),
            why=tr("The disk that holds {folder} is full.").format(folder=path.parent),
            fix=tr("Free some space or choose another folder, then try again;"
                   " finished work is kept."),
        )  # fmt: skip
    return CannotWrite(
        tr("{file} cannot be written.").format(file=path),
        why=tr("The system says: {reason}.").format(reason=error.strerror or str(error)),
        fix=tr("Choose a folder you may write to, or change its permissions."),
    )


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into `DiskFull` or `CannotWrite` about `path`.

    Libraries that hide the system's error number are read by their text ("No space left").
    """
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error
    except Exception as error:
        if "No space left" in str(error) or "disk is full" in str(error):
            raise write_error(path, OSError(errno.ENOSPC, "No space left on device")) from error
        raise


def write_atomic(path: Path, fill: Callable[[Path], None]) -> None:
    """Make `path` by letting `fill` write a temporary file in the same folder, then renaming.

    The file is there whole or not at all, also when the process is killed or the disk is full.

    Raises:
        DiskFull: no space; nothing is left behind.
        CannotWrite: the folder or file refuses.
    """
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not mkstemp: a result gets the permissions that any new file would get here.
        temporary = path.parent / f"{_temporary(os.getpid())}{secrets.token_hex(8)}{path.suffix}"
        temporary.touch(exist_ok=False)
        try:
            fill(temporary)
            _flush_to_disk(temporary)
            _replace(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes_atomic(path: Path, content: bytes) -> None:
    """`write_atomic` for bytes that are already in memory."""

    def fill(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomic(path, fill)


def write_folder_atomic(path: Path, fill: Callable[[Path], None]) -> None:
    """Make the folder `path` by letting `fill` fill a new one beside it, then renaming.

    A folder that is there already is replaced whole: the caller has made sure that it may go.

    Raises:
        DiskFull: no space; the old folder stays and nothing else is left behind.
        CannotWrite: the place refuses; the old folder stays.
    """
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=_temporary(os.getpid())))
        new, old = aside / "new", aside / _LAST_COPY / path.name
        try:
            new.mkdir()
            old.parent.mkdir()
            fill(new)
            for file in new.rglob("*"):
                if file.is_file():
                    _flush_to_disk(file)
            if path.exists():
                _replace(path, old)
            try:
                _replace(new, path)
            except OSError:
                if old.exists():
                    _replace(old, path)
                raise
        finally:
            if path.exists() or not old.exists():  # else it is the last copy: never removed
                shutil.rmtree(aside, ignore_errors=True)


def remove_temporary(folder: Path, pid: int | None = None) -> None:
    """Remove what a process that was killed left in a folder; what cannot go stays.

    A folder that it had moved aside to replace it, and had not replaced, is put back.

    Args:
        folder: looked into, not into what is inside.
        pid: of the process; `None` = of all, for who knows that none of them lives.
    """
    for path in folder.glob(f"{_TEMPORARY}*" if pid is None else f"{_temporary(pid)}*"):
        if path.is_dir():
            _put_back(path, folder)
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _put_back(aside: Path, folder: Path) -> None:
    for old in (aside / _LAST_COPY).glob("*"):
        with suppress(OSError):  # a folder that is there already, with something in it
            if not (folder / old.name).exists():
                old.replace(folder / old.name)


def _temporary(pid: int) -> str:
    """How names begin that a process writes under before it renames."""
    return f"{_TEMPORARY}{pid:x}-"


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _replace(source: Path, target: Path) -> None:
    for attempt in range(_RENAME_TRIES):
        try:
            source.replace(target)
        except PermissionError:
            if os.name != "nt" or attempt == _RENAME_TRIES - 1:
                raise
            time.sleep(0.05 * 2**attempt)
        else:
            return
