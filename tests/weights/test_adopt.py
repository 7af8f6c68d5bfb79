"""Weights that a person has: recognised, linked, licensed; anything else refused unread."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import pytest

from da3studio.base.errors import BadInput, CheckpointMismatch, Missing
from da3studio.weights import store
from da3studio.weights.adopt import adopt
from da3studio.weights.catalog import model
from da3studio.weights.store import UNKNOWN_LICENCE
from tests.weights.files import hollow
from tests.weights.hub import COMMIT


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return hollow(tmp_path / "mine" / "model.safetensors", "da3-small")


def test_that_a_file_is_recognised_linked_and_survives_its_removal_here(small):
    done = adopt(small)

    assert (done.id, done.variant, done.licence) == ("da3-small", "da3-small", "Apache-2.0")
    assert done.path.samefile(small)  # no second copy
    assert done.source == "model.safetensors"
    assert store.verify("da3-small") == done

    store.remove("da3-small")
    assert store.added() == ()
    assert small.is_file()


def test_that_a_folder_stands_for_the_file_in_it_and_adding_twice_changes_nothing(small):
    first = adopt(small)
    again = adopt(small.parent)

    assert again.sha256 == first.sha256
    assert {path.name for path in again.path.parent.iterdir()} == {
        "model.safetensors",
        "model.json",
    }


@pytest.mark.parametrize("step_into", [".", f"snapshots/{COMMIT}"])
def test_that_the_hubs_cache_tells_repository_and_commit(tmp_path, step_into):
    cache = tmp_path / "models--depth-anything--DA3-SMALL"
    blob = hollow(cache / "blobs" / ("5" * 64), "da3-small")
    link = cache / "snapshots" / COMMIT / "model.safetensors"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    done = adopt(cache / step_into)

    assert done.id == "da3-small"
    assert (done.source, done.revision) == ("depth-anything/DA3-SMALL", COMMIT)
    assert done.path.samefile(blob)
    assert not done.path.is_symlink()


def test_that_a_file_of_another_repository_is_not_taken_for_the_published_one(tmp_path):
    cache = tmp_path / "models--somebody--fine-tuned" / "snapshots" / COMMIT
    done = adopt(hollow(cache / "model.safetensors", "da3-small"))

    assert done.id == "da3-small-adopted"
    assert (done.licence, done.commercial) == (UNKNOWN_LICENCE, False)


def test_that_a_network_that_nobody_published_has_no_known_licence(tmp_path):
    done = adopt(hollow(tmp_path / "tiny.safetensors", "da3studio-tiny"))

    assert done.id == "da3studio-tiny-adopted"
    assert (done.licence, done.commercial) == (UNKNOWN_LICENCE, False)


def test_that_another_file_does_not_take_the_place_of_an_installed_model(small, tmp_path):
    first = adopt(small)
    other = hollow(tmp_path / "other.safetensors", "da3-small")
    with other.open("r+b") as file:
        file.seek(-2, os.SEEK_END)
        file.write(b"\x80\x3f")
    second = adopt(other)

    assert second.id == "da3-small-adopted"
    assert store.find("da3-small") == first


def test_that_nothing_is_installed_before_its_licence_is_accepted(tmp_path):
    large = hollow(tmp_path / "large.safetensors", "da3-large")
    with pytest.raises(BadInput, match=r"licence of DA3-LARGE-1\.1"):
        adopt(large)
    assert store.added() == ()


def test_that_what_may_be_one_of_two_published_models_has_the_strictest_licence(tmp_path):
    asked = []
    done = adopt(hollow(tmp_path / "large.safetensors", "da3-large"), agree=asked.append)

    assert asked == [model("da3-large-1.1")]
    assert (done.id, done.variant) == ("da3-large-adopted", "da3-large")
    assert (done.licence, done.commercial) == ("CC-BY-NC-4.0", False)


def test_that_a_protected_file_is_copied_and_left_as_it_is(small, monkeypatch):
    small.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the superuser may always write
    done = adopt(small)

    assert not done.path.samefile(small)
    assert store.verify("da3-small") == done
    assert small.stat().st_mode & 0o777 == 0o444


def pickled(path: Path) -> Path:
    path.write_bytes(pickle.dumps({"weights": [0.0] * 1000}))
    return path


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    return path


@pytest.mark.parametrize("kind", [pickled, zipped])
@pytest.mark.parametrize("name", ["model.bin", "model.PT", "model.pth", "model.ckpt"])
def test_that_a_pickle_is_refused_by_its_name_before_it_is_opened(tmp_path, kind, name):
    path = kind(tmp_path / name)
    path.chmod(0)  # not even its first byte is wanted
    with pytest.raises(CheckpointMismatch, match="a stranger's program"):
        adopt(path)


@pytest.mark.parametrize("kind", [pickled, zipped])
def test_that_a_pickle_called_safetensors_is_refused(tmp_path, kind):
    with pytest.raises(CheckpointMismatch, match="a stranger's program"):
        adopt(kind(tmp_path / "model.safetensors"))


def test_that_a_folder_of_pickles_is_told_why_they_do_not_count(tmp_path):
    (tmp_path / "mine").mkdir()
    pickled(tmp_path / "mine" / "pytorch_model.bin")
    (tmp_path / "mine" / "README.md").write_text("Weights.")
    with pytest.raises(CheckpointMismatch, match=r"pytorch_model\.bin is refused"):
        adopt(tmp_path / "mine")


@pytest.mark.parametrize("content", [b"", b"{}", b"words " * 100, bytes(100)])
def test_that_what_is_no_weights_file_is_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointMismatch, match="does not begin as a safetensors file"):
        adopt(path)


def test_that_a_truncated_file_is_refused(small):
    os.truncate(small, 100_000_000 // 3)
    with pytest.raises(CheckpointMismatch, match=r"model\.safetensors"):
        adopt(small)
    assert store.added() == ()


def test_that_other_tensors_are_refused_by_name(weights):
    with pytest.raises(CheckpointMismatch):
        adopt(weights)


def test_that_a_path_that_is_not_there_and_an_empty_folder_are_said(tmp_path):
    with pytest.raises(Missing, match="No file or folder has this name"):
        adopt(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Missing, match=r"holds 0 \.safetensors files"):
        adopt(tmp_path / "empty")
