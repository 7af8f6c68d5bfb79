from __future__ import annotations

import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.model_list import ModelList, good_for
from da3studio.base.settings import Settings
from da3studio.jobs.messages import DownloadJob
from da3studio.weights import store
from da3studio.weights.catalog import catalogue, model
from da3studio.weights.licence import is_accepted
from da3studio.weights.store import Installed, folder_of


@pytest.fixture
def session(qapp, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    one = Session(Settings())
    yield one
    one.close()


def put(model_id: str, content: bytes = b"weights") -> None:
    record = Installed(
        model_id, "da3-base", "0" * 64, len(content), "Apache-2.0", True, "a file", "", store.now()
    )
    store.put(record, lambda place: place.write_bytes(content))


def test_that_each_network_says_what_it_is_for_and_its_licence(session):
    rows = {row.id: row for row in ModelList(session).rows}

    assert set(rows) == {info.id for info in catalogue() if not info.superseded_by}
    assert all(row.good_for and row.licence for row in rows.values())
    assert (rows["da3-base"].free, rows["da3-large-1.1"].free) == (True, False)
    assert [row.id for row in rows.values() if row.advised] == ["da3-base", "da3metric-large"]
    assert "metres" in good_for(model("da3metric-large"))


def test_that_installed_added_and_half_fetched_ones_are_told_apart(session, qtbot):
    put("da3-base")
    put("my-own")
    folder_of("da3-small").mkdir(parents=True)
    (folder_of("da3-small") / f"model.safetensors.{'a' * 64}.part").write_bytes(b"half")
    models = ModelList(session)
    qtbot.waitUntil(lambda: any(row.id == "my-own" for row in models.rows))
    states = {row.id: row.state for row in models.rows}

    assert (states["da3-base"], states["my-own"], states["da3-small"]) == (
        "installed",
        "installed",
        "part",
    )
    models.remove("da3-base")
    qtbot.waitUntil(lambda: {row.id: row.state for row in models.rows}["da3-base"] == "absent")
    assert "free again" in models.said


def test_that_a_licence_is_asked_once_and_nothing_is_fetched_before(session, qtbot):
    models = ModelList(session)
    with qtbot.waitSignal(models.licence_asked) as asked:
        models.download("da3-large-1.1")
    assert asked.args == ["da3-large-1.1"]
    assert session.jobs.models.jobs == ()

    models.accept("da3-large-1.1")
    assert is_accepted(model("da3-large-1.1"))
    assert session.jobs.models.jobs == (DownloadJob("da3-large-1.1"),)
    again = ModelList(session)  # a dialog that is opened later
    assert {row.id: row.state for row in again.rows}["da3-large-1.1"] == "working"
    models.pause()
    qtbot.waitUntil(lambda: session.jobs.models.jobs == (), timeout=20_000)
