"""The projects that were open last, with their pictures and counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from da3studio.app.session import Session
from da3studio.base.i18n import tr, trn
from da3studio.project.folder import thumbnail_of

_MANIFEST = "project.json"
_PICTURE_SIZE = QSize(480, 320)  # enough for a card at twice its size
_LARGEST_MANIFEST = 64 * 2**20


@dataclass(frozen=True)
class RecentProject:
    """One card of the start page."""

    path: Path
    name: str
    when: str  # changed last, in words
    photos: str  # "24 photos", "" = not known
    picture: QImage | None


class RecentProjects(QObject):
    """Reads the cards beside the window; projects that are gone are left out."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._paths: tuple[str, ...] = ()
        self.projects: tuple[RecentProject, ...] = ()
        session.settings_changed.connect(self._follow)
        session.folder_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read them again: pictures and counts may be new."""
        self._paths = self._session.settings.recent
        paths, now = self._paths, datetime.now().astimezone()

        def take(found: tuple[RecentProject, ...]) -> None:
            if paths == self._paths:
                self.projects = found
                self.changed.emit()

        self._session.in_background(lambda: _look(paths, now), take)

    def open(self, path: Path) -> None:
        """Open one of them."""
        self._session.open(path)

    def forget(self, path: Path) -> None:
        """Leave one out from now on; the project itself stays."""
        self._session.set_settings(self._session.settings.without_recent(path))

    def _follow(self) -> None:
        if self._session.settings.recent != self._paths:
            self.refresh()


def _look(paths: tuple[str, ...], now: datetime) -> tuple[RecentProject, ...]:
    found = (_read(Path(path), now) for path in paths)
    return tuple(one for one in found if one is not None)


def _read(path: Path, now: datetime) -> RecentProject | None:
    """One card, `None` where there is no project any more."""
    manifest = path / _MANIFEST
    try:
        changed = datetime.fromtimestamp(manifest.stat().st_mtime).astimezone()
        with manifest.open("rb") as file:
            document = json.loads(file.read(_LARGEST_MANIFEST))
        name, views = document["name"], document["views"]
        n = len(views) if isinstance(views, list) else 0
    except OSError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError):  # shown, so that it can be mended
        name, n = path.stem, 0
    photos = trn("{n} photo", "{n} photos", n) if n else ""
    return RecentProject(
        path, str(name) or path.stem, when_text(changed, now), photos, _picture(path)
    )


def _picture(path: Path) -> QImage | None:
    reader = QImageReader(str(thumbnail_of(path)))
    size = reader.size()
    if size.isValid():
        reader.setScaledSize(size.scaled(_PICTURE_SIZE, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return None if image.isNull() else image


def when_text(changed: datetime, now: datetime) -> str:
    """When something was changed, as people say it."""
    days = (now.date() - changed.date()).days
    if days <= 0:
        return tr("today, {time}").format(time=changed.strftime("%H:%M"))
    if days == 1:
        return tr("yesterday")
    if days < 7:
        return trn("{n} day ago", "{n} days ago", days)
    return changed.strftime("%Y-%m-%d")
