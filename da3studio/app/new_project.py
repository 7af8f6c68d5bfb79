"""Where a new project goes, and what it starts with."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from da3studio.base.i18n import tr
from da3studio.base.paths import data_folder
from da3studio.base.settings import Settings

_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')  # in names of folders on some system
_LONGEST = 80


def projects_folder(settings: Settings) -> Path:
    """Where projects are kept that were started by dropping photos."""
    if settings.projects_folder:
        return Path(settings.projects_folder).expanduser()
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents) / "DA3 Studio" if documents else data_folder() / "projects"


def new_project_folder(settings: Settings, name: str) -> Path:
    """A folder for a project of this name that is not there yet."""
    fit = _UNFIT.sub(" ", name).strip(" .")[:_LONGEST] or tr("Capture")
    parent = projects_folder(settings)
    path, number = parent / f"{fit}.da3", 2
    while path.exists():
        path, number = parent / f"{fit} {number}.da3", number + 1
    return path
