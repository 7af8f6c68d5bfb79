"""What the application of `victim` does by itself: rounds of work, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest

from da3studio.app.problems import Trouble
from da3studio.app.session import Session
from da3studio.app.widgets.main_window import MainWindow
from da3studio.edits.base import ListedEdit
from da3studio.edits.thresholds import MinConfidence
from da3studio.jobs.messages import ExportJob, Finished, Job, RunJob
from da3studio.pipeline.events import Event, StageDone, UnitStored
from da3studio.project.document import Project
from da3studio.recipes.export import ExportRecipe
from tests.app.end_to_end.victim import CLOSE, LOOK_MS, REST, Journal

CHANGES_IN_A_ROW = 3


def version_of(project: Project) -> int:
    """Which of the script's versions of a project this is."""
    return int(project.name.split()[-1])


def versioned(project: Project, version: int) -> Project:
    """The project as another version: its name and an edit that cuts nothing away say which."""
    edit = ListedEdit("version", MinConfidence(version * 1e-6))
    return project.with_name(f"Version {version:04d}").with_edits((edit,))


class Script(QObject):
    """Does rounds of the phase that is ordered, and writes down what the window shows.

    Args:
        window: that was just shown, with a project about to be opened.
        work: folder with orders, batches of photos, and place for exports.
        journal: takes what is shown.
        beside_work: reconstruct while changes are saved.
    """

    def __init__(
        self, window: MainWindow, work: Path, journal: Journal, *, beside_work: bool
    ) -> None:
        super().__init__(window)
        self.window, self.work, self.journal = window, work, journal
        self.session: Session = window.session
        self._beside_work = beside_work
        self._phase, self._over = REST, _always
        self._opened = self._made = self._exporting = False
        self._told: set[tuple[int, int]] = set()
        self._rounds = 0
        session, lane = self.session, self.session.jobs.main
        session.said.connect(self._said)
        session.saved.connect(self._saved)
        session.problem.connect(self._trouble)
        lane.happened.connect(self._happened)
        lane.ended.connect(self._ended)
        session.work.exported.connect(self._exported)
        for one in session.jobs.lanes:
            one.changed.connect(self._works)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._look)
        self._clock.start(LOOK_MS)

    # What the window shows

    def _said(self, text: str) -> None:
        assert self.window.toast.isVisible()
        assert self.window.toast.text() == text
        self.journal.write("toast", text=text, **self._content())

    def _saved(self, _when: str) -> None:
        label = self.window._saved
        assert label.isVisible()
        self.journal.write("saved", text=label.text(), **self._content())

    def _happened(self, event: Event) -> None:
        if isinstance(event, StageDone):
            self.journal.write("stage", stage=event.stage, key=event.key)
        elif isinstance(event, UnitStored):
            self.journal.write("unit", stage=event.stage, unit=event.unit, key=event.key)

    def _exported(self, path: Path) -> None:
        self.journal.write("exported", file=str(path), version=version_of(self.session.project))

    def _trouble(self, trouble: Trouble) -> None:
        """Shown across the top; its button is pressed as soon as that is written down."""
        banner = self.window.banner
        said = {"text": banner.what.text(), "button": banner.act.text()}
        self.journal.write("trouble", visible=banner.isVisible(), details=trouble.details, **said)
        QTimer.singleShot(0, self._press)

    def _press(self) -> None:
        QTest.mouseClick(self.window.banner.act, Qt.MouseButton.LeftButton)

    def _works(self) -> None:
        """Which process computes for the window, as soon as it says something of its work."""
        for lane in self.session.jobs.lanes:
            worker = lane._client and lane._client._worker
            if lane.status.busy and worker and (self._rounds, worker.pid) not in self._told:
                self._told.add((self._rounds, worker.pid))
                self.journal.write("works", phase=self._phase, worker=worker.pid)

    def _content(self) -> dict[str, Any]:
        views = [[view.source.path, view.source.digest] for view in self.session.project.views]
        return {"version": version_of(self.session.project), "views": views}

    # Rounds of work

    def _look(self) -> None:
        if not self._opened:
            self._look_for_project()
            return
        if not self._over():
            return
        before, self._phase = self._phase, self._order()
        if before != REST:
            self.journal.write("ends", phase=before)
            if self._phase == REST:
                self.journal.write("rests")
        if self._phase == CLOSE:
            self._clock.stop()
            self.window.close()
        elif self._phase != REST:
            self._rounds += 1
            self.journal.write("begins", phase=self._phase)
            self._over = getattr(self, f"_{self._phase}")()

    def _look_for_project(self) -> None:
        folder, scene = self.session.folder, self.session.scene
        if folder is not None and scene.plan is not None:
            self._opened = True
            done = [step.stage.name for step in scene.plan.steps if step.done]
            toast = self.window.toast
            shown = toast.text() if toast.isVisible() else ""
            self.journal.write("opened", recovered=shown, done=done, **self._content())

    def _order(self) -> str:
        return (self.work / "orders").read_text("utf-8").split()[-1]

    def _import(self) -> Callable[[], bool]:
        """Photos and a video from the first folder that the project has nothing of."""
        session = self.session
        there = {Path(view.source.path).parent.name for view in session.project.views}
        batches = sorted((self.work / "batches").iterdir())
        batch = next(batch for batch in batches if batch.name not in there)
        before = len(session.project.views)
        session.add_files([batch])
        return lambda: (
            len(session.project.views) > before
            and not session.unsaved
            and not session.jobs.files.busy
            and not session.pending_imports
        )

    def _reconstruct(self) -> Callable[[], bool]:
        """All stages, first what is unfinished, then with other settings."""
        self._made = False
        plan = self.session.scene.plan
        if self._rounds == 1 and plan is not None and not plan.finished:
            self.session.reconstruct()
            return lambda: self._made
        version = self._next_version()
        project = versioned(self.session.project, version)
        recipe = project.recipe
        recipe = replace(
            recipe,
            depth=replace(recipe.depth, feature_px=1000 + version, resolution=160 + version % 1000),
            fuse=replace(recipe.fuse, depth_tolerance=0.01 + 1e-6 * version),
            mesh=replace(recipe.mesh, faces=2000 + version),
        )
        self.session.commit("Other settings", project.with_recipe(recipe))
        self.session.reconstruct()
        return lambda: self._made

    def _autosave(self) -> Callable[[], bool]:
        """Some changes in a row, which the program saves by itself; beside work again and again."""
        session = self.session
        over = self._reconstruct() if self._beside_work else _always
        self._change()

        def look() -> bool:
            if session.unsaved:
                return False
            if not over():
                self._change()
            return not session.unsaved

        return look

    def _change(self) -> None:
        for _ in range(CHANGES_IN_A_ROW):
            version = self._next_version()
            self.session.commit("Rename", versioned(self.session.project, version))

    def _export(self) -> Callable[[], bool]:
        """Over the file of the round before; the name of the version is in it."""
        session = self.session
        session.commit("Rename", session.project.with_name(f"Version {self._next_version():04d}"))
        self._exporting = True
        session.export_to(self.work / "out" / "model.glb", ExportRecipe())
        return lambda: not self._exporting

    def _ended(self, job: Job, outcome: object) -> None:
        if not isinstance(outcome, Finished):
            return
        match job:
            case RunJob(goal="cloud") if self._phase == "reconstruct":
                self.session.make_mesh()
            case RunJob():
                self._made = True
            case ExportJob():
                self._exporting = False

    def _next_version(self) -> int:
        return version_of(self.session.project) + 1


def _always() -> bool:
    return True
