"""Bringing photos and videos in: at once into the list, read in a worker, then into the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from da3studio.app.job_bridge import Task
from da3studio.app.new_project import new_project_folder
from da3studio.base.i18n import tr, trn
from da3studio.jobs.messages import Answer, Cancelled, Finished, Imported, ImportJob
from da3studio.media.listing import Listing, list_files
from da3studio.pipeline.importing import with_new_views
from da3studio.project.door import project_folder
from da3studio.project.manifest_file import MANIFEST

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
        self._found: dict[ImportJob, tuple[Path, ...]] = {}  # what each is about to read
        self._unsent: list[ImportJob] = []  # wait for the project to be saved
        self._lane = session.jobs.files
        self._lane.changed.connect(self._look)
        self._lane.ended.connect(self._ended)

    def add(self, paths: Sequence[Path]) -> None:
        """Take what was dropped or chosen: a project is opened, everything else is read in."""
        projects = [path for path in paths if is_project(path)]
        if projects:
            self._session.open(projects[0])
            return
        if not paths:
            return
        session, asked = self._session, self._session.folder

        def done(found: Listing) -> None:
            if asked is not None and session.folder is not asked:
                return  # for a project that was closed meanwhile
            if session.folder is None and not self._begin(paths):
                return
            self._read(paths, (*found.photos, *found.videos))

        session.in_background(lambda: _listed(paths, some=asked is None), done)

    def forget(self) -> None:
        """The project is closed."""
        self.pending = self.notes = ()
        self._found.clear()
        self._unsent.clear()
        self._session.import_changed.emit()

    def _begin(self, paths: Sequence[Path]) -> bool:
        """Make a project for what was dropped on the start page, named after it."""
        name = paths[0].stem if paths[0].is_file() else paths[0].name
        if len(paths) > 1 and paths[0].is_file():
            name = paths[0].parent.name
        folder = new_project_folder(self._session.settings, name)
        return self._session.create(folder, name or folder.stem) is not None

    def _read(self, paths: Sequence[Path], found: tuple[Path, ...]) -> None:
        folder = self._session.folder
        if folder is None:
            return
        known = {(folder.path / view.source.path) for view in self._session.project.views}
        job = ImportJob(folder.path, tuple(path.absolute() for path in paths), FRAMES_PER_VIDEO)
        task = Task(job, tr("Reading photos"), self._take)
        self._found[job] = tuple(path for path in found if path not in known)
        self._unsent.append(job)
        self._look()

        def submit() -> None:
            self._unsent.remove(job)
            self._lane.submit(task)

        self._session.when_saved(submit)

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
        words = _summary(new, len(refused))
        self._session.when_saved(lambda: self._session.said.emit(words))  # it is true by then

    def _look(self) -> None:
        """What the lane reads or will read is pending, also when it is tried again."""
        jobs = (*self._lane.jobs, *self._unsent)
        found = (path for job, paths in self._found.items() if job in jobs for path in paths)
        pending = tuple(dict.fromkeys(found))
        if pending != self.pending:
            self.pending = pending
            self._session.import_changed.emit()

    def _ended(self, job: object, outcome: object) -> None:
        """Where it did not succeed the window offers to try again; else it is done with."""
        if isinstance(job, ImportJob) and isinstance(outcome, Finished | Cancelled):
            self._found.pop(job, None)


def is_project(path: Path) -> bool:
    """Whether a path is that of a project, also of one with another name."""
    path = project_folder(path)
    named = path.suffix.lower() == _PROJECT_SUFFIX
    return path.is_dir() and (named or (path / MANIFEST).is_file())


def _listed(paths: Sequence[Path], *, some: bool) -> Listing:
    """Photos and videos in what was dropped.

    Raises:
        BadInput: there is none, and there has to be.
    """
    found = list_files(paths)
    if some and not found.photos and not found.videos:
        from da3studio.media.probe import Import, nothing_usable  # OpenCV

        raise nothing_usable(Import((), found.refused, ()))
    return found


def _summary(new: int, refused: int) -> str:
    words = trn("{n} photo added", "{n} photos added", new) if new else tr("No new photo")
    if refused:
        words += ", " + trn("{n} file left out", "{n} files left out", refused)
    return words
