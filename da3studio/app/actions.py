"""The rows of the commands as Qt's actions, in menus, with the person's own shortcuts."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from da3studio.app.commands import MENUS, Command, Desk, Menu, existing_commands
from da3studio.app.icons import icon
from da3studio.base.i18n import tr

_ALSO = {"redo": "Ctrl+Y"}  # a second way that people of other programs expect


class Actions:
    """All actions of a window.

    Args:
        window: gets the menus.
        desk: what the commands use.
        shortcuts: id of a command → the keys the person chose for it.
    """

    def __init__(self, window: QMainWindow, desk: Desk, shortcuts: Mapping[str, str]) -> None:
        self._desk, self._commands = desk, existing_commands()
        self._actions: dict[str, QAction] = {}
        self.menus: dict[Menu, QMenu] = {}
        for menu, title in MENUS.items():
            self.menus[menu] = window.menuBar().addMenu(tr(title))
        for command in self._commands:
            action = self._action(window, command)
            self._actions[command.id] = action
            if command.divided:
                self.menus[command.menu].addSeparator()
            self.menus[command.menu].addAction(action)
        self.set_shortcuts(shortcuts)
        self.refresh()

    def __getitem__(self, command_id: str) -> QAction:
        return self._actions[command_id]

    def set_shortcuts(self, chosen: Mapping[str, str]) -> None:
        """Take the person's own keys where there are some."""
        for command in self._commands:
            keys = [QKeySequence(chosen.get(command.id, command.shortcut))]
            if command.id in _ALSO and command.id not in chosen:
                keys.append(QKeySequence(_ALSO[command.id]))
            self._actions[command.id].setShortcuts([key for key in keys if not key.isEmpty()])

    def refresh(self) -> None:
        """Grey out what cannot be done now, and say what undo would undo."""
        for command in self._commands:
            action = self._actions[command.id]
            action.setEnabled(command.enabled(self._desk))
            if command.label is not None:
                action.setText(command.label(self._desk))

    def _action(self, window: QMainWindow, command: Command) -> QAction:
        action = QAction(tr(command.text), window)
        if command.icon:
            action.setIcon(icon(command.icon))
        action.triggered.connect(lambda _checked=False: command.run(self._desk))
        return action
