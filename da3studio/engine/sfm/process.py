"""The COLMAP process, seen from the process that starts it.

pycolmap as it is built is under the GPL, and what computes here holds libraries that do not go
together with that. So it is a program beside ours: see docs/decisions/020.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_error
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import ProcessDied, UserFacingError
from da3studio.base.i18n import tr
from da3studio.engine.sfm.colmap.main import colmap_main
from da3studio.engine.sfm.messages import Features, Said, Task

_LOOK_EVERY_S = 0.1
_END_S = 2.0  # to end by itself when it has said all
_ROOM_BYTES = 16 * 2**20  # with less on the disk, native code that dies died of that


class ColmapProcess:
    """Runs a task; use it as a context manager, which ends the process whatever it is doing.

    Args:
        task: what it works on.
        token: checked ten times a second while it is listened to.
    """

    def __init__(self, task: Task, token: CancelToken) -> None:
        self._token, self._database = token, task.database
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=colmap_main, args=(theirs, task), name="da3studio colmap", daemon=True
        )
        self._process.start()
        theirs.close()

    def next(self) -> Said:
        """Wait for what it says.

        Raises:
            JobCancelled: by the token.
            DiskFull, ProcessDied: the process is gone.
        """
        try:
            self._token.check()
            while not self._pipe.poll(_LOOK_EVERY_S):
                self._token.check()
            said: Said = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._death() from error
        return said

    def send(self, answer: Features | NDArray[np.float32]) -> None:
        """Answer what it asked for.

        Raises:
            DiskFull, ProcessDied: the process is gone.
        """
        try:
            self._pipe.send(answer)
        except OSError as error:
            raise self._death() from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            wait([self._process.sentinel], _END_S)
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()

    def _death(self) -> UserFacingError:
        """What to say of a process that ended without a word."""
        wait([self._process.sentinel], _END_S)
        self._process.kill()  # it has closed its end: whatever keeps it is not for us
        self._process.join()
        return _died(self._process.exitcode or 0, self._database)


def _died(exit_code: int, wrote: Path) -> UserFacingError:
    with suppress(OSError):
        if shutil.disk_usage(wrote.parent).free < _ROOM_BYTES:  # COLMAP ends the process then
            return write_error(wrote, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    how = tr("by the signal {n}") if exit_code < 0 else tr("with the code {n}")
    return ProcessDied(
        tr("The work stopped unexpectedly; nothing that was finished is lost."),
        why=tr("The process that computes was ended {how}, perhaps because memory ran out.").format(
            how=how.format(n=abs(exit_code))
        ),
        fix=tr("Try again: it goes on after the last finished piece."),
    )
