"""Which keys do what, and which keys the person chose instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from da3studio.app.session import Session
from da3studio.base.i18n import tr


class Named(Protocol):
    """What is needed of a command."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def shortcut(self) -> str: ...


@dataclass(frozen=True)
class ShortcutRow:
    """One command with its keys."""

    id: str
    name: str
    keys: str  # as they are now, portable text
    default: str
    clashes: tuple[str, ...]  # names of other commands with the same keys

    @property
    def is_changed(self) -> bool:
        return self.keys != self.default


class Shortcuts(QObject):
    """Binds the table of commands and the person's choices.

    Args:
        session: whose settings keep the choices.
        commands: every command there is.
        taken: keys that cannot be changed, as portable text → what they do, translated.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        commands: Sequence[Named],
        parent: QObject | None = None,
        *,
        taken: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(parent)
        self._session, self._commands, self._taken = session, tuple(commands), taken
        session.settings_changed.connect(self.changed)

    @property
    def rows(self) -> tuple[ShortcutRow, ...]:
        chosen = self._session.settings.shortcuts
        keys = {one.id: portable(chosen.get(one.id, one.shortcut)) for one in self._commands}
        return tuple(
            ShortcutRow(
                one.id,
                _plain(tr(one.text)),
                keys[one.id],
                portable(one.shortcut),
                self._clashes(one.id, keys),
            )
            for one in self._commands
        )

    def _clashes(self, command_id: str, keys: Mapping[str, str]) -> tuple[str, ...]:
        mine = keys[command_id]
        if not mine:
            return ()
        others = [one for one in self._commands if one.id != command_id and keys[one.id] == mine]
        fixed = [self._taken[mine]] if mine in self._taken else []
        return (*(_plain(tr(one.text)) for one in others), *fixed)

    def set(self, command_id: str, keys: str) -> None:
        """Choose keys for a command, "" = none."""
        default = next(one.shortcut for one in self._commands if one.id == command_id)
        chosen = dict(self._session.settings.shortcuts)
        chosen.pop(command_id, None)
        if portable(keys) != portable(default):
            chosen[command_id] = portable(keys)
        self._session.set_settings(replace(self._session.settings, shortcuts=chosen))
        self.changed.emit()

    def reset(self, command_id: str) -> None:
        """Back to the keys that the program comes with."""
        self.set(command_id, next(o.shortcut for o in self._commands if o.id == command_id))

    def reset_all(self) -> None:
        self._session.set_settings(replace(self._session.settings, shortcuts={}))
        self.changed.emit()


def portable(keys: str) -> str:
    """The same keys always in the same words."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)


def _plain(text: str) -> str:
    """A menu's text as a name."""
    return text.replace("&", "").removesuffix("…").strip()
