"""`da3studio bench` as a person starts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.project.folder import ProjectFolder
from tests.cli.conftest import run_program


def test_that_a_folder_without_sets_is_answered_with_words(tmp_path: Path):
    ran = run_program(tmp_path, "bench", "photos", ".")

    assert ran.code == 4
    assert ran.error[0] == ". holds no photo sets."


def test_that_an_unknown_set_is_answered_with_the_known_ones(shared_photos: Path, tmp_path: Path):
    ran = run_program(tmp_path, "bench", "photos", shared_photos, "--sets", "pair_soh,nothing")

    assert ran.code == 3
    assert "object_banana" in ran.error[1]
    assert not list(tmp_path.iterdir())


def test_that_a_project_of_a_person_is_never_removed(shared_photos: Path, tmp_path: Path):
    ProjectFolder.create(tmp_path / "pair_soh.da3", "mine").close()

    ran = run_program(
        tmp_path, "bench", "photos", shared_photos, "--sets", "pair_soh", "--work", "."
    )

    assert ran.code == 3
    assert "was not made by a measurement" in ran.error[1]
    assert (tmp_path / "pair_soh.da3" / "project.json").is_file()


@pytest.mark.slow
def test_that_a_pair_of_photos_is_measured_and_measured_again_for_nothing(
    shared_photos: Path, tmp_path: Path
):
    words = ("bench", "photos", shared_photos, "--sets", "pair_soh", "--preset", "draft")
    words += ("--work", "work", "--out", "page.md", "--json")

    first = run_program(tmp_path, *words)
    page = (tmp_path / "page.md").read_text("utf-8")
    again = run_program(tmp_path, *words)

    assert first.code == again.code == 0
    assert [one["stage"] for one in first.named("stage_done")][-1] == "texture"
    assert not again.named("stage_done")
    assert (tmp_path / "page.md").read_text("utf-8") == page
    assert "| pair_soh |      2 |     2 |    2 of 2 |        2 |" in page
