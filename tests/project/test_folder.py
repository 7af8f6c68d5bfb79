from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.errors import (
    BadInput,
    CannotWrite,
    Missing,
    ProjectBusy,
    ProjectDamaged,
    UserFacingError,
)
from da3studio.project.folder import ProjectFolder
from da3studio.project.photo_paths import stored_photo_path
from da3studio.recipes.recipe import PRESETS
from tests.project.test_manifest import PROJECT, VIEW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Statue.da3"


def saved(path: Path) -> None:
    with ProjectFolder.create(path, "Statue") as folder:
        folder.save(PROJECT)


def test_that_a_saved_project_opens_equal(path):
    saved(path)
    with ProjectFolder.open(path) as folder:
        assert folder.project == PROJECT


def test_that_open_or_create_does_either(path):
    for _ in range(2):
        with ProjectFolder.open_or_create(path, "Statue") as folder:
            assert folder.project.name == "Statue"


def test_that_a_folder_with_other_files_is_not_made_a_project(path):
    path.mkdir()
    (path / "IMG_1.jpg").touch()
    with pytest.raises(BadInput, match="other files"):
        ProjectFolder.create(path, "x")
    assert [entry.name for entry in path.iterdir()] == ["IMG_1.jpg"]


def test_that_a_file_is_no_project(path):
    path.touch()
    for way in (ProjectFolder.open, lambda p: ProjectFolder.create(p, "x")):
        with pytest.raises(BadInput, match="folder"):
            way(path)


def test_that_a_missing_project_is_missing_and_leaves_no_trace(path):
    with pytest.raises(Missing):
        ProjectFolder.open(path)
    assert not path.exists()


def test_that_create_goes_on_after_being_killed_before_the_manifest(path):
    path.mkdir()
    (path / "lock").touch()
    (path / ".tmp-abc.json").touch()
    ProjectFolder.create(path, "x").close()
    ProjectFolder.open(path).close()


def test_that_saving_the_same_again_makes_no_earlier_version(path):
    with ProjectFolder.create(path, "Statue") as folder:
        folder.save(PROJECT)
        folder.save(PROJECT)
        folder.save(replace(PROJECT, name="Bust"))
    assert len(list((path / "earlier").iterdir())) == 2


def test_that_the_last_20_earlier_versions_stay(path):
    with ProjectFolder.create(path, "0") as folder:
        for n in range(1, 26):
            folder.save(replace(folder.project, name=str(n)))
    kept = sorted((path / "earlier").iterdir())
    assert len(kept) == 20
    assert '"name": "24"' in kept[-1].read_text()


def test_that_damage_names_the_earlier_version_that_mends_it(path):
    saved(path)
    with ProjectFolder.open(path) as folder:
        folder.save(replace(PROJECT, name="Bust"))
    newest = sorted((path / "earlier").iterdir())[-1]
    (path / "earlier" / "9999-unreadable.json").write_bytes(b"{")
    (path / "project.json").write_bytes(b"{}")

    with pytest.raises(ProjectDamaged) as caught:
        ProjectFolder.open(path)

    assert str(newest) in caught.value.fix
    (path / "project.json").write_bytes(newest.read_bytes())
    with ProjectFolder.open(path) as folder:
        assert folder.project == PROJECT


def test_that_a_damaged_manifest_is_refused_without_a_trace(path):
    saved(path)
    content = (path / "project.json").read_bytes()
    before = sorted(entry.name for entry in path.iterdir())
    random = np.random.default_rng(2)
    for place in random.integers(0, len(content), 100):
        flipped = bytearray(content)
        flipped[place] ^= 1 << int(random.integers(8))
        for damaged in (content[:place], bytes(flipped)):
            (path / "project.json").write_bytes(damaged)
            try:
                ProjectFolder.open(path).close()
            except UserFacingError as error:
                assert error.fix  # noqa: PT017
            assert (path / "project.json").read_bytes() == damaged
            assert sorted(entry.name for entry in path.iterdir()) == before


def test_that_a_second_writer_is_told_who_is_busy(path):
    saved(path)
    with ProjectFolder.open(path), pytest.raises(ProjectBusy, match=str(os.getpid())):
        ProjectFolder.open(path)
    ProjectFolder.open(path).close()


def test_that_looking_needs_no_lock_and_cannot_save(path):
    saved(path)
    with ProjectFolder.open(path), ProjectFolder.open(path, write=False) as looking:
        assert looking.project == PROJECT
        with pytest.raises(CannotWrite, match="looked at"):
            looking.save(replace(PROJECT, name="y"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_that_a_read_only_project_can_be_looked_at(path):
    saved(path)
    (path / "lock").unlink()
    path.chmod(0o555)
    try:
        with ProjectFolder.open(path, write=False) as folder:
            assert folder.project == PROJECT
        with pytest.raises(CannotWrite):
            ProjectFolder.open(path)
    finally:
        path.chmod(0o755)


def test_that_scratch_stays_until_it_is_cleared(path):
    with ProjectFolder.create(path, "x") as folder:
        (folder.scratch("new") / "features").touch()
        (folder.scratch("old") / "features").touch()
        folder.clear_scratch(keep="new")
        assert [entry.name for entry in (path / "scratch").iterdir()] == ["new"]
        assert (folder.scratch("new") / "features").exists()
        folder.clear_scratch()
        assert not (path / "scratch").exists()


def test_that_opening_sweeps_what_an_interrupted_write_left(path):
    saved(path)
    left = path / "chunks" / "ab" / ".tmp-xyz.safetensors"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    beside = [path / f"{place}.tmp-2a-x" for place in ("", "earlier/", "masks/", "frames/walk/")]
    for one in beside:
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_bytes(b"half")
    ProjectFolder.open(path, write=False).close()
    assert all(one.exists() for one in (left, *beside))
    ProjectFolder.open(path).close()
    assert not any(one.exists() for one in (left, *beside))


def test_that_photos_are_named_from_the_project_folder(tmp_path):
    photo = tmp_path / "fotos" / VIEW.name
    assert stored_photo_path(photo, tmp_path / "a" / "b.da3") == f"../../fotos/{VIEW.name}"


def test_that_presets_survive_the_disk(path):
    with ProjectFolder.create(path, "x") as folder:
        for recipe in PRESETS.values():
            folder.save(folder.project.with_recipe(recipe))
            with ProjectFolder.open(path, write=False) as looking:
                assert looking.project.recipe == recipe
