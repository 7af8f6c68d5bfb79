"""Whether the program stopped unexpectedly when it ran last, and where that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from da3studio.app.session import Session
from da3studio.base.crash import CrashReport, gather
from da3studio.base.i18n import tr

Say = Callable[[str, Mapping[str, Callable[[], None]]], None]


def tell_of_last_time(session: Session, say: Say) -> None:
    """Look beside the window, and say it once in a sentence with a button."""

    def tell(reports: tuple[CrashReport, ...]) -> None:
        crashed = [report.path for report in reports if report.kind == "window"]
        if not crashed:
            return
        file = crashed[-1]
        words = tr(
            "DA3 Studio stopped unexpectedly last time. What is known of it is in {file}, on this"
            " computer only."
        ).format(file=file.name)
        where = QUrl.fromLocalFile(str(file.parent))
        say(words, {tr("Show in folder"): lambda: _open(where)})

    session.in_background(gather, tell)


def _open(where: QUrl) -> None:
    QDesktopServices.openUrl(where)
