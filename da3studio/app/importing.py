"""Bringing photos and videos in: at once into the list, read in a worker, then into the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from da3studio.app.job_bridge import Task
from da3studio.app.new_project import new_project_folder
from da3studio.base.i18n import tr, trn
from da3studio.jobs.messages import Answer, Imported, ImportJob
from da3studio.media.listing import list_files
from da3studio.pipeline.importing import with_new_views

if TYPE_CHECKING:
    from da3studio.app.session import Session

FRAMES_PER_VIDEO = 60  # as the command line's default
_PROJECT_SUFFIX = ".da3"
_NOTES = 200


class Importing(QObject):
    """What is being read, and what was said about it.

    Args:
        session: whose project takes the photos.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.pending: tuple[Path, ...] = ()
        self.notes: tuple[str, ...] = ()
        session.jobs.files.ended.connect(self._ended)

    def add(self, paths: Sequence[Path]) -> None:
        """Take what was dropped or chosen: a project is opened, everything else is read in."""
        projects = [path for path in paths if is_project(path)]
        if projects:
            self._session.open(projects[0])
            return
        if not paths:
            return
        if self._session.folder is None:
            name = paths[0].stem if paths[0].is_file() else paths[0].name
            if len(paths) > 1 and paths[0].is_file():
                name = paths[0].parent.name
            folder = new_project_folder(self._session.settings, name)
            if self._session.create(folder, name) is None:
                return
        self._session.in_background(lambda: list_files(paths), lambda found: self._read(
            paths, (*found.photos, *found.videos)
        ))  # fmt: skip

    def forget(self) -> None:
        """The project is closed."""
        self.pending = self.notes = ()
        self._session.import_changed.emit()

    def _read(self, paths: Sequence[Path], found: tuple[Path, ...]) -> None:
        folder = self._session.folder
        if folder is None:
            return
        known = {(folder.path / view.source.path) for view in self._session.project.views}
        new = tuple(path for path in found if path not in known)
        self.pending = tuple(dict.fromkeys((*self.pending, *new)))
        self._session.import_changed.emit()
        job = ImportJob(folder.path, tuple(path.absolute() for path in paths), FRAMES_PER_VIDEO)
        task = Task(job, tr("Reading photos"), self._take)
        self._session.when_saved(lambda: self._session.jobs.files.submit(task))

    def _take(self, answer: Answer | None) -> None:
        if not isinstance(answer, Imported):
            return
        before = self._session.project
        project = with_new_views(before, answer.views)
        new = len(project.views) - len(before.views)
        refused = [
            tr("Left out: {name}: {why}").format(name=name, why=why) for name, why in answer.refused
        ]
        self.notes = (*self.notes, *refused, *answer.notices)[-_NOTES:]
        if new:
            self._session.commit(trn("Add {n} photo", "Add {n} photos", new), project)
        self._session.said.emit(_summary(new, len(refused)))

    def _ended(self, job: object, _outcome: object) -> None:
        """Whatever came of it, nothing is pending any more unless another import waits."""
        if isinstance(job, ImportJob) and not self._session.jobs.files.busy:
            self.pending = ()
            self._session.import_changed.emit()


def is_project(path: Path) -> bool:
    """Whether a path is that of a project folder."""
    return path.suffix.lower() == _PROJECT_SUFFIX and path.is_dir()


def _summary(new: int, refused: int) -> str:
    words = trn("{n} photo added", "{n} photos added", new) if new else tr("No new photo")
    if refused:
        words += ", " + trn("{n} file left out", "{n} files left out", refused)
    return words
