"""Saving by itself."""

from __future__ import annotations

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


def test_that_a_failure_is_told_once_and_tried_again(saver, folder, qtbot):
    folder.path.joinpath("earlier").write_text("in the way")  # the version before goes in there
    told = []
    saver.failed.connect(told.append)
    saver.want(folder.project.with_name("boot"))
    saver.soon(lambda: pytest.fail("went on without the disk"))
    qtbot.waitUntil(lambda: bool(told))
    saver.want(folder.project.with_name("sandal"))
    saver.soon(lambda: None)
    qtbot.waitUntil(lambda: not saver.writing)
    assert len(told) == 1
    assert saver.pending

    folder.path.joinpath("earlier").unlink()
    with qtbot.waitSignal(saver.saved, timeout=5000):
        saver.soon(lambda: None)
    assert on_disk(folder) == "sandal"
