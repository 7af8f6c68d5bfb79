"""Opening files that a person named: what the system refuses, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr


def read_bytes(path: Path) -> bytes:
    """A file's bytes; Python opens Unicode and long paths that image libraries may not.

    Raises:
        Missing: there is no such file.
        BadInput: it may not be read, or is empty.
    """
    with _refusing(path):
        content = path.read_bytes()
    if not content:
        raise _empty(path)
    return content


def refuse_unopenable(path: Path) -> None:
    """Find out why a file cannot be read, for libraries that only say that it cannot.

    Raises:
        Missing: there is no such file.
        BadInput: it may not be read, or is empty.
    """
    with _refusing(path), path.open("rb") as file:
        first = file.read(1)
    if not first:
        raise _empty(path)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(
            tr("{file} is not there.").format(file=path),
            why=tr("No file has this name."),
            fix=tr("Put it back, or give the place where it is now."),
        ) from error
    except OSError as error:
        raise BadInput(
            tr("{file} cannot be opened.").format(file=path.name),
            why=tr("The system says: {reason}.").format(reason=error.strerror or str(error)),
            fix=tr("Allow reading it (its permissions, the drive it is on), or leave it out."),
        ) from error


def _empty(path: Path) -> BadInput:
    return BadInput(
        tr("{file} cannot be used.").format(file=path.name),
        why=tr("The file is empty (0 bytes)."),
        fix=tr("Copy it from the camera again, or leave it out."),
    )
