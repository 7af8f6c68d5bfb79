"""Unpacking a wheel whose sha256 was checked: into one folder, and nowhere else."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from da3studio.base.atomic import writing_to
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CheckpointMismatch
from da3studio.base.i18n import tr
from da3studio.weights.fetch import require_space

_BLOCK_BYTES = 2**20
_LARGEST_BYTES = 16 * 10**9  # of what one wheel holds: four times what the largest does
_MOST_FILES = 100_000

# For compilers and type checkers. Without them a fifth of the files is left, and no path is so long
# that Windows refuses it.
_NOT_NEEDED_FOLDERS = {"include", "third_party"}
_NOT_NEEDED_SUFFIXES = {".h", ".hpp", ".cuh", ".pyi", ".a", ".lib", ".cmake"}


def unpacked_bytes(wheel: Path) -> int:
    """How much `unpack` would write.

    Raises:
        CheckpointMismatch: as `unpack`.
    """
    with _opened(wheel) as archive:
        return _size_of(_members(wheel, archive))


def unpack(wheel: Path, into: Path, *, at: Callable[[int], None], token: CancelToken) -> int:
    """Unpack what runs of a wheel; files that are there are written anew.

    Args:
        wheel: the file.
        into: the folder; made if it is not there.
        at: hears how many bytes were written.
        token: looked at between blocks.

    Returns:
        Bytes written.

    Raises:
        CheckpointMismatch: it is no wheel, or one that reaches outside the folder; what was
            refused for its names or sizes has written nothing.
        DiskFull, CannotWrite, JobCancelled: a part of it may be written.
    """
    with _opened(wheel) as archive:
        members = _members(wheel, archive)
        why = tr("The disk has no space to unpack the download.")
        require_space(into, _size_of(members), why)
        done = 0
        for info, place in members:
            done = _write(archive, info, into / place, done, at, token)
        return done


@contextmanager
def _opened(wheel: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(wheel) as archive:
            yield archive
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _refused(wheel, tr("it cannot be unpacked")) from error


def _size_of(members: list[tuple[ZipInfo, PurePosixPath]]) -> int:
    return sum(info.file_size for info, _ in members)


def _members(wheel: Path, archive: ZipFile) -> list[tuple[ZipInfo, PurePosixPath]]:
    """What is to be unpacked and where; all of it is looked at before anything is written."""
    infos = archive.infolist()
    if len(infos) > _MOST_FILES or sum(info.file_size for info in infos) > _LARGEST_BYTES:
        raise _refused(wheel, tr("it would unpack to more than any wheel does"))
    members = []
    for info in infos:
        if not _is_safe(info):
            raise _refused(wheel, tr("the name {name} leads elsewhere").format(name=info.filename))
        place = _place(PurePosixPath(info.filename))
        if not info.is_dir() and place is not None:
            members.append((info, place))
    return members


def _is_safe(info: ZipInfo) -> bool:
    """Whether a name stays in its folder on every system, and is of a plain file or a folder."""
    name = info.filename
    parts = name.rstrip("/").split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    return (
        kind in (0, stat.S_IFREG, stat.S_IFDIR)
        and not any(odd in name for odd in '\\:\0*?"<>|')
        and all(part not in ("", ".", "..") and part == part.rstrip(". ") for part in parts)
    )


def _place(name: PurePosixPath) -> PurePosixPath | None:
    """Where a member goes, `None` = nowhere; `X.data/purelib` is a wheel's way to say "here"."""
    if name.parts[0].endswith(".data"):
        if len(name.parts) < 3 or name.parts[1] not in ("purelib", "platlib"):
            return None
        name = PurePosixPath(*name.parts[2:])
    if name.suffix in _NOT_NEEDED_SUFFIXES or _NOT_NEEDED_FOLDERS.intersection(name.parts[:-1]):
        return None
    return name


def _write(
    archive: ZipFile,
    info: ZipInfo,
    place: Path,
    done: int,
    at: Callable[[int], None],
    token: CancelToken,
) -> int:
    """Unpack one file; its checksum is compared at its end. Returns how much is done."""
    with writing_to(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as packed, place.open("wb") as file:
            while block := packed.read(_BLOCK_BYTES):
                token.check()
                file.write(block)
                done += len(block)
                at(done)
            if not hasattr(os, "sync"):  # else all are flushed at once in the end
                file.flush()
                os.fsync(file.fileno())
        if info.external_attr >> 16 & stat.S_IXUSR:
            place.chmod(0o755)
    return done


def _refused(wheel: Path, why: str) -> CheckpointMismatch:
    return CheckpointMismatch(
        tr("{file} is refused.").format(file=wheel.name),
        why=tr("It is not the package that it has to be: {why}.").format(why=why),
        fix=tr("Try again; if that does not help, the program goes on with the processor."),
    )
