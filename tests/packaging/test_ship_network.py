"""Putting trained weights into the program."""

from __future__ import annotations

import pytest
from ship_network import ship

from da3studio.base.errors import CheckpointMismatch
from da3studio.weights import store
from tests.shipped import ship_nothing
from tests.weights.files import hollow


@pytest.mark.parametrize(("small", "megabytes"), [(False, 31), (True, 16)])
def test_that_what_is_shipped_is_the_built_in_network(tmp_path, monkeypatch, small, megabytes):
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path / "data"))
    networks = ship_nothing(tmp_path, monkeypatch)
    checkpoint = hollow(tmp_path / "trained.safetensors", "da3-mini")
    words = 'scenes "of our own"'
    file = ship(
        checkpoint, networks.parent, photo_px=336, references=3, trained_on=words, small=small
    )

    record = store.verify("da3-mini")
    assert (record.path, record.photo_px, record.source) == (file, 336, words)
    assert record.references == 3
    assert round(record.size_bytes / 1e6) == megabytes
    assert file.stat().st_mode & 0o044 == 0o044  # of an installed program, everybody reads it


def test_that_another_network_is_not_shipped(tmp_path, monkeypatch):
    networks = ship_nothing(tmp_path, monkeypatch)
    tiny = hollow(tmp_path / "tiny.safetensors", "da3studio-tiny")
    with pytest.raises(CheckpointMismatch, match="does not hold the network da3-mini"):
        ship(tiny, networks.parent, photo_px=224, references=1, trained_on="", small=False)
    assert store.look_up("da3-mini") is None
    assert not list(networks.glob("da3-mini*"))
