"""The window: start page or workspace in the middle, stages above, work below."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QImageWriter, QKeyEvent
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.actions import Actions
from da3studio.app.desk import WindowDesk
from da3studio.app.hardware import hardware_text
from da3studio.app.problems import Trouble
from da3studio.app.session import Session
from da3studio.app.taskbar import Taskbar
from da3studio.app.theme import Theme, ThemeChoice, set_kind
from da3studio.app.viewmodels.known_lengths import ScaleState
from da3studio.app.viewmodels.next_step import NextStep, next_step
from da3studio.app.viewmodels.recent import RecentProjects
from da3studio.app.viewmodels.stages import Running, StageId, stage_states
from da3studio.app.viewport.gl_probe import gl_works
from da3studio.app.widgets.banner import Banner, Toast
from da3studio.app.widgets.drops import dragged_paths
from da3studio.app.widgets.job_bar import JobBar
from da3studio.app.widgets.stage_rail import StageRail
from da3studio.app.widgets.welcome import Welcome
from da3studio.base.i18n import tr, tr_later
from da3studio.base.paths import config_folder
from da3studio.jobs.messages import ExportJob, Job, RunJob
from da3studio.runtime.status import Status, look

if TYPE_CHECKING:
    from da3studio.app.widgets.workspace import Workspace

_SCALE_WORDS: dict[ScaleState, str] = {
    "set": tr_later("Size: set by you"),
    "estimated": tr_later("Size: estimated"),
    "unknown": tr_later("Size: not known"),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CHOICES = (QComboBox, QAbstractItemView)  # a letter goes to the next entry that begins with it
_SIZE = (1440, 900)
_LAYOUT_VERSION = 1
_THUMBNAIL = (432, 268)


class MainWindow(QMainWindow):
    """Wires the session to what is shown of it.

    Args:
        session: what the window is about.
        theme: its look.
    """

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session, self._theme = session, theme
        self._stage: StageId = "photos"
        self._workspace: Workspace | None = None
        self._typed_at: QWidget | None = None  # where the keyboard was when a key went down
        self._remembered = QSettings(
            str(config_folder() / "window.ini"), QSettings.Format.IniFormat
        )
        self.setWindowTitle("DA3 Studio")
        self._no_graphics = gl_works()  # why there are none, `None` = there are
        if self._no_graphics is None:  # else nothing of the window would be seen
            QOpenGLWidget(self).hide()  # or the window would be made anew with the viewport
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.resize(*_SIZE)
        self._recent = RecentProjects(session, self)
        self.welcome = Welcome(self._recent)
        self.rail, self.job_bar, self.banner = StageRail(), JobBar(), Banner()
        self.desk = WindowDesk(self, session, theme)
        self.actions_of = Actions(self, self.desk, session.settings.shortcuts)
        self._lay_out()
        self.toast = Toast(self._centre)
        self.taskbar = Taskbar(self, notify=session.settings.notify)
        self._bind()
        self._restore()
        self._show_folder()

    def _lay_out(self) -> None:
        self._centre = QWidget()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        column = QVBoxLayout(self._centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(self._centre)
        self._rail_bar = self._bar("stages", tr("Stages"), self.rail)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._rail_bar)
        self._work_bar = self._bar("work", tr("Work"), self.job_bar)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self._work_bar)
        self._scale, self._saved = QLabel(), QLabel()
        for label in (self._scale, self._saved):
            set_kind(label, "soft")
            self.statusBar().addPermanentWidget(label)
        self.statusBar().setSizeGripEnabled(False)

    def _bar(self, name: str, title: str, content: QWidget) -> QToolBar:
        bar = QToolBar(title)
        bar.setObjectName(name)
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addWidget(content)
        bar.toggleViewAction().setVisible(False)
        return bar

    def _bind(self) -> None:
        session, lane = self.session, self.session.jobs.main
        session.folder_changed.connect(self._show_folder)
        session.changed.connect(self._refresh)
        session.scene.planned.connect(self._refresh)
        session.scene.changed.connect(self._refresh)
        session.work.exported.connect(self._refresh)
        session.import_changed.connect(self._refresh)
        session.settings_changed.connect(self._take_settings)
        session.problem.connect(self.show_trouble)
        session.said.connect(self.toast.say)
        session.saved.connect(self._say_saved)
        self.rail.chosen.connect(self.show_stage)
        self.rail.next_wanted.connect(self._go_on)
        lane.changed.connect(self._show_work)
        session.jobs.files.changed.connect(self._show_work)
        lane.ended.connect(self._work_ended)
        self.job_bar.cancel_wanted.connect(lane.cancel)
        self.job_bar.cancel_wanted.connect(session.jobs.files.cancel)
        self.job_bar.pause_wanted.connect(
            lambda: lane.pause(free_memory=session.settings.free_memory)
        )
        self.job_bar.resume_wanted.connect(lane.resume)
        self.welcome.dropped.connect(session.add_files)
        self.welcome.asked.connect(self.desk.add)
        self.welcome.new_wanted.connect(self.desk.ask_for_new_project)
        self.welcome.open_wanted.connect(self.desk.ask_for_project)
        self.welcome.sample_wanted.connect(self.desk.try_sample)
        session.jobs.renewed.connect(self._look_at_hardware)
        self._look_at_hardware()

    @property
    def workspace(self) -> Workspace:
        """Panels and viewport; made when they are first asked for."""
        if self._workspace is None:
            from da3studio.app.widgets.workspace import Workspace

            self._workspace = one = Workspace(self, self.session)
            self._pages.addWidget(one.viewport)
            one.reconstruct_panel.models_wanted.connect(self.desk.show_models)
            one.export_options.changed.connect(self._refresh)
            state = self._remembered.value("layout")
            if isinstance(state, QByteArray):
                self.restoreState(state, _LAYOUT_VERSION)
            menu = self.actions_of.menus["view"]
            menu.addSeparator()
            for dock in one.docks.values():
                menu.addAction(dock.toggleViewAction())
        return self._workspace

    @property
    def stage(self) -> StageId:
        """The stage whose properties are shown."""
        return self._stage

    def show_stage(self, stage: StageId) -> None:
        """Show the properties of a stage."""
        self._stage = stage
        if self.session.folder is not None:
            self.workspace.show_stage(stage)
        self._refresh()

    def show_trouble(self, trouble: Trouble) -> None:
        """Across the top of the window, until it is closed or mended."""
        self.banner.show_trouble(trouble)

    def reset_layout(self) -> None:
        """Panels where they were at first."""
        self.workspace.arrange()

    # What the session says

    def _show_folder(self) -> None:
        is_open = self.session.folder is not None
        if is_open and self._no_graphics is not None:  # building the canvas would crash
            self.session.leave()
            self.show_trouble(_trouble_without_graphics(self._no_graphics))
            return
        if is_open:
            self._pages.setCurrentWidget(self.workspace.viewport)
            self.workspace.set_shown(True)
            self.show_stage("photos" if not self.session.project.views else self._stage)
        else:
            self._pages.setCurrentWidget(self.welcome)
            if self._workspace is not None:
                self._workspace.set_shown(False)
            self._stage = "photos"
        self._rail_bar.setVisible(is_open)
        self.statusBar().setVisible(is_open)
        self.banner.hide()
        self._saved.hide()
        self._show_work()

    def _refresh(self) -> None:
        session = self.session
        name = session.project.name
        self.setWindowTitle(f"{name} – DA3 Studio" if session.folder else "DA3 Studio")
        self.actions_of.refresh()
        if session.folder is None:
            return
        if session.unsaved:
            self._saved.hide()  # it would speak of a change before
        states = stage_states(
            session.project, session.scene, self._running(), session.work.is_exported
        )
        self.rail.show_states(states)
        self.rail.show_current(self._stage)
        refusal = self.workspace.export_options.refusal
        self._next: NextStep = next_step(self._stage, states, refusal)
        self.rail.show_next(self._next)
        lengths = self.workspace.around.lengths
        self._scale.setText(tr(_SCALE_WORDS[lengths.state]))
        self._scale.setToolTip(lengths.state_text)

    def _running(self) -> Running:
        job = self.session.jobs.main.job
        goal = job.goal if isinstance(job, RunJob) else ""
        return Running(
            importing=bool(self.session.pending_imports),
            reconstructing=goal in ("cameras", "depth", "cloud"),
            meshing=goal in ("mesh", "texture"),
            exporting=isinstance(job, ExportJob),
        )

    def _go_on(self) -> None:
        """The one button of the stage."""
        step = self._next  # what it does changes what comes next
        deed = step.deed
        if deed == "add":
            self.desk.ask_for_photos()
        elif deed == "reconstruct":
            self.session.reconstruct()
        elif deed == "mesh":
            self.session.make_mesh()
        elif deed == "export":
            self.desk.ask_for_export()
        self.show_stage(step.goes_to)

    def _show_work(self) -> None:
        lanes = self.session.jobs
        idle = lanes.main.status.state == "idle"
        status = lanes.files.status if idle and lanes.files.status.busy else lanes.main.status
        self._work_bar.setVisible(self.session.folder is not None or status.busy)  # the sample
        self.job_bar.show_status(status)
        self.taskbar.follow(status)
        self._refresh()

    def _work_ended(self, job: Job, _outcome: object) -> None:
        self._refresh()
        if isinstance(job, (RunJob, ExportJob)):
            self._keep_picture()

    def _look_at_hardware(self) -> None:
        def show(status: Status) -> None:
            self.welcome.set_hardware(hardware_text(status))

        self.session.in_background(look, show)  # a driver may take its time to answer

    def _say_saved(self, when: str) -> None:
        self._saved.setText(tr("Saved {time}").format(time=when))
        self._saved.show()

    def _take_settings(self) -> None:
        settings = self.session.settings
        self._theme.set_choice(cast("ThemeChoice", settings.theme))
        self.actions_of.set_shortcuts(settings.shortcuts)
        self.taskbar.notify = settings.notify

    def _keep_picture(self) -> None:
        """What is seen now is the project's card on the start page."""
        folder, scene = self.session.folder, self.session.scene
        if folder is None or (scene.cloud is None and scene.mesh is None):
            return
        image = self.workspace.canvas.grab().scaled(
            *_THUMBNAIL,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(image)
        png = bytes(buffer.data().data())
        self.session.in_background(lambda: folder.write_thumbnail(png), lambda _: None)

    # What Qt says

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.session.add_files(dragged_paths(event.mimeData()))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:  # comes before the key itself
            self._typed_at = self.focusWidget()
            if isinstance(self._typed_at, _CHOICES) and cast("QKeyEvent", event).text().isalnum():
                event.accept()  # and takes up no tool
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that nobody inside had a use for."""
        focused = self.focusWidget()
        if event.key() in _ENTER:  # as on some systems; not where Enter itself moved the focus
            if focused is self._typed_at and isinstance(focused, QAbstractButton):
                focused.click()
        elif event.key() == Qt.Key.Key_Escape and self.session.folder is not None:
            self.workspace.canvas.native.setFocus()  # back from a field, where it ends the tool
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._remembered.setValue("geometry", self.saveGeometry())
        if self._workspace is not None:
            if self.session.folder is not None:
                self._remembered.setValue("layout", self.saveState(_LAYOUT_VERSION))
            self._keep_picture()
        if not self.session.leave():  # the banner says why, and has the button that closes it
            event.ignore()
            return
        self.taskbar.close()
        if self._workspace is not None:
            self._workspace.close()
        super().closeEvent(event)

    def _restore(self) -> None:
        geometry = self._remembered.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)


def _trouble_without_graphics(reason: str) -> Trouble:
    return Trouble(
        tr("The project cannot be shown: 3D graphics do not work on this computer."),
        reason,
        tr("Update the graphics driver and start again. The command line needs no 3D graphics."),
    )
