"""`open.da3`: the file in a project that stands for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.base.errors import BadInput, Missing
from da3studio.project.door import project_folder
from da3studio.project.folder import ProjectFolder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "Statue.da3"
    ProjectFolder.create(path, "Statue").close()
    return path


@pytest.fixture
def door(path: Path) -> Path:
    return path / "open.da3"


def test_that_every_new_project_has_a_file_that_says_what_it_is_for(door):
    text = door.read_text("utf-8")
    assert text.startswith("A double click on this file opens the DA3 Studio project")
    assert len(text.splitlines()) == 1


def test_that_the_file_is_taken_for_its_project(path, door):
    for open_it in (
        ProjectFolder.open,
        lambda file: ProjectFolder.open(file, write=False),
        lambda file: ProjectFolder.open_or_create(file, "other"),
        ProjectFolder.mend,
    ):
        with open_it(door) as folder:
            assert folder.path == path
            assert folder.project.name == "Statue"


def test_that_a_file_with_another_name_and_a_link_to_it_stand_for_the_project_too(path, door):
    renamed = door.rename(path / "The statue.DA3")
    link = path.parent / "on the desk.da3"
    link.symlink_to(renamed)

    assert project_folder(renamed) == project_folder(link) == path


def test_that_other_paths_stand_for_themselves(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lonely = tmp_path / "lonely.da3"
    lonely.touch()
    for other in (path, lonely, path / "project.json", path / "missing.da3", tmp_path):
        assert project_folder(other) == other
    assert project_folder(Path("Statue.da3/open.da3")) == path


def test_that_what_is_wrong_is_said_of_the_folder(path, door):
    (path / "project.json").unlink()
    with pytest.raises(Missing, match="There is no project in") as caught:
        ProjectFolder.open(door)
    assert "open.da3" not in caught.value.what
    with pytest.raises(BadInput, match="is not a project"):
        ProjectFolder.create(door, "x")


def test_that_a_project_is_made_in_a_folder_that_got_no_further_than_the_file(path, door):
    (path / "project.json").unlink()
    ProjectFolder.create(path, "again").close()
    assert door.is_file()


def test_that_a_project_without_the_file_opens_and_its_duplicate_has_one(path, door):
    door.unlink()
    with ProjectFolder.open(path) as folder:
        folder.duplicate(path.with_name("Copy.da3"), "Copy")
    with ProjectFolder.open(path.with_name("Copy.da3") / "open.da3") as copy:
        assert copy.project.name == "Copy"
