"""What the computing worker does for the open project: runs, exports, the sample."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from da3studio.app.growing_cloud import GrowingCloud
from da3studio.app.job_bridge import Task
from da3studio.app.new_project import new_project_folder
from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr, trn
from da3studio.base.progress import silent
from da3studio.engine.choice import Wish, choose
from da3studio.jobs.messages import (
    Answer,
    ExportDepthJob,
    Exported,
    ExportJob,
    Finished,
    RunJob,
    SampleJob,
)
from da3studio.pipeline.events import Event, Noticed, StageDone, StageKept, UnitStored
from da3studio.pipeline.stages import Goal
from da3studio.project.document import Project
from da3studio.project.relocate import relocate, relocated
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.export import DepthFormat, ExportRecipe
from da3studio.scene.view import ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session

_LOOK_AFTER: frozenset[Goal] = frozenset({"cameras", "cloud", "clean", "mesh", "texture"})


class Work(QObject):
    """Starts the long work and shows its results as they appear.

    Args:
        session: whose project is worked on.
    """

    exported = Signal(object)  # Path of the file or folder that was asked for
    notes_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._lane = session.jobs.main
        self._growing = GrowingCloud(session.background, session.scene, self)
        self.notes: tuple[str, ...] = ()  # what the last run noticed
        self.last_export: Path | None = None
        self._searching = threading.Event()  # set = the search for photos is to stop
        self._exported: Project | None = None  # the value that was written last
        self._lane.happened.connect(self._follow)
        self._lane.ended.connect(self._ended)

    def run_to(self, goal: Goal, title: str) -> None:
        """Bring the project to a goal; what is there is kept."""
        folder, project = self._session.folder, self._session.project
        if folder is None or not project.views:
            return
        self._growing.clear()
        self.notes = ()
        self.notes_changed.emit()
        job = RunJob(folder.path, goal)
        self._session.submit(Task(job, title, cuts=bool(project.cuts)))

    def reconstruct(self) -> None:
        """Settle which engine and networks, then find cameras, depth and points."""
        session, folder = self._session, self._session.folder
        project, wish = session.project, Wish(session.settings.engine)

        def settle() -> DepthRecipe:
            choice = choose(
                project.recipe.depth,
                wish,
                n_views=len(project.views),
                cameras_given=bool(project.known_cameras),
            )
            return choice.recipe

        def go_on(depth: DepthRecipe) -> None:
            if session.folder is not folder:  # another project was opened meanwhile
                return
            if session.project.recipe.depth != depth:
                recipe = replace(session.project.recipe, depth=depth)
                session.commit(tr("Choose the engine"), session.project.with_recipe(recipe))
            self.run_to("cloud", tr("Reconstructing"))

        session.in_background(settle, go_on)

    def export(self, path: Path, recipe: ExportRecipe) -> None:
        """Write the model to a file; what is missing for it is made first."""
        folder = self._session.folder
        if folder is None:
            return
        project = self._session.project

        def done(answer: Answer | None) -> None:
            if isinstance(answer, Exported):
                self._exported = project
                self.last_export = answer.files[-1]
                self._session.said.emit(tr("{file} is written").format(file=path.name))
                self.exported.emit(self.last_export)

        self._session.submit(Task(ExportJob(folder.path, path, recipe), tr("Exporting"), done))

    @property
    def is_exported(self) -> bool:
        """Whether the project as it is now was written to a file in this session."""
        return self._exported is self._session.project

    def export_depth(self, target: Path, depth_format: DepthFormat) -> None:
        """Write all depth maps into a folder."""
        folder = self._session.folder
        if folder is None:
            return

        def done(answer: Answer | None) -> None:
            n = len(answer.files) if isinstance(answer, Exported) else 0
            words = trn("{n} depth map is written", "{n} depth maps are written", n)
            self._session.said.emit(words)

        job = ExportDepthJob(folder.path, target, depth_format)
        self._session.submit(Task(job, tr("Exporting depth maps"), done))

    def try_sample(self) -> None:
        """Render the sample photos, then make a project of them, as if they had been dropped."""
        session = self._session
        if not session.leave():
            return
        project = new_project_folder(session.settings, tr("Sample"))
        photos = project.parent / "sample photos"

        def done(_: Answer | None) -> None:
            if session.folder is None and session.create(project, tr("Sample")) is not None:
                session.add_files([photos])

        session.jobs.files.submit(Task(SampleJob(photos), tr("Taking the sample photos"), done))

    def find_photos(self, where: Path) -> None:
        """Look for photos that were moved, by their content, and take them from there."""
        session, folder, project = self._session, self._session.folder, self._session.project
        if folder is None:
            return
        self._searching = searching = threading.Event()
        token = CancelToken(searching.is_set)

        def done(found: dict[ViewId, Path]) -> None:
            if session.folder is not folder:
                return
            words = trn("{n} photo was found again", "{n} photos were found again", len(found))
            session.said.emit(words if found else tr("None of the missing photos is there"))
            if found:
                new = relocated(session.project, folder.path, found)
                session.commit(tr("Find moved photos"), new)

        session.in_background(lambda: relocate(project, folder.path, [where], silent, token), done)

    def stop(self) -> None:
        """The project is about to be closed."""
        self._searching.set()
        self._growing.clear()
        self.notes, self.last_export, self._exported = (), None, None

    def _follow(self, event: Event) -> None:
        session = self._session
        match event:
            case UnitStored():
                view = next((v for v in session.project.views if v.id == event.unit), None)
                if view is not None and session.folder is not None:
                    self._growing.follow(event, session.folder, view)
            case StageDone() | StageKept():
                if event.stage in _LOOK_AFTER:
                    session.results_changed()
            case Noticed():
                self.notes = (*self.notes, event.text)
                self.notes_changed.emit()

    def _ended(self, job: object, outcome: object) -> None:
        self._session.results_changed()
        if isinstance(job, RunJob) and isinstance(outcome, Finished):
            self._growing.clear()
