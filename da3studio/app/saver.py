"""Saving by itself, soon after every change, beside the window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from da3studio.app.background import Background
from da3studio.base.errors import UserFacingError
from da3studio.project.document import Project
from da3studio.project.folder import ProjectFolder

_PATIENCE_MS = 1500  # after the last change
_LONGEST_S = 6.0  # after the first change, for a hand that never rests
_RETRY_MS = 10_000  # after a failure: a full disk may have room again


class Saver(QObject):
    """Writes the newest value of a project to its folder.

    Args:
        background: does the writing.
    """

    saved = Signal(str)  # when, as the person's clock shows it
    failed = Signal(object)  # UserFacingError; said once until a save works again

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._folder: ProjectFolder | None = None
        self._wanted: Project | None = None
        self._written: Project | None = None
        self.writing = False  # right now, on a thread
        self._complained = False
        self._then: list[Callable[[], None]] = []
        self._changed_at: float | None = None  # when the first change came that waits to be saved
        self._order = threading.Lock()
        self._newest: Project | None = None  # that may be written; an older one must not follow
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._write)

    def watch(self, folder: ProjectFolder | None) -> None:
        """Save to this folder from now on; `None` = to none."""
        self._timer.stop()
        self._then.clear()
        self._folder = folder
        self._wanted = self._written = folder.project if folder else None
        self._changed_at = None
        self._complained = False

    @property
    def pending(self) -> bool:
        """Whether something is not on the disk yet."""
        return self.writing or self._wanted is not self._written

    def want(self, project: Project) -> None:
        """Save this value soon."""
        self._wanted = project
        now = time.monotonic()
        if self._changed_at is None:
            self._changed_at = now
        left_ms = round(1000 * (self._changed_at + _LONGEST_S - now))
        self._timer.start(min(_PATIENCE_MS, max(left_ms, 0)))

    def soon(self, then: Callable[[], None]) -> None:
        """Save now, and call `then` when what is wanted now is on the disk."""
        if not self.pending:
            then()
            return
        self._then.append(then)
        self._write()

    def now(self) -> None:
        """Save before returning, for the moment before the folder is closed.

        Raises:
            UserFacingError: it cannot be written.
        """
        self._timer.stop()
        if self._folder is not None and self._wanted is not None and self.pending:
            with self._order:
                self._newest = self._wanted
                try:
                    self._folder.save(self._wanted)
                except UserFacingError:
                    self._timer.start(_RETRY_MS)  # the folder may stay open
                    raise
            self._written = self._wanted

    def _write(self) -> None:
        folder, wanted = self._folder, self._wanted
        if folder is None or wanted is None or self.writing or not self.pending:
            return
        self._timer.stop()
        self._changed_at = None
        self.writing = True
        self._newest = wanted

        def save() -> UserFacingError | None:
            with self._order:
                if self._newest is not wanted:  # closing was quicker, and wrote a newer one
                    return None
                try:
                    folder.save(wanted)
                except UserFacingError as error:
                    return error
            return None

        def done(error: UserFacingError | None) -> None:
            self.writing = False
            if folder is self._folder:
                self._settle(wanted, error)
            else:
                self._write()  # what the project that was opened since has had to wait for

        self._background.run(save, done)

    def _settle(self, written: Project, error: UserFacingError | None) -> None:
        if error is not None:
            stopped = bool(self._then)
            self._then.clear()  # what waited for the disk would start from something older
            self._timer.start(_RETRY_MS)
            if stopped or not self._complained:  # whoever pressed a button hears why nothing comes
                self._complained = True
                self.failed.emit(error)
            return
        self._complained = False
        self._written = written
        if self.pending:
            self._write()
            return
        self.saved.emit(datetime.now().astimezone().strftime("%H:%M"))
        waiting, self._then = self._then, []
        for then in waiting:
            then()
