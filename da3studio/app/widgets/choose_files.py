"""The system's dialogs for choosing what to add to a project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QFileDialog, QWidget

from da3studio.base.i18n import tr
from da3studio.media.formats import PHOTO_SUFFIXES, VIDEO_SUFFIXES

Addition = Literal["photos", "folder", "video"]


def choose_files(parent: QWidget, addition: Addition) -> tuple[Path, ...]:
    """Ask which photos, folder or videos to add; nothing if the person changed their mind."""
    if addition == "folder":
        chosen = QFileDialog.getExistingDirectory(parent, tr("Add a folder of photos"))
        return (Path(chosen),) if chosen else ()
    photos = addition == "photos"
    title = tr("Add photos") if photos else tr("Add a video")
    name = tr("Photos") if photos else tr("Videos")
    known = _pattern(PHOTO_SUFFIXES if photos else VIDEO_SUFFIXES)
    filters = f"{name} ({known});;{tr('All files')} (*)"
    return tuple(Path(one) for one in QFileDialog.getOpenFileNames(parent, title, "", filters)[0])


def _pattern(suffixes: Iterable[str]) -> str:
    """Both cases: the systems' dialogs differ in whether they ignore it."""
    both = sorted(suffixes) + sorted(suffix.upper() for suffix in suffixes)
    return " ".join(f"*{suffix}" for suffix in both)
