"""The box about the graphics card, in a window that believes to be frozen, with a driver played."""

from __future__ import annotations

import multiprocessing.spawn
import os
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt

from da3studio.app.hardware import hardware_text
from da3studio.app.session import Session
from da3studio.app.viewmodels.graphics import GraphicsSupport
from da3studio.app.viewmodels.model_list import ModelList
from da3studio.app.widgets.graphics_card import GraphicsBox
from da3studio.base.settings import Settings
from da3studio.jobs.messages import InstallGpuJob
from da3studio.runtime import driver, store
from da3studio.runtime.install import put_in_place
from da3studio.runtime.status import look
from tests.runtime.little import edition, torch_wheel, write_nvidia_smi, write_program
from tests.weights.hub import Hub

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 60_000


@pytest.fixture
def smi(tmp_path, monkeypatch) -> Iterator[object]:
    version = driver.noted_version(driver._NOTE) or "580.65.06"
    program = write_nvidia_smi(tmp_path / "bin", version)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    driver.find_card.cache_clear()
    yield program
    driver.find_card.cache_clear()


@pytest.fixture
def offered(tmp_path, monkeypatch, smi) -> Iterator[object]:
    """What the bundle's list offers; the window's workers are the program itself."""
    one = edition({"torch-2.13.0.whl": torch_wheel()})
    program = write_program(tmp_path, one)
    monkeypatch.setattr("sys.frozen", True, raising=False)
    monkeypatch.setattr("sys._MEIPASS", str(tmp_path / "bundle"), raising=False)
    before = multiprocessing.spawn.get_executable()
    multiprocessing.spawn.set_executable(str(program))
    yield one
    multiprocessing.spawn.set_executable(before)


@pytest.fixture
def session(qapp, request):
    if "offered" in request.fixturenames:
        request.getfixturevalue("offered")  # first: a window does not become a bundle later
    one = Session(Settings())
    yield one
    one.close()


@pytest.fixture
def box(session, qtbot):
    graphics = GraphicsSupport(session)
    with qtbot.waitSignal(graphics.changed, timeout=PATIENCE_MS):
        pass
    one = GraphicsBox(graphics)
    one.graphics = graphics
    qtbot.addWidget(one)
    return one


def put(one):
    with Hub(b"") as hub:
        hub.shelf = {"torch-2.13.0.whl": torch_wheel()}
        return put_in_place(one, mirror=hub.url)


def test_that_a_source_checkout_shows_nothing(smi, box):
    assert box.graphics.row.state == "hidden"
    assert box.isHidden()
    assert hardware_text(look()) == "Graphics card: Little Card, 3, 12 GB."


def test_that_a_card_without_support_is_offered_its_download(offered, box):
    assert box.graphics.row.state == "absent"
    assert "Little Card, 3, 12 GB was found." in box.text
    assert "NVIDIA" in box.text
    assert (box.get.isHidden(), box.pause.isHidden(), box.remove.isHidden()) == (False, True, True)
    assert "It is not used yet: see Model → Networks." in hardware_text(look())


def test_that_an_old_driver_is_said_and_nothing_is_offered(offered, smi, session, qtbot):
    write_nvidia_smi(smi.parent, "470.42")
    driver.find_card.cache_clear()
    graphics = GraphicsSupport(session)
    qtbot.waitUntil(lambda: graphics.row.state == "unfit", timeout=PATIENCE_MS)

    assert "Its driver 470.42 is too old; 580.65 or newer is needed." in graphics.row.words
    assert "cannot be used" in hardware_text(look())


def test_that_a_download_that_fails_is_said_and_can_be_gone_on_with(offered, box, session, qtbot):
    models = ModelList(session)
    qtbot.mouseClick(box.get, LEFT)
    assert session.jobs.models.jobs == (InstallGpuJob(),)
    assert box.graphics.row.state == "working"
    assert box.get.isHidden()
    qtbot.waitUntil(lambda: not session.jobs.models.busy, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "could not be downloaded" in box.text, timeout=PATIENCE_MS)

    assert box.graphics.row.state == "absent"  # nobody is at the list's addresses
    assert models.said == ""  # it is not about a network


def test_that_what_is_installed_is_tried_used_and_removed(offered, session, qtbot):
    put(offered)
    graphics = GraphicsSupport(session)
    qtbot.waitUntil(lambda: graphics.row.state == "installed", timeout=PATIENCE_MS)
    assert not graphics.row.is_good

    with qtbot.waitSignal(session.jobs.renewed, timeout=PATIENCE_MS):
        graphics.download()
    qtbot.waitUntil(lambda: graphics.row.is_good, timeout=PATIENCE_MS)
    assert graphics.row.words == "Little Card, 3, 12 GB is used."
    assert hardware_text(look()) == "Graphics card: Little Card, 3, 12 GB."

    with qtbot.waitSignal(session.jobs.renewed, timeout=PATIENCE_MS):
        graphics.remove()
    qtbot.waitUntil(lambda: graphics.row.state == "absent", timeout=PATIENCE_MS)
    assert "free again" in graphics.row.words
    assert list(store.runtimes_folder().iterdir()) == []
