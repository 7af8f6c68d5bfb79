"""Everything the window can be told to do, a row each; menus and the page of shortcuts read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from da3studio.app.session import Session
from da3studio.base.i18n import tr, tr_later
from da3studio.updates.source import announced_at

Menu = Literal["file", "edit", "view", "model", "help"]

MENUS: dict[Menu, str] = {
    "file": tr_later("&File"),
    "edit": tr_later("&Edit"),
    "view": tr_later("&View"),
    "model": tr_later("&Model"),
    "help": tr_later("&Help"),
}


class Desk(Protocol):
    """What a command may use: the session, and what only a window can do."""

    session: Session

    def ask_for_photos(self) -> None: ...
    def ask_for_folder(self) -> None: ...
    def ask_for_video(self) -> None: ...
    def ask_for_new_project(self) -> None: ...
    def ask_for_project(self) -> None: ...
    def ask_for_duplicate(self) -> None: ...
    def show_earlier(self) -> None: ...
    def find_moved_photos(self) -> None: ...
    def close_project(self) -> None: ...
    def try_sample(self) -> None: ...
    def ask_for_export(self) -> None: ...
    def ask_for_depth_folder(self) -> None: ...
    def take_screenshot(self) -> None: ...
    def make_turntable(self) -> None: ...
    def show_settings(self) -> None: ...
    def show_models(self) -> None: ...
    def show_shortcuts(self) -> None: ...
    def show_about(self) -> None: ...
    def collect_diagnostics(self) -> None: ...
    def look_for_update(self) -> None: ...
    def reset_layout(self) -> None: ...
    def frame_all(self) -> None: ...
    def toggle_tool(self, tool: str) -> None: ...
    def delete_selected(self) -> None: ...
    def invert_selection(self) -> None: ...
    def quit(self) -> None: ...


@dataclass(frozen=True)
class Command:
    """One row; `text` is translated where it is shown."""

    id: str
    menu: Menu
    text: str
    run: Callable[[Desk], None]
    shortcut: str = ""
    icon: str = ""
    enabled: Callable[[Desk], bool] = lambda _: True
    label: Callable[[Desk], str] | None = None  # where the text says what it is about
    divided: bool = False  # a line above it in the menu
    exists: Callable[[], bool] = lambda: True  # whether this build of the program has it


def _open(desk: Desk) -> bool:
    return desk.session.folder is not None


def _photos(desk: Desk) -> bool:
    return _open(desk) and bool(desk.session.project.views)


def _cloud(desk: Desk) -> bool:
    return desk.session.scene.cloud is not None


def _undo_label(desk: Desk) -> str:
    what = desk.session.undo_label
    return tr("Undo: {what}").format(what=what) if what else tr("Undo")


def _redo_label(desk: Desk) -> str:
    what = desk.session.redo_label
    return tr("Redo: {what}").format(what=what) if what else tr("Redo")


def _tool(name: str, text: str, shortcut: str, icon: str, *, divided: bool = False) -> Command:
    return Command(
        f"tool-{name}", "edit", text, lambda desk: desk.toggle_tool(name), shortcut, icon,
        _cloud, divided=divided,
    )  # fmt: skip


COMMANDS: tuple[Command, ...] = (
    Command("new", "file", "New project …", lambda d: d.ask_for_new_project(), "Ctrl+N", "new"),
    Command("open", "file", "Open project …", lambda d: d.ask_for_project(), "Ctrl+O", "open"),
    Command("sample", "file", "Try the sample", lambda d: d.try_sample(), "", "sample"),
    Command(
        "add-photos", "file", "Add photos …", lambda d: d.ask_for_photos(), "Ctrl+Shift+O",
        "add-photos", divided=True,
    ),
    Command("add-folder", "file", "Add a folder …", lambda d: d.ask_for_folder(), "", "add-folder"),
    Command("add-video", "file", "Add a video …", lambda d: d.ask_for_video(), "", "add-video"),
    Command(
        "find-photos", "file", "Find moved photos …", lambda d: d.find_moved_photos(), "",
        "search", _photos,
    ),
    Command(
        "duplicate", "file", "Duplicate …", lambda d: d.ask_for_duplicate(), "Ctrl+Shift+S",
        "copy", _open, divided=True,
    ),
    Command(
        "earlier", "file", "Earlier versions …", lambda d: d.show_earlier(), "", "clock", _open
    ),
    Command(
        "screenshot", "file", "Save a picture …", lambda d: d.take_screenshot(), "Ctrl+P",
        "screenshot", _cloud, divided=True,
    ),
    Command(
        "turntable", "file", "Save a turntable video …", lambda d: d.make_turntable(), "",
        "turntable", _cloud,
    ),
    Command(
        "settings", "file", "Settings …", lambda d: d.show_settings(), "Ctrl+,", "settings",
        divided=True,
    ),
    Command("close", "file", "Close project", lambda d: d.close_project(), "Ctrl+W", "", _open),
    Command("quit", "file", "Quit", lambda d: d.quit(), "Ctrl+Q"),
    Command(
        "undo", "edit", "Undo", lambda d: d.session.undo(), "Ctrl+Z", "undo",
        lambda d: d.session.can_undo, _undo_label,
    ),
    Command(
        "redo", "edit", "Redo", lambda d: d.session.redo(), "Ctrl+Shift+Z", "redo",
        lambda d: d.session.can_redo, _redo_label,
    ),
    _tool("box", "Select in a rectangle", "B", "select-box", divided=True),
    _tool("lasso", "Select with a lasso", "L", "lasso"),
    _tool("crop", "Crop box", "C", "crop"),
    _tool("measure", "Measure", "M", "measure"),
    _tool("scale", "Set the size", "S", "scale"),
    _tool("floor", "Floor and upright", "G", "floor"),
    _tool("origin", "Origin and front", "O", "origin"),
    Command(
        "delete-selected", "edit", "Delete the selected points", lambda d: d.delete_selected(),
        "", "trash", _cloud, divided=True,
    ),
    Command(
        "invert-selection", "edit", "Invert the selection", lambda d: d.invert_selection(), "",
        "invert", _cloud,
    ),
    Command(
        "frame-all", "view", "Show everything", lambda d: d.frame_all(), "Home", "frame", _open
    ),
    Command("reset-layout", "view", "Reset the panels", lambda d: d.reset_layout(), "", "", _open),
    Command(
        "reconstruct", "model", "Reconstruct", lambda d: d.session.reconstruct(), "Ctrl+R",
        "reconstruct", _photos,
    ),
    Command(
        "mesh", "model", "Make mesh", lambda d: d.session.make_mesh(), "Ctrl+M", "mesh", _photos
    ),
    Command(
        "export", "model", "Export …", lambda d: d.ask_for_export(), "Ctrl+E", "export", _cloud
    ),
    Command(
        "export-depth", "model", "Export depth …", lambda d: d.ask_for_depth_folder(), "",
        "depth", _cloud,
    ),
    Command(
        "models", "model", "Networks …", lambda d: d.show_models(), "", "models", divided=True
    ),
    Command(
        "shortcuts", "help", "Keyboard and mouse", lambda d: d.show_shortcuts(), "F1", "keyboard"
    ),
    Command(
        "diagnostics", "help", "Collect diagnostics …", lambda d: d.collect_diagnostics(), "",
        "file", divided=True,
    ),
    Command(
        "update", "help", "Look for a new version now", lambda d: d.look_for_update(), "",
        "download", exists=lambda: bool(announced_at()),
    ),
    Command("about", "help", "About DA3 Studio", lambda d: d.show_about(), "", "info"),
)  # fmt: skip


def existing_commands() -> tuple[Command, ...]:
    """Those that this build of the program has."""
    return tuple(command for command in COMMANDS if command.exists())
