"""What only a window can do for a command: ask, show a dialog, move panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from da3studio.app.new_project import projects_folder
from da3studio.app.session import Session
from da3studio.app.theme import Theme
from da3studio.app.update_notice import UpdateNotice
from da3studio.app.widgets.choose_files import Addition, choose_files
from da3studio.base.i18n import tr
from da3studio.updates.release import Release

if TYPE_CHECKING:
    from da3studio.app.widgets.main_window import MainWindow

_SUFFIX = ".da3"


class WindowDesk(QObject):
    """Implements `commands.Desk` for one window.

    Args:
        window: parent of all dialogs.
        session: does the work.
        theme: for the settings dialog.
    """

    def __init__(self, window: MainWindow, session: Session, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._theme = window, theme
        self.session = session
        self.updates = UpdateNotice(session, self)
        self.updates.found.connect(self._say_new_version)

    # Projects

    def ask_for_photos(self) -> None:
        self.add("photos")

    def ask_for_folder(self) -> None:
        self.add("folder")

    def ask_for_video(self) -> None:
        self.add("video")

    def add(self, kind: Addition) -> None:
        """Ask for what is to be added, and add it."""
        self.session.add_files(choose_files(self._window, kind))

    def ask_for_new_project(self) -> None:
        path = self._ask_where(tr("New project"), tr("Capture"))
        if path is not None:
            self.session.create(path, path.stem)

    def ask_for_project(self) -> None:
        start = str(projects_folder(self.session.settings))
        chosen = QFileDialog.getExistingDirectory(self._window, tr("Open a project"), start)
        if chosen:
            self.session.open(Path(chosen))

    def ask_for_duplicate(self) -> None:
        folder = self.session.folder
        if folder is None:
            return
        name = tr("{name} copy").format(name=self.session.project.name)
        path = self._ask_where(tr("Duplicate the project"), name)
        if path is None:
            return

        def copy() -> None:
            self.session.in_background(
                lambda: folder.duplicate(path, path.stem), lambda _: self.session.open(path)
            )

        self.session.when_saved(copy)

    def show_earlier(self) -> None:
        from da3studio.app.widgets.earlier_dialog import EarlierDialog

        folder = self.session.folder
        if folder is not None:
            dialog = EarlierDialog(folder.earlier(), self._window)
            dialog.chosen.connect(self._restore)
            dialog.open()

    def _restore(self, path: Path) -> None:
        folder, session = self.session.folder, self.session
        if folder is None:
            return
        label = tr("Restore an earlier version")

        def restore() -> None:  # what is shown now has become an earlier version before
            session.in_background(
                lambda: folder.restore(path), lambda project: session.commit(label, project)
            )

        session.when_saved(restore)

    def find_moved_photos(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self._window, tr("Where are the photos now?"), str(Path.home())
        )
        if chosen:
            self.session.find_photos(Path(chosen))

    def close_project(self) -> None:
        self.session.leave()

    def try_sample(self) -> None:
        self.session.work.try_sample()

    def _ask_where(self, title: str, name: str) -> Path | None:
        start = projects_folder(self.session.settings) / f"{name}{_SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, title, str(start), tr("DA3 Studio project (*.da3)")
        )
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix == _SUFFIX else path.with_name(path.name + _SUFFIX)

    # Out

    def ask_for_export(self) -> None:
        self._window.show_stage("export")
        self._window.workspace.export_panel.ask_and_export()

    def ask_for_depth_folder(self) -> None:
        workspace = self._window.workspace
        workspace.docks["depth"].show()
        workspace.depth_panel.export.showMenu()

    def take_screenshot(self) -> None:
        self._window.workspace.viewport.take_screenshot()

    def make_turntable(self) -> None:
        self._window.workspace.viewport.make_turntable()

    # The program

    def show_settings(self) -> None:
        from da3studio.app.widgets.settings_dialog import SettingsDialog

        SettingsDialog(self.session, self._window).open()

    def show_models(self) -> None:
        from da3studio.app.widgets.model_dialog import ModelDialog

        ModelDialog(self.session, self._window).open()

    def show_shortcuts(self) -> None:
        from da3studio.app.commands import existing_commands
        from da3studio.app.widgets.shortcuts_page import ShortcutsDialog

        ShortcutsDialog(self.session, existing_commands(), self._window).open()

    def show_about(self) -> None:
        from da3studio.app.widgets.about import AboutDialog

        AboutDialog(self._window).open()

    def collect_diagnostics(self) -> None:
        from da3studio.app.widgets.diagnostics_dialog import DiagnosticsDialog

        DiagnosticsDialog(self.session, self._window).open()

    def look_for_update(self) -> None:
        self.updates.look_now()

    def say_on_top(self, words: str, deeds: Mapping[str, Callable[[], None]]) -> None:
        """A quiet line above everything, until it is closed or one of its buttons is pressed."""
        from da3studio.app.widgets.top_line import TopLine

        centre = self._window.centralWidget()
        layout = centre.layout() if centre is not None else None
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(0, TopLine(words, deeds))

    def _say_new_version(self, release: Release) -> None:
        words = tr("DA3 Studio {version} is there.").format(version=release.version)
        deeds = {
            tr("What is new"): lambda: self.updates.open_page(release),
            tr("Skip this version"): lambda: self.updates.skip(release),
        }
        self.say_on_top(f"{words} {release.notes}".strip(), deeds)

    # The window

    def reset_layout(self) -> None:
        self._window.reset_layout()

    def frame_all(self) -> None:
        self._window.workspace.viewport.frame_all()

    def delete_selected(self) -> None:
        self._window.workspace.around.selection.delete()

    def invert_selection(self) -> None:
        self._window.workspace.around.selection.invert()

    def toggle_tool(self, tool: str) -> None:
        view = self.session.view
        view.set_tool("" if view.tool == tool else tool)

    def quit(self) -> None:
        self._window.close()
