"""What can be asked for on the start page."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from da3studio.app.commands import COMMANDS
from da3studio.app.session import Session
from da3studio.base.settings import Settings
from tests.pipeline.exact_engine import exact_project

ALWAYS = {
    "new", "open", "sample", "add-photos", "add-folder", "add-video", "settings", "quit",
    "models", "shortcuts", "diagnostics", "update", "about",
}  # fmt: skip


@dataclass
class Desk:
    session: Session


@pytest.fixture
def session(qapp, tmp_path):
    one = Session(Settings(projects_folder=str(tmp_path)))
    yield one
    one.close()


def possible(session):
    return {one.id for one in COMMANDS if one.enabled(Desk(session))}


def test_that_without_a_project_only_what_needs_none_can_be_done(session, tmp_path):
    assert possible(session) == ALWAYS

    session.show(exact_project(tmp_path / "still.da3", ()))
    assert possible(session) - ALWAYS == {
        "duplicate", "earlier", "close", "frame-all", "reset-layout",
    }  # fmt: skip
