"""Networks that are a part of the program: always there, never mistaken, never removed."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path

import pytest

from da3studio.base.errors import BadInput, CheckpointMismatch, Missing
from da3studio.engine.da3.checkpoints import load_networks
from da3studio.engine.pinning import pinned
from da3studio.model.checkpoint import identify
from da3studio.recipes.depth import DepthRecipe
from da3studio.weights import store
from da3studio.weights.adopt import adopt
from da3studio.weights.shipped import shipped
from tests.engine.da3.little import CPU
from tests.shipped import describe, ship_nothing
from tests.weights.files import hollow


@pytest.fixture
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = ship_nothing(tmp_path, monkeypatch)
    assert store.installed() == ()
    folder.mkdir()
    return folder


@pytest.fixture
def file(networks: Path) -> Path:
    """The shipped network, all zeros, with its description."""
    file = hollow(networks / "da3-mini.safetensors", "da3-mini")
    describe(file, hashlib.sha256(file.read_bytes()).hexdigest())
    return file


def test_that_it_is_installed_without_anything_in_the_data_folder(file, data):
    (mini,) = store.installed()

    assert mini == store.find("da3-mini") == store.verify("da3-mini")
    assert (mini.path, mini.variant, mini.built_in) == (file, "da3-mini", True)
    assert (mini.licence, mini.commercial, mini.photo_px) == ("Apache-2.0", True, 224)
    assert store.stated_licence("da3-mini") == "da3-mini (Apache-2.0)"
    assert store.added() == ()
    assert not data.exists()


def test_that_it_is_loaded_as_strictly_as_any_and_brings_its_own_resolution(file):
    recipe = DepthRecipe(engine="da3", checkpoint=pinned(store.find("da3-mini")))
    loaded = load_networks(recipe, CPU)

    assert loaded.any_view.config.name == "da3-mini"
    assert loaded.photo_px == 224


def test_that_without_its_file_or_its_description_there_is_none(file):
    about = file.with_suffix(".toml")
    kept = about.read_bytes()
    about.unlink()
    assert store.installed() == ()
    about.write_bytes(kept)
    file.unlink()
    assert store.installed() == ()
    assert shipped() == {}
    with pytest.raises(Missing):
        store.find("da3-mini")


def test_that_it_cannot_be_removed_nor_replaced(file, data):
    mini = store.find("da3-mini")
    with pytest.raises(BadInput, match="cannot be removed"):
        store.remove("da3-mini")
    with pytest.raises(ValueError, match="built in"):
        store.put(dataclasses.replace(mini, built_in=False), lambda place: place.touch())
    assert file.is_file()
    assert not data.exists()


def test_that_what_lies_under_its_id_in_the_data_folder_is_not_taken_for_it(file, networks, data):
    aside = networks.with_name("aside")
    networks.rename(aside)
    other = store.Installed("da3-mini", "da3-mini", "0" * 64, 5, "MIT", True, "", "", store.now())
    store.put(other, lambda place: place.write_bytes(b"other"))
    assert store.find("da3-mini") == other
    aside.rename(networks)

    assert store.find("da3-mini").path == file
    assert len(store.installed()) == 1


def test_that_another_file_of_the_same_network_gets_an_id_of_its_own(file, tmp_path):
    same = Path(shutil.copy(file, tmp_path / "same.safetensors"))
    assert adopt(same) == store.find("da3-mini")
    other = hollow(tmp_path / "other.safetensors", "da3-mini", "F32")
    record = adopt(other)

    assert (record.id, record.built_in) == ("da3-mini-adopted", False)
    assert store.added() == (record,)


def test_that_a_changed_byte_and_a_cut_file_are_found(file):
    with file.open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x01")
    assert store.find("da3-mini").path == file  # the size is the same
    with pytest.raises(CheckpointMismatch, match="is damaged") as caught:
        store.verify("da3-mini")
    assert "install the program again" in caught.value.fix
    with file.open("r+b") as stream:
        stream.truncate(1000)
    with pytest.raises(CheckpointMismatch, match="is damaged"):
        store.find("da3-mini")


def test_that_what_this_checkout_ships_is_what_its_description_says():
    for network_id, description in shipped().items():
        record = store.verify(network_id)
        assert identify(record.path).variant == description.variant
