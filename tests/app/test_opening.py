"""Opening, dropping and closing where something is in the way."""

from __future__ import annotations

import os
import shutil
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from da3studio.app.problems import worker_died
from da3studio.app.session import Session
from da3studio.base.settings import Settings
from da3studio.pipeline.collect import collect_old_results
from da3studio.project.folder import ProjectFolder
from tests.pipeline.exact_engine import exact_engine, exact_project

PATIENCE_MS = 60_000


@pytest.fixture
def session(qapp, tmp_path):
    one = Session(Settings(projects_folder=str(tmp_path / "projects")), exact_engine)
    yield one
    one.close()


@pytest.fixture
def told(session):
    troubles = []
    session.problem.connect(troubles.append)
    return troubles


def opened(session, path, qtbot):
    with qtbot.waitSignal(session.folder_changed):
        session.open(path)


def obstruct(project):
    """Nothing can be saved: the version before has to go to a folder that is a file."""
    shutil.rmtree(project / "earlier")
    (project / "earlier").write_text("in the way")


@pytest.mark.parametrize("name", ["empty", "texts", "missing"])
def test_that_no_project_is_made_for_what_holds_no_photos(session, told, tmp_path, qtbot, name):
    tmp_path.joinpath("empty").mkdir()
    tmp_path.joinpath("texts").mkdir()
    tmp_path.joinpath("texts", "note.txt").write_text("no photo")
    session.add_files([tmp_path / name])
    qtbot.waitUntil(lambda: bool(told))

    assert told[0].what == "No new photo could be used."
    assert session.folder is None
    assert not tmp_path.joinpath("projects").exists()


def test_that_a_project_folder_with_another_name_is_opened(session, project, qtbot):
    other = project.rename(project.with_name("renamed folder"))
    with qtbot.waitSignal(session.folder_changed):
        session.add_files([other])

    assert session.folder.path == other


def test_that_the_file_in_a_project_opens_it(session, project, told, qtbot):
    door = project / "open.da3"
    with qtbot.waitSignal(session.folder_changed):
        session.add_files([door])
    assert session.folder.path == project

    with qtbot.waitSignal(session.said) as said:
        session.open(door)
    assert said.args[0] == "This project is open already"
    assert not told


def test_that_the_open_project_is_not_opened_again(session, project, told, qtbot):
    opened(session, project, qtbot)
    before = session.folder
    with qtbot.waitSignal(session.said) as said:
        session.open(project.parent / "." / project.name)

    assert said.args[0] == "This project is open already"
    assert session.folder is before
    assert not told


def test_that_a_second_click_does_not_meet_the_lock_of_the_first(session, project, told, qtbot):
    session.open(project)
    session.open(project)
    qtbot.waitUntil(lambda: session.folder is not None and not session.background.busy)

    assert not told


def test_that_a_damaged_project_opens_with_its_newest_version_that_can_be_read(
    session, project, told, qtbot
):
    with ProjectFolder.open(project) as folder:
        folder.save(folder.project.with_name("Fruit"))
    project.joinpath("project.json").write_text('{"schema": [1')
    session.open(project)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].button == "Open that version"
    assert session.folder is None

    with qtbot.waitSignal(session.folder_changed):
        told[0].act()
    assert session.project.name == "Still life"
    assert project.joinpath("project-damaged.json").read_text() == '{"schema": [1'


def test_that_a_project_that_cannot_be_saved_stays_open_until_the_person_gives_it_up(
    session, project, told, qtbot
):
    opened(session, project, qtbot)
    obstruct(project)
    session.commit("Rename", session.project.with_name("Fruit"))

    assert not session.leave()
    assert session.project.name == "Fruit"
    assert told[0].button == "Close without saving"
    told[0].act()
    assert session.folder is None


def test_that_another_project_is_not_opened_over_unsaved_changes(session, project, told, qtbot):
    opened(session, project, qtbot)
    obstruct(project)
    session.commit("Rename", session.project.with_name("Fruit"))
    other = project.with_name("other.da3")
    exact_project(other, session.project.views).close()
    session.open(other)
    qtbot.waitUntil(lambda: bool(told))

    assert session.folder.path == project
    ProjectFolder.open(other).close()  # nobody holds it


def test_that_photos_meant_for_a_closed_project_do_not_land_in_the_next(
    session, project, photos, qtbot
):
    opened(session, project, qtbot)
    other = project.with_name("other.da3")
    ProjectFolder.create(other, "Other").close()
    session.add_files([Path(photos[0].source.path).parent])
    session.show(ProjectFolder.open(other))
    qtbot.waitUntil(lambda: not session.background.busy)

    assert session.pending_imports == ()
    assert not session.jobs.busy
    assert session.project.views == ()


def test_that_old_results_go_when_a_project_is_opened(session, project, monkeypatch, qtbot):
    chunk = {"z": np.zeros(10_000)}
    with ProjectFolder.open(project) as folder:
        for name in ("aa" * 16, "bb" * 16):
            folder.chunks.put(name, "depth", chunk, {})
    long_ago = time.time() - 1e6
    os.utime(next(project.glob("chunks/aa/*")), (long_ago, long_ago))
    soon = partial(collect_old_results, spare_bytes=100_000)
    monkeypatch.setattr("da3studio.app.session.collect_old_results", soon)
    opened(session, project, qtbot)

    assert list(session.folder.chunks.keys()) == ["bb" * 16]


def test_that_a_folder_for_projects_that_cannot_be_is_told(qapp, tmp_path, photos, qtbot):
    (tmp_path / "file").write_text("no folder")
    session = Session(Settings(projects_folder=str(tmp_path / "file")), exact_engine)
    try:
        with qtbot.waitSignal(session.problem) as told:
            session.add_files([Path(photos[0].source.path)])
        assert "cannot be written" in told.args[0].what
        assert session.folder is None
        assert not session.jobs.busy
    finally:
        session.close()


def test_that_a_worker_that_died_on_a_full_disk_is_told_so(tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    told = worker_died(-6, tmp_path, "Try again", lambda: None)

    assert told.why == f"The disk that holds {tmp_path} is full."
    assert "Free some space" in told.fix
    assert told.button == "Try again"
