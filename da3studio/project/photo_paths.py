"""How a project names its photos, so that project and photos can move together."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from da3studio.scene.view import View


def stored_photo_path(photo: Path, project_folder: Path) -> str:
    """How a project names a photo: relative to its folder with `/`, absolute on another drive.

    Relative paths keep working when project and photos move together.
    """
    try:
        relative = os.path.relpath(photo.absolute(), project_folder.absolute())
    except ValueError:  # Windows: another drive
        return photo.absolute().as_posix()
    return Path(relative).as_posix()


def photo_path(view: View, project_folder: Path) -> Path:
    """Where a view's photo is expected, without `..` in between."""
    return Path(os.path.normpath(project_folder / view.source.path))


def with_photo(view: View, photo: Path, project_folder: Path) -> View:
    """The view with its photo at another place."""
    return replace(view, source=replace(view.source, path=stored_photo_path(photo, project_folder)))
