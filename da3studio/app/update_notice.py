"""Asks whether there is a newer version, where the person wants that, and says so quietly."""

from __future__ import annotations

import logging
import time
from contextlib import suppress

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

import da3studio
from da3studio.app.session import Session
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import tr
from da3studio.updates import remembered
from da3studio.updates.release import Release, is_newer
from da3studio.updates.source import announced_at

_log = logging.getLogger("da3studio.updates")


class UpdateNotice(QObject):
    """Nothing is fetched but one small file, and nothing is installed.

    Args:
        session: whose settings say whether to ask at all.
    """

    found = Signal(object)  # Release that is newer than this program

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def begin(self) -> None:
        """After the window is there: ask, once a day; a failure only goes to the log."""
        if self._session.settings.updates and announced_at():
            self._session.in_background(_look_today, self._tell)

    def look_now(self) -> None:
        """The person asks: every answer is shown."""
        self._session.said.emit(tr("Looking for a new version …"))
        self._session.in_background(_look, self._answer)

    def open_page(self, release: Release) -> None:
        """Show in the browser what is new."""
        QDesktopServices.openUrl(QUrl(release.page))

    def skip(self, release: Release) -> None:
        """Say nothing of this version any more, until there is another one."""
        try:
            remembered.save(remembered.load().with_skipped(release.version))
        except UserFacingError as error:
            self._session.report(error)

    def _tell(self, release: Release | None) -> None:
        if release is not None:
            self.found.emit(release)

    def _answer(self, release: Release | None) -> None:
        self._tell(release)
        if release is None:
            words = tr("{version} is the newest version.")
            self._session.said.emit(words.format(version=f"DA3 Studio {da3studio.__version__}"))


def _look() -> Release | None:
    """The published version, if it is newer than this program; raises as `ask.newest` does."""
    from da3studio.updates.ask import newest  # only now: it loads what talks to the network

    release = newest(announced_at())
    return release if is_newer(release.version, da3studio.__version__) else None


def _look_today() -> Release | None:
    """As `_look`, if that was not done today, and not of a version that is to be skipped."""
    kept = remembered.load()
    if not kept.is_due(time.time()):
        return None
    with suppress(UserFacingError):  # then it is asked again at the next start
        remembered.save(kept.with_asked(time.time()))
    try:
        release = _look()
    except UserFacingError as error:
        _log.info("%s", error)
        return None
    return None if release is None or release.version == kept.skipped else release
