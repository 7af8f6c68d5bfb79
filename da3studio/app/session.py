"""The open project and everything a person can do with it; the only thing here that changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Background
from da3studio.app.importing import Importing
from da3studio.app.job_bridge import Jobs, Task
from da3studio.app.problems import Trouble, not_carried_over
from da3studio.app.saver import Saver
from da3studio.app.viewmodels.scene_look import Look
from da3studio.app.viewmodels.scene_state import SceneState
from da3studio.app.viewmodels.view_state import ViewSettings, ViewState
from da3studio.app.work import Work
from da3studio.base.errors import ProjectDamaged, UserFacingError
from da3studio.base.i18n import tr
from da3studio.base.settings import Settings, save_settings
from da3studio.pipeline.collect import collect_old_results
from da3studio.pipeline.engines import ReconstructorFor, registered_engine
from da3studio.project.change import EVERYTHING, NOTHING, Change, difference
from da3studio.project.document import Project
from da3studio.project.door import project_folder
from da3studio.project.folder import ProjectFolder
from da3studio.project.history import History
from da3studio.project.manifest_file import newest_readable
from da3studio.recipes.export import DepthFormat, ExportRecipe
from da3studio.recipes.recipe import PRESETS

T = TypeVar("T")

_NOTHING_OPEN = Project("")
_WITH_PLACES = ("edits", "placement", "measurements", "frame")


class Session(QObject):
    """One project at a time, its history, its workers, and what is shown of it.

    Args:
        settings: of the program.
        reconstructor_for: gives the engine of an id, in the worker.
    """

    changed = Signal(object)  # Change
    folder_changed = Signal()  # another project was opened, or it was closed
    problem = Signal(object)  # Trouble
    said = Signal(str)  # a short notice
    saved = Signal(str)  # when, "14:02"
    settings_changed = Signal()
    import_changed = Signal()  # `pending_imports` or `import_notes`

    def __init__(
        self,
        settings: Settings,
        reconstructor_for: ReconstructorFor = registered_engine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._folder: ProjectFolder | None = None
        self._opening: set[Path] = set()
        self._history = History(_NOTHING_OPEN)
        self.background = Background(self)
        self.jobs = Jobs(reconstructor_for, self)
        self.scene = SceneState(self.background, self)
        self.view = ViewState(self)
        self._saver = Saver(self.background, self)
        self._importing = Importing(self)
        self.work = Work(self)
        self.background.failed.connect(self.report)
        self.jobs.trouble.connect(self.problem)
        self.scene.moved.connect(lambda _: self.view.set_tool(""))  # its points are of before
        self.scene.followed.connect(self._follow)
        self._saver.failed.connect(self.report)
        self._saver.saved.connect(self.saved)

    # The project

    @property
    def project(self) -> Project:
        """The present value; an empty project while nothing is open."""
        return self._history.present

    @property
    def folder(self) -> ProjectFolder | None:
        return self._folder

    def open(self, path: Path) -> None:
        """Open a project beside the window; the one that is open is closed before."""
        path = project_folder(path)
        if self._folder is not None and _same(path, self._folder.path):
            self.said.emit(tr("This project is open already"))
            return
        if path in self._opening:  # a second click
            return
        self._opening.add(path)

        def done(opened: ProjectFolder | UserFacingError) -> None:
            self._opening.discard(path)
            if isinstance(opened, UserFacingError):
                self._refuse(path, opened)
            else:
                self.show(opened)

        self.in_background(lambda: _opened(path), done)

    def _refuse(self, path: Path, error: UserFacingError) -> None:
        """Say why a project does not open, with a way out where there is one."""
        earlier = newest_readable(path) if isinstance(error, ProjectDamaged) else None
        if earlier is None:
            self.report(error)
            return
        when = earlier.when.astimezone().strftime("%Y-%m-%d %H:%M")
        fix = tr("The version of {when} can be read; finished results are found again.")
        self.problem.emit(
            Trouble(
                error.what,
                error.why,
                fix.format(when=when),
                button=tr("Open that version"),
                act=lambda: self.in_background(lambda: ProjectFolder.mend(path), self.show),
            )
        )

    def create(self, path: Path, name: str) -> ProjectFolder | None:
        """Make a new project and show it; `None` if that did not work, which was said."""
        try:
            folder = ProjectFolder.create(path, name)
            folder.save(folder.project.with_recipe(PRESETS[self._settings.preset]))
        except UserFacingError as error:
            self.report(error)
            return None
        self.show(folder)
        return folder if self._folder is folder else None

    def show(self, folder: ProjectFolder) -> None:
        """Make an open folder the one of the window."""
        stopped = self.jobs.main.busy
        if not self.leave():
            folder.close()
            return
        self._folder = folder
        self._history = History(folder.project)
        self._saver.watch(folder)
        self.view.reset(ViewSettings.from_plain(folder.read_view()))
        self.set_settings(self._settings.with_recent(folder.path))
        self.folder_changed.emit()
        if self._folder is not folder:  # closed again by who could not show it
            return
        self.scene.show(folder, folder.project)
        self.changed.emit(EVERYTHING)
        if folder.recovered:
            self.said.emit(folder.recovered)
        elif stopped:
            self.said.emit(
                tr("The work on the other project was stopped; what was finished is kept")
            )

    def leave(self, *, unsaved: bool = False) -> bool:
        """Close the project: save it, stop its work, let others have it.

        Args:
            unsaved: close it even if the last changes cannot be saved, as the person decided.

        Returns:
            Whether no project is open any more; `False` = it could not be saved, which was said.
        """
        folder = self._folder
        if folder is None:
            return True
        try:
            self._saver.now()
        except UserFacingError as error:
            if not unsaved:
                words = tr("Close without saving")
                self.problem.emit(Trouble.of(error, words, lambda: self._give_up(folder)))
                return False
        self.work.stop()
        self.jobs.main.close()
        self.jobs.files.close()
        with suppress(UserFacingError):  # losing it costs nothing
            folder.write_view(self.view.settings.plain())
        folder.close()
        self._folder = None
        self._history = History(_NOTHING_OPEN)
        self._saver.watch(None)
        self._importing.forget()
        self.scene.show(None, _NOTHING_OPEN)
        self.folder_changed.emit()
        self.changed.emit(EVERYTHING)
        return True

    def _give_up(self, folder: ProjectFolder) -> None:
        """The person closes a project that cannot be saved."""
        if folder is self._folder:
            self.leave(unsaved=True)

    def close(self) -> None:
        """End everything; the session cannot be used afterwards."""
        self.leave(unsaved=True)
        self.jobs.close()
        self.background.close()

    def commit(self, label: str, project: Project, gesture: str | None = None) -> None:
        """Make a value the present one, as one step to undo.

        Args:
            label: of the step, as the menu shows it.
            project: the new value.
            gesture: of one drag or stroke, whose steps are one.
        """
        framed = self._framed(project)
        self._step(lambda history: history.commit(label, framed, gesture))

    def undo(self) -> None:
        if self.can_undo:
            self._step(History.undo)

    def redo(self) -> None:
        if self.can_redo:
            self._step(History.redo)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    @property
    def undo_label(self) -> str:
        return self._history.undo_label

    @property
    def redo_label(self) -> str:
        return self._history.redo_label

    def _step(self, change: Callable[[History], object]) -> None:
        before = self.project
        change(self._history)
        self._history.replace_present(self.scene.in_its_world(self.project))
        what = difference(before, self.project)
        if what == NOTHING:
            return
        self._saver.want(self.project)
        self._tell(what)

    def _framed(self, project: Project) -> Project:
        """The value, saying which cameras its places are of: new ones are of those on show."""
        if project.has_places:
            return project if project.frame else project.with_frame(self.scene.frame)
        return project.with_frame("") if project.frame else project

    def _follow(self, look: Look) -> None:
        """Cameras were found anew: everything with a place goes along, without a step to undo."""
        before, asked, there = self.project, look.asked, look.followed.project
        if any(getattr(before, part) != getattr(asked, part) for part in _WITH_PLACES):
            return  # a look at the value of now is under way
        after = replace(before, **{part: getattr(there, part) for part in _WITH_PLACES})
        self._history.replace_present(after)
        self._saver.want(after)
        what = difference(before, after)
        if what != NOTHING:
            self._tell(what)
        if look.registration is None:  # not news: an older value was brought back
            return
        if look.followed.is_moved:
            self.said.emit(tr("Your edits and measurements were carried over to the new cameras."))
        elif look.followed.is_lost:
            self.problem.emit(not_carried_over())

    def _tell(self, what: Change) -> None:
        """Show what changed: the scene first, so that listeners find it up to date."""
        if what & ~(Change.NAME | Change.RESULTS):
            self.scene.refresh(self.project)
        if Change.EDITS in what:
            self.scene.edits_changed(self.project.edits)
        self.changed.emit(what)

    def results_changed(self) -> None:
        """Stored results came or went."""
        self.scene.refresh(self.project)
        self.changed.emit(Change.RESULTS)

    def when_saved(self, then: Callable[[], None]) -> None:
        """Save now, and go on when what is asked for is on the disk, where workers read it."""
        self._saver.soon(then)

    @property
    def unsaved(self) -> bool:
        """Whether a change is not on the disk yet."""
        return self._saver.pending

    # The program

    @property
    def settings(self) -> Settings:
        return self._settings

    def set_settings(self, settings: Settings) -> None:
        """Take and keep the person's choices."""
        if settings == self._settings:
            return
        self._settings = settings
        try:
            save_settings(settings)
        except UserFacingError as error:
            self.report(error)
        self.settings_changed.emit()

    def in_background(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do `work` on a thread, then `done` with its result on the GUI thread."""
        self.background.run(work, done)

    def report(self, error: UserFacingError) -> None:
        """Show an error in the window."""
        self.problem.emit(Trouble.of(error))

    # What a person does

    def add_files(self, paths: Sequence[Path]) -> None:
        """Bring photos, folders or videos in; without an open project one is made for them."""
        self._importing.add(paths)

    @property
    def pending_imports(self) -> tuple[Path, ...]:
        """Photos and videos that are being read and will be in the list soon."""
        return self._importing.pending

    @property
    def import_notes(self) -> tuple[str, ...]:
        """What there is to say about the photos of this session, newest last."""
        return self._importing.notes

    def reconstruct(self) -> None:
        """Cameras, depth and points of all photos."""
        self.work.reconstruct()

    def make_mesh(self) -> None:
        """The textured mesh of what cleaning left."""
        self.work.run_to("texture", tr("Making the mesh"))

    def export_to(self, path: Path, recipe: ExportRecipe) -> None:
        """Write the model to a file; what is missing for it is made first."""
        self.work.export(path, recipe)

    def export_depth(self, folder: Path, depth_format: DepthFormat) -> None:
        """Write the depth maps of all photos."""
        self.work.export_depth(folder, depth_format)

    def submit(self, task: Task) -> None:
        """Give the computing worker a job about this project, once everything is saved."""
        self.when_saved(lambda: self.jobs.main.submit(task))

    def find_photos(self, where: Path) -> None:
        """Look for photos that were moved, by their content, in a folder and all inside."""
        self.work.find_photos(where)

    def rename(self, name: str) -> None:
        """Give the project another name; its folder keeps the one it has."""
        self.commit(tr("Rename"), replace(self.project, name=name))


def _opened(path: Path) -> ProjectFolder | UserFacingError:
    """A project with old results tidied up, while nobody else can be at them yet."""
    try:
        folder = ProjectFolder.open(path)
    except UserFacingError as error:
        return error
    with suppress(UserFacingError):  # it only saves space
        collect_old_results(folder)
    return folder


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
