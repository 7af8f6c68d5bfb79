"""Adding a network whose licence asks first, as a person meets it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from da3studio.app.session import Session
from da3studio.app.widgets.model_dialog import ModelDialog
from da3studio.base.settings import Settings
from da3studio.jobs.messages import AdoptJob, DownloadJob
from da3studio.weights import store
from da3studio.weights.catalog import catalogue, model
from da3studio.weights.licence import is_accepted
from tests.weights.files import hollow

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 60_000


@pytest.fixture
def session(qapp, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    one = Session(Settings())
    yield one
    one.close()


@pytest.fixture
def troubles(session):
    told = []
    session.problem.connect(told.append)
    return told


@pytest.fixture
def dialog(session, qtbot):
    one = ModelDialog(session)
    qtbot.addWidget(one)
    with qtbot.waitExposed(one):
        one.show()
    return one


@pytest.fixture
def large(tmp_path):
    """Of a network that is not free for commercial work."""
    return hollow(tmp_path / "large.safetensors", "da3-large")


def installed():
    return [one.variant for one in store.added()]


def test_that_a_file_asks_for_its_licence_once_and_is_added(
    dialog, session, troubles, large, qtbot
):
    dialog.models.adopt(large)
    qtbot.waitUntil(dialog.licence.isVisible, timeout=PATIENCE_MS)
    assert "CC-BY-NC-4.0" in dialog.licence.text
    assert "--accept-licence" not in dialog.licence.text
    assert dialog.licence.button.text() == "I agree, add it"
    assert installed() == []

    qtbot.mouseClick(dialog.licence.button, LEFT)
    qtbot.waitUntil(lambda: installed() == ["da3-large"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not session.jobs.models.busy, timeout=PATIENCE_MS)
    assert not dialog.licence.isVisible()
    assert dialog.models.said == "The network is installed."
    assert troubles == []
    assert any(is_accepted(info) for info in catalogue() if info.variant == "da3-large")


def test_that_the_banner_asks_where_the_dialog_is_closed(dialog, session, troubles, large, qtbot):
    dialog.models.adopt(large)
    dialog.close()
    qtbot.waitUntil(lambda: bool(troubles), timeout=PATIENCE_MS)
    assert troubles[0].button == "I agree, add it"
    assert "CC-BY-NC-4.0" in troubles[0].why
    assert len(troubles) == 1

    troubles[0].act()
    assert session.jobs.models.jobs == (AdoptJob(large, accept_licence=True),)
    dialog.models.pause()
    qtbot.waitUntil(lambda: not session.jobs.models.busy, timeout=PATIENCE_MS)


def test_that_a_failure_that_is_not_the_licence_is_told_as_any_other(
    dialog, session, troubles, tmp_path, qtbot
):
    dialog.models.adopt(tmp_path / "gone.safetensors")
    qtbot.waitUntil(lambda: bool(troubles), timeout=PATIENCE_MS)

    assert troubles[0].button == "Try again"
    assert not dialog.licence.isVisible()
    assert "is not there" in dialog.models.said


def test_that_accepting_the_licence_of_a_published_network_begins_its_download(
    dialog, session, qtbot
):
    qtbot.mouseClick(dialog.cards["da3-large-1.1"].get, LEFT)
    qtbot.waitUntil(dialog.licence.isVisible)
    qtbot.mouseClick(dialog.licence.button, LEFT)

    assert is_accepted(model("da3-large-1.1"))
    assert session.jobs.models.jobs == (DownloadJob("da3-large-1.1"),)
    assert not dialog.licence.isVisible()
    dialog.models.pause()
    qtbot.waitUntil(lambda: not session.jobs.models.busy, timeout=PATIENCE_MS)
