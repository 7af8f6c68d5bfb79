from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.digest import digest_of_file
from da3studio.base.errors import Missing
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.media.image import read_image
from da3studio.media.photos import PhotoFiles
from da3studio.media.undistort import undistort
from da3studio.scene.view import PhotoSource, View, ViewId
from tests.media.pictures import encoded, texture, written


def view_of(path: Path, written_as: str) -> View:
    digest = digest_of_file(path)
    return View(
        ViewId(digest[:12]), path.name, PhotoSource(written_as, digest), 640, 480, None, "", 1.0
    )


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return written(tmp_path / "photos" / "a.jpg", encoded(texture(1), "JPEG"))


def test_that_relative_paths_start_at_the_project_and_absolute_ones_do_not(photo, tmp_path):
    project = tmp_path / "scan.da3"
    project.mkdir()
    photos = PhotoFiles(project)

    relative = photos.read(view_of(photo, "../photos/a.jpg"))
    absolute = photos.read(view_of(photo, photo.as_posix()))
    assert relative.shape == absolute.shape == (480, 640, 3)
    assert photos.read(view_of(photo, "../photos/a.jpg"), 320).shape == (240, 320, 3)


def test_that_a_photo_that_is_gone_is_missing_and_found_again_when_put_back(photo, tmp_path):
    photos = PhotoFiles(tmp_path)
    view = view_of(photo, "photos/a.jpg")
    photos.read(view)
    shutil.move(photo, tmp_path / "kept.jpg")
    with pytest.raises(Missing, match=r"a\.jpg is missing.*is not there.*add it"):
        photos.read(view)

    shutil.move(tmp_path / "kept.jpg", photo)
    assert photos.read(view).shape == (480, 640, 3)


def test_that_another_photo_under_the_same_name_is_refused(photo, tmp_path):
    photos = PhotoFiles(tmp_path)
    view = view_of(photo, "photos/a.jpg")
    photos.read(view)
    written(photo, encoded(texture(2), "JPEG"))

    with pytest.raises(Missing, match="changed since it was added"):
        photos.read(view)


def test_that_a_photo_whose_folder_became_a_file_is_missing(photo, tmp_path):
    view = view_of(photo, "photos/a.jpg")
    shutil.rmtree(photo.parent)
    written(tmp_path / "photos", b"")

    with pytest.raises(Missing, match=r"a\.jpg is missing"):
        PhotoFiles(tmp_path).read(view)


def test_that_undistorted_photos_are_those_of_the_resized_camera(photo, tmp_path):
    lens = Intrinsics(500, 500, 320, 240, 640, 480, k1=-0.1)
    camera = Camera(lens, Rigid3(np.eye(3), np.zeros(3)))
    view = view_of(photo, "photos/a.jpg")

    small = PhotoFiles(tmp_path).read_undistorted(view, camera, 320)
    assert (small == undistort(read_image(photo, 320), lens.resized(320, 240))).all()
    full = PhotoFiles(tmp_path).read_undistorted(view, camera.pinhole())
    assert (full == read_image(photo)).all()
