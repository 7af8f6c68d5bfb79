"""What a file of weights is by its bytes: safe to read at all, and which one, by its sha256."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CheckpointMismatch, Missing
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report

PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
_PICKLE_STARTS = (b"\x80", b"PK\x03\x04")  # a pickle's opcode; the zip that torch.save makes
_LARGEST_HEADER_BYTES = 100_000_000  # safetensors' own limit
_BLOCK_BYTES = 2**20
_MB = 1_000_000
_SAY_EVERY_S = 0.1


class Meter:
    """Reports how many megabytes of a file are done, at most ten times a second."""

    def __init__(self, report: Report, step: str, total_bytes: int) -> None:
        self._report = report
        self._step = tr("{step} [MB]").format(step=step)
        self._total_bytes = total_bytes
        self._said = -_SAY_EVERY_S

    def at(self, done_bytes: int) -> None:
        """Say that so much is done."""
        now = time.monotonic()
        if now - self._said >= _SAY_EVERY_S or done_bytes == self._total_bytes:
            self._said = now
            self._report(Progress(self._step, done_bytes // _MB, self._total_bytes // _MB))


def blocks_of(path: Path, step: str, report: Report, token: CancelToken) -> Iterator[bytes]:
    """A file's bytes, block by block.

    Raises:
        JobCancelled: by the token.
        Missing: the file is gone or cannot be read.
    """
    done = 0
    with _opened(path) as file:
        meter = Meter(report, step, os.fstat(file.fileno()).st_size)
        while block := file.read(_BLOCK_BYTES):
            token.check()
            yield block
            done += len(block)
            meter.at(done)


def sha256_of(path: Path, report: Report, token: CancelToken) -> str:
    """Hex sha256 of a file, which is how the hub names large files.

    Raises:
        JobCancelled, Missing: see `blocks_of`.
    """
    digest = hashlib.sha256()
    for block in blocks_of(path, tr("checking"), report, token):
        digest.update(block)
    return digest.hexdigest()


def refuse_unsafe(path: Path) -> None:
    """Refuse whatever is no safetensors file, from its name and first bytes alone.

    A pickle is a program that runs when it is read, so no library gets to see one.

    Raises:
        CheckpointMismatch: a pickle, whatever it is called, or another kind of file.
        Missing: the file cannot be read.
    """
    if path.suffix.lower() in PICKLE_SUFFIXES:
        raise _pickle(path)
    with _opened(path) as file:
        start = file.read(9)
    length = int.from_bytes(start[:8], "little")
    if start[8:] == b"{" and length <= min(_LARGEST_HEADER_BYTES, path.stat().st_size - 8):
        return
    if start.startswith(_PICKLE_STARTS):
        raise _pickle(path)
    raise CheckpointMismatch(
        tr("{file} is no file of network weights.").format(file=path.name),
        why=tr("It does not begin as a safetensors file does, or is cut off."),
        fix=tr("Give the file model.safetensors of a published model, or download it again."),
    )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Missing(
            tr("{file} cannot be read.").format(file=path),
            why=tr("The system says: {reason}.").format(reason=error.strerror or str(error)),
            fix=tr("Check its name and its permissions."),
        ) from error


def _pickle(path: Path) -> CheckpointMismatch:
    return CheckpointMismatch(
        tr("{file} is refused.").format(file=path.name),
        why=tr("It is a pickle, a kind of file that can run a stranger's program when it is read."),
        fix=tr("Take the model's .safetensors file, or download it (da3studio models download)."),
    )
