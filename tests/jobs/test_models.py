"""Jobs about network weights, with sparse files of zeros."""

from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.base.errors import LicenceNotAccepted, Missing, NetworkTrouble
from da3studio.jobs.messages import (
    AdoptJob,
    DownloadJob,
    Failed,
    Finished,
    ModelReady,
    VerifyJob,
    Working,
)
from da3studio.weights import store
from da3studio.weights.catalog import model
from tests.jobs.talk import Talk
from tests.pipeline.exact_engine import exact_engine
from tests.weights.files import hollow
from tests.weights.hub import Hub


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


def test_that_weights_are_adopted_and_verified(tmp_path):
    file = hollow(tmp_path / "mine.safetensors", "da3-small")
    talk = Talk(exact_engine)
    with talk.client as client:
        number = client.submit(AdoptJob(file))
        outcome = talk.outcome()
        if isinstance(outcome, Failed):  # it could be a model whose licence asks first
            number = client.submit(AdoptJob(file, accept_licence=True))
            outcome = talk.outcome()
        assert outcome == Finished(number)
        ready = talk.answer(ModelReady)
        number = client.submit(VerifyJob(ready.model_id))
        assert talk.outcome() == Finished(number)
        assert talk.said[-2] == ModelReady(number, ready.model_id)
    assert store.find(ready.model_id).variant == "da3-small"
    assert {m.task for m in talk.said if isinstance(m, Working)} >= {"verify"}


def test_that_a_licence_that_has_to_be_accepted_is_asked_for(tmp_path):
    file = hollow(tmp_path / "mine.safetensors", "da3-large")
    talk = Talk(exact_engine)
    with talk.client as client:
        client.submit(AdoptJob(file))
        outcome = talk.outcome()
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error(), LicenceNotAccepted)
    assert "CC-BY-NC-4.0" in outcome.why


def test_that_a_model_that_is_not_there_is_told(tmp_path):
    talk = Talk(exact_engine)
    with talk.client as client:
        for job in (VerifyJob("da3-base"), DownloadJob("da3-none"), AdoptJob(tmp_path / "gone")):
            client.submit(job)
            outcome = talk.outcome()
            assert isinstance(outcome, Failed)
            assert isinstance(outcome.error(), Missing)


def test_that_a_broken_download_keeps_what_came(tmp_path, monkeypatch):
    info = model("da3-small")
    content = bytes(3_000_000)
    with Hub(content, size=info.tensor_bytes + 40_000) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        talk = Talk(exact_engine)
        with talk.client as client:
            client.submit(DownloadJob("da3-small"))
            outcome = talk.outcome()
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error(), NetworkTrouble)
    assert any(isinstance(m, Working) and m.task == "download" for m in talk.said)
    (part,) = store.folder_of("da3-small").glob("*.part")
    assert part.stat().st_size == len(content)
