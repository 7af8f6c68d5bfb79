"""Qt's application on the virtual screen, and the rule that no test leaves anything behind."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from da3studio.scene.view import View
from tests.pipeline.exact_engine import exact_project, make_photos

_SETTLE_S = 5.0


@pytest.fixture(scope="session")
def qapp_args(screen: str) -> list[str]:
    """pytest-qt makes its application from these, after the screen is there."""
    from PySide6.QtCore import QCoreApplication, Qt

    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    return ["da3studio"]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[View, ...]:
    """Six rendered photos of an exact scene, with absolute paths."""
    return make_photos(tmp_path_factory.mktemp("exact") / "photos")


@pytest.fixture
def project(photos: tuple[View, ...], tmp_path: Path) -> Path:
    """A new project of these photos."""
    path = tmp_path / "still.da3"
    exact_project(path, photos).close()
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, models and thumbnails of each test lie in a folder of its own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a process, a running timer or a window."""
    before = _alive()
    yield
    deadline = time.monotonic() + _SETTLE_S
    while (left := _new(before)) and time.monotonic() < deadline:
        _let_qt_tidy_up()
    assert not left, f"{request.node.name} left behind: {', '.join(sorted(left))}"


def _qt_is_loaded() -> bool:
    return "PySide6.QtWidgets" in sys.modules


def _alive() -> dict[int, str]:
    """What runs or is shown: identity → words."""
    found = {id(one): f"thread {one.name}" for one in threading.enumerate() if not _is_foreign(one)}
    for child in psutil.Process().children(recursive=True):
        if not _is_allowed(child):
            found[-child.pid] = f"process {child.pid} {child.name()}"
    if _qt_is_loaded():
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication
        from shiboken6 import isValid

        application = QApplication.instance()
        if isinstance(application, QApplication):
            for widget in QApplication.topLevelWidgets():
                if isValid(widget):
                    found[id(widget)] = f"window {type(widget).__name__}"
            for one in gc.get_objects():
                if issubclass(type(one), QTimer) and isValid(one) and one.isActive():
                    found[id(one)] = f"timer of {type(one.parent()).__name__}"
    return found


def _is_allowed(process: psutil.Process) -> bool:
    """The screen, and the helper by which multiprocessing tidies up once for all tests."""
    try:
        return process.name() == "Xvfb" or any("resource_tracker" in a for a in process.cmdline())
    except psutil.NoSuchProcess:
        return True


def _is_foreign(thread: threading.Thread) -> bool:
    """Whether Python only met it while it ran a callback; such entries outlive their thread."""
    return type(thread).__name__ == "_DummyThread"


def _new(before: dict[int, str]) -> list[str]:
    return [words for identity, words in _alive().items() if identity not in before]


def _let_qt_tidy_up() -> None:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    if application is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        application.processEvents()
    gc.collect()
    time.sleep(0.01)
