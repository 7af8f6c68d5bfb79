"""Saving by itself."""

from __future__ import annotations

import threading
import time

import pytest

from da3studio.app.background import Background
from da3studio.app.saver import Saver
from da3studio.project.folder import ProjectFolder


@pytest.fixture
def folder(tmp_path):
    with ProjectFolder.create(tmp_path / "shoe.da3", "shoe") as one:
        yield one


@pytest.fixture
def saver(qapp, folder):
    background = Background()
    one = Saver(background)
    one.watch(folder)
    yield one
    background.close()
    one.watch(None)


def on_disk(folder):
    return ProjectFolder.open(folder.path, write=False).project.name


def test_that_a_change_is_on_the_disk_soon_without_being_asked_for(saver, folder, qtbot):
    saver.want(folder.project.with_name("boot"))
    assert saver.pending
    with qtbot.waitSignal(saver.saved, timeout=5000) as told:
        pass

    assert on_disk(folder) == "boot"
    assert not saver.pending
    assert len(told.args[0]) == 5  # "14:02"


def test_that_what_waits_for_the_disk_goes_on_when_the_newest_value_is_there(saver, folder, qtbot):
    found = []
    saver.want(folder.project.with_name("boot"))
    saver.soon(lambda: found.append(on_disk(folder)))
    saver.want(folder.project.with_name("sandal"))
    qtbot.waitUntil(lambda: bool(found))

    assert found == ["sandal"]


def test_that_nothing_waits_when_all_is_saved(saver):
    found = []
    saver.soon(lambda: found.append(1))

    assert found == [1]


def test_that_closing_saves_at_once(saver, folder):
    saver.want(folder.project.with_name("boot"))
    saver.now()

    assert on_disk(folder) == "boot"


def test_that_changes_without_a_rest_are_saved_all_the_same(saver, folder, qtbot):
    began = time.monotonic()
    done = []
    saver.saved.connect(done.append)
    number = 0
    while not done:
        number += 1
        saver.want(folder.project.with_name(f"boot {number}"))
        qtbot.wait(100)  # less than what it waits for another change
        assert time.monotonic() - began < 10
    assert on_disk(folder).startswith("boot ")


def test_that_a_write_that_waits_for_a_thread_does_not_undo_the_one_of_closing(qapp, folder, qtbot):
    background = Background()
    saver, free = Saver(background), threading.Event()
    saver.watch(folder)
    for _ in range(8):  # all threads, and more
        background.run(free.wait, lambda _: None)
    saver.want(folder.project.with_name("boot"))
    saver.soon(lambda: None)
    assert saver.writing
    saver.want(folder.project.with_name("sandal"))
    saver.now()
    free.set()
    qtbot.waitUntil(lambda: not background.busy)

    assert on_disk(folder) == "sandal"
    background.close()
    saver.watch(None)


def test_that_a_change_taken_back_while_it_is_written_is_not_taken_for_saved(saver, folder, qtbot):
    before = folder.project
    saver.want(before.with_name("boot"))
    saver.soon(lambda: None)
    saver.want(before)
    assert saver.pending
    found = []
    saver.soon(lambda: found.append(on_disk(folder)))
    qtbot.waitUntil(lambda: bool(found))

    assert found == ["shoe"]


def test_that_a_failure_is_told_once_and_tried_again(saver, folder, qtbot, monkeypatch):
    tried, save = [], folder.save
    monkeypatch.setattr(folder, "save", lambda value: (tried.append(value.name), save(value)))
    folder.path.joinpath("earlier").write_text("in the way")  # the version before goes in there
    told = []
    saver.failed.connect(told.append)
    saver.want(folder.project.with_name("boot"))
    qtbot.waitUntil(lambda: bool(told))
    saver.want(folder.project.with_name("sandal"))
    qtbot.waitUntil(lambda: "sandal" in tried and not saver.writing)
    assert len(told) == 1
    assert saver.pending

    saver.soon(lambda: pytest.fail("went on without the disk"))
    qtbot.waitUntil(lambda: len(told) == 2)  # whoever waits for the disk hears of it again

    folder.path.joinpath("earlier").unlink()
    with qtbot.waitSignal(saver.saved, timeout=5000):
        saver.soon(lambda: None)
    assert on_disk(folder) == "sandal"
