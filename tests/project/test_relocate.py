from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.digest import digest_of_file
from da3studio.base.progress import silent
from da3studio.project.document import Project
from da3studio.project.photo_paths import stored_photo_path
from da3studio.project.relocate import missing_views, relocate, relocated
from da3studio.scene.view import PhotoSource, View, ViewId


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(4):
        (folder / f"IMG_{n}.jpg").write_bytes(b"photo %d" % n * 50)
    return folder


@pytest.fixture
def project(photos: Path, tmp_path: Path) -> Project:
    views = [
        View(ViewId(f"v{n}"), path.name,
             PhotoSource(stored_photo_path(path, tmp_path / "a.da3"), digest_of_file(path)),
             40, 30, None, "", 1.0)
        for n, path in enumerate(sorted(photos.iterdir()))
    ]  # fmt: skip
    return Project("a", tuple(views))


def found(project: Project, tmp_path: Path, *search: Path) -> dict[ViewId, Path]:
    return relocate(project, tmp_path / "a.da3", search, silent, NEVER)


def test_that_photos_in_their_place_need_no_search(project, tmp_path):
    assert missing_views(project, tmp_path / "a.da3") == ()
    assert found(project, tmp_path, tmp_path) == {}


def test_that_a_moved_folder_is_found_and_the_project_names_the_new_place(
    project, photos, tmp_path
):
    (tmp_path / "else").mkdir()
    photos.rename(tmp_path / "else" / "where")
    assert len(missing_views(project, tmp_path / "a.da3")) == 4
    places = found(project, tmp_path, tmp_path)
    assert {path.name for path in places.values()} == {f"IMG_{n}.jpg" for n in range(4)}
    moved = relocated(project, tmp_path / "a.da3", places)
    assert moved.views[0].source.path == "../else/where/IMG_0.jpg"
    assert missing_views(moved, tmp_path / "a.da3") == ()


def test_that_a_renamed_photo_is_found_by_its_content(project, photos, tmp_path):
    (photos / "IMG_1.jpg").rename(photos / "statue from the left.JPG")
    assert found(project, tmp_path, photos) == {"v1": photos / "statue from the left.JPG"}


def test_that_a_file_of_the_same_name_with_other_content_is_not_taken(project, photos, tmp_path):
    (photos / "IMG_1.jpg").write_bytes(b"another photo")
    (photos / "IMG_2.jpg").unlink()
    other = tmp_path / "other"
    shutil.copytree(photos, other)
    (other / "IMG_2.jpg").write_bytes(b"yet another")
    assert found(project, tmp_path, other) == {}


def test_that_a_file_may_be_named_and_no_folder_has_to_exist(project, photos, tmp_path):
    path = (photos / "IMG_3.jpg").rename(tmp_path / "x.jpg")
    assert found(project, tmp_path, tmp_path / "nowhere", path) == {"v3": path}


def test_that_a_search_can_be_stopped(project, photos, tmp_path):
    (photos / "IMG_3.jpg").unlink()
    with pytest.raises(JobCancelled):
        relocate(project, tmp_path / "a.da3", [photos], silent, CancelToken(lambda: True))
