"""What went wrong, in the form in which the window shows it; and the last net for bugs of ours."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from da3studio.base.crash import gather, write_report
from da3studio.base.errors import ProcessDied, UserFacingError
from da3studio.base.i18n import tr

_log = logging.getLogger("da3studio.app")


@dataclass(frozen=True)
class Trouble:
    """Four parts: what happened, the likely reason, what to do, and one button that does it."""

    what: str
    why: str
    fix: str
    details: str = ""  # folded, to copy
    button: str = ""  # "" = there is none
    act: Callable[[], None] | None = None

    @staticmethod
    def of(
        error: UserFacingError, button: str = "", act: Callable[[], None] | None = None
    ) -> Trouble:
        """Of an error that was written for the person."""
        details = _reports() if isinstance(error, ProcessDied) else ""
        return Trouble(error.what, error.why, error.fix, details, button, act)


_HARDLY_ANY_BYTES = 50 * 10**6  # some libraries end the process when a file cannot grow


def worker_died(exit_code: int, folder: Path, button: str, act: Callable[[], None]) -> Trouble:
    """The process that computes is gone.

    Args:
        exit_code: of the process, negative = a signal.
        folder: where it wrote.
        button: what the person can do.
        act: does it.
    """
    what = tr("The work stopped unexpectedly; nothing that was finished is lost.")
    details = _reports()
    with suppress(OSError):
        if shutil.disk_usage(folder).free < _HARDLY_ANY_BYTES:
            why = tr("The disk that holds {folder} is full.").format(folder=folder)
            fix = tr("Free some space, then try again: it goes on after the last finished piece.")
            return Trouble(what, why, fix, details, button, act)
    ended = tr("by the signal {n}") if exit_code < 0 else tr("with the code {n}")
    return Trouble(
        what,
        tr("The process that computes was ended {how}, perhaps because memory ran out.").format(
            how=ended.format(n=abs(exit_code))
        ),
        tr("Try again: it goes on after the last finished piece."),
        details,
        button,
        act,
    )


def not_carried_over() -> Trouble:
    """Cameras were found anew, and nothing tells how their world lies in the old one."""
    return Trouble(
        tr("Your edits and measurements could not be carried over to the new cameras."),
        tr("Too few photos have a camera both before and now, or their places do not agree."),
        tr("Check crop, size and measurements, or undo to go back to the cameras of before."),
    )


def bug(story: str, ran: str = "worker") -> Trouble:
    """A fault of the program, kept in a file.

    Args:
        story: the trace.
        ran: what ran, in words for us.
    """
    details = story
    with suppress(OSError):  # no place to write: what is shown has to do
        details = f"{_kept_in(write_report(ran, story))}\n\n{story}"
    return Trouble(
        tr("Something went wrong in DA3 Studio itself."),
        tr("This is a fault of the program, not of your photos."),
        tr("Your project is saved. If it happens again, send us the details below."),
        details=details,
    )


def _reports() -> str:
    """Where it is kept what is known of processes that died."""
    return "\n".join(_kept_in(report.path) for report in gather("worker"))


def _kept_in(report: Path) -> str:
    return tr("This is kept in {file}.").format(file=report)


class Net:
    """While it is spread, exceptions that nobody caught are logged and shown, not fatal.

    Those of threads are logged and kept in a file, but not shown.

    Args:
        show: puts a trouble on the screen.
    """

    def __init__(self, show: Callable[[Trouble], None]) -> None:
        self._show = show
        self._former, self._former_of_threads = sys.excepthook, threading.excepthook
        self._known: dict[str, Trouble] = {}  # trace → what was made of it: painting goes on

    def spread(self) -> None:
        sys.excepthook, threading.excepthook = self._caught, self._caught_in_thread

    def gather(self) -> None:
        sys.excepthook, threading.excepthook = self._former, self._former_of_threads

    def _caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, Exception):  # Ctrl+C and exit mean what they say
            self._former(kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        if isinstance(error, UserFacingError):
            _log.error("uncaught: %s", text)
            self._show(Trouble.of(error))
        else:
            self._show(self._kept(text))

    def _caught_in_thread(self, what: threading.ExceptHookArgs) -> None:
        if issubclass(what.exc_type, Exception):
            trace = traceback.format_exception(what.exc_type, what.exc_value, what.exc_traceback)
            self._kept("".join(trace))

    def _kept(self, text: str) -> Trouble:
        """A bug, logged and written down where it is a new one."""
        if text not in self._known:
            print(text, file=sys.stderr)
            self._known[text] = bug(text, "window")
            _log.error("uncaught: %s", text)  # after the report, which ends with the log
        return self._known[text]
