"""Installed models are found, checked and removed by what is on the disk."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from da3studio.base.errors import BadInput, CheckpointMismatch, Missing
from da3studio.base.paths import data_folder
from da3studio.weights import store
from da3studio.weights.catalog import model
from da3studio.weights.download import download
from da3studio.weights.licence import accept_licence, is_accepted, require_accepted
from da3studio.weights.store import Installed


@pytest.fixture
def base(hub, info) -> Installed:
    return download(info)


def test_that_the_data_folder_is_the_one_that_is_named(data, monkeypatch):
    assert data_folder() == data
    monkeypatch.delenv("DA3STUDIO_HOME")
    assert data_folder().name == "da3studio"
    assert data_folder().is_absolute()


def test_that_nothing_is_installed_at_first_and_asking_makes_no_folder(data):
    assert store.added() == ()
    with pytest.raises(Missing, match="da3-base is not installed"):
        store.find("da3-base")
    assert not data.exists()


def test_that_one_changed_byte_is_found(base):
    with base.path.open("r+b") as file:
        file.seek(500_000)
        byte = file.read(1)[0]
        file.seek(500_000)
        file.write(bytes([byte ^ 1]))

    assert store.find("da3-base") == base  # the size is the same
    with pytest.raises(CheckpointMismatch, match="its sha256 is"):
        store.verify("da3-base")


def test_that_a_truncated_model_is_not_given_out(base):
    with base.path.open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(CheckpointMismatch, match="its size is 1000 bytes"):
        store.find("da3-base")


def test_that_a_damaged_model_is_downloaded_anew(base, info, hub):
    base.path.write_bytes(b"")
    assert download(info).path.read_bytes() == hub.content


@pytest.mark.parametrize("record", [b"", b"[]", b'{"id": "da3-base"}', b"\xff", b"{" * 70_000])
def test_that_a_model_with_a_damaged_record_is_not_installed(base, record):
    (base.path.parent / "model.json").write_bytes(record)
    assert store.added() == ()
    assert store.remove("da3-base") > 1_000_000


def test_that_a_record_does_not_speak_for_another_folder(base):
    path = base.path.parent / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "id": "da3-giant"}))
    assert store.added() == ()


@pytest.mark.parametrize("name", ["..", "../data", "a/b", "", "DA3", ".tmp-1", "a..b"])
def test_that_no_id_leads_out_of_the_folder_of_models(base, data, name):
    with pytest.raises(Missing):
        store.remove(name)
    assert base.path.is_file()


def test_that_remove_takes_everything_of_one_model_only(base, data):
    other = store.put(
        dataclasses.replace(base, id="da3-small"),
        lambda place: place.write_bytes(base.path.read_bytes()),
    )
    assert store.remove("da3-base") > base.size_bytes
    assert store.added() == (other,)
    assert not base.path.parent.exists()


def test_that_what_a_killed_installation_left_is_swept_by_the_next(base):
    left = base.path.parent / ".tmp-0123.safetensors"
    left.write_bytes(bytes(1000))
    store.put(base, lambda place: Path(place).write_bytes(b"new"))
    assert not left.exists()


def test_that_an_installation_that_fails_leaves_the_former_model(base):
    def fails(place: Path) -> None:
        place.write_bytes(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.put(dataclasses.replace(base, sha256="other"), fails)
    assert store.verify("da3-base") == base


def test_that_a_licence_is_asked_for_once_per_model(data):
    giant, large = model("da3-giant-1.1"), model("da3-large-1.1")
    with pytest.raises(BadInput, match="non-commercial use only"):
        require_accepted(giant)
    accept_licence(giant)

    require_accepted(giant)
    assert not is_accepted(large)
    assert is_accepted(model("da3-base"))
    assert not is_accepted(dataclasses.replace(giant, licence="Other-1.0"))  # a new one is new


def test_that_damaged_answers_are_asked_for_again(data):
    accept_licence(model("da3-giant-1.1"))
    (data / "licences.json").write_bytes(b"[")
    assert not is_accepted(model("da3-giant-1.1"))
