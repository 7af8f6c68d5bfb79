from __future__ import annotations

from dataclasses import dataclass

import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.shortcuts import Shortcuts
from da3studio.base.settings import Settings, load_settings


@dataclass(frozen=True)
class Row:
    id: str
    text: str
    shortcut: str = ""


ROWS = (Row("undo", "&Undo", "Ctrl+Z"), Row("mesh", "Make mesh …", "Ctrl+M"), Row("about", "About"))


@pytest.fixture
def session(qapp):
    one = Session(Settings())
    yield one
    one.close()


def test_that_chosen_keys_are_kept_and_defaults_are_not(session):
    shortcuts = Shortcuts(session, ROWS)
    shortcuts.set("mesh", "ctrl+shift+m")
    shortcuts.set("undo", "Ctrl+Z")

    assert dict(session.settings.shortcuts) == {"mesh": "Ctrl+Shift+M"}
    assert dict(load_settings().settings.shortcuts) == {"mesh": "Ctrl+Shift+M"}
    shortcuts.reset("mesh")
    assert dict(session.settings.shortcuts) == {}


def test_that_keys_taken_twice_are_told_by_both(session):
    shortcuts = Shortcuts(session, ROWS)
    shortcuts.set("about", "Ctrl+M")
    mesh, about = shortcuts.rows[1:]

    assert (mesh.clashes, about.clashes) == (("About",), ("Make mesh",))
    assert (about.is_changed, mesh.is_changed) == (True, False)


def test_that_no_keys_is_a_choice_and_never_a_clash(session):
    shortcuts = Shortcuts(session, ROWS)
    shortcuts.set("mesh", "")

    assert [row.keys for row in shortcuts.rows] == ["Ctrl+Z", "", ""]
    assert all(row.clashes == () for row in shortcuts.rows)
    shortcuts.reset_all()
    assert shortcuts.rows[1].keys == "Ctrl+M"
