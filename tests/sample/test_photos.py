from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.base.progress import Progress
from da3studio.sample.photos import cameras_of_photos, write_photos
from da3studio.sample.viewpoints import lens


@pytest.fixture(scope="module")
def photos(scene, tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("sample"), n_views=2, width=480, scene=scene)


def test_that_a_photo_states_its_camera_and_focal_length_within_rounding(photos):
    with Image.open(photos[0]) as photo:
        assert photo.size == (480, 360)
        exif = photo.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
    assert exif[ExifTags.Base.Make] == "DA3 Studio"
    assert exif[ExifTags.Base.Model] == "Sample camera"
    assert exif[ExifTags.Base.Orientation] == 1
    true_mm = lens().fx * 7.6 / 1280
    assert abs(float(details[ExifTags.Base.FocalLength]) - true_mm) < 0.006
    # Cameras state the equivalent by the diagonal, 43.267 mm for full frame, as a whole number.
    equivalent = lens().fx * 43.267 / np.hypot(1280, 960)
    assert abs(details[ExifTags.Base.FocalLengthIn35mmFilm] - equivalent) <= 0.5


def test_that_photos_are_taken_one_after_the_other(photos):
    times = []
    for path in photos:
        with Image.open(path) as photo:
            details = photo.getexif().get_ifd(ExifTags.IFD.Exif)
            times.append(details[ExifTags.Base.DateTimeOriginal])

    assert times == sorted(set(times))


def test_that_whole_photos_are_kept_and_damaged_ones_made_again_to_the_byte(
    scene, photos, tmp_path
):
    first, second = (path.read_bytes() for path in photos)
    kept, damaged = (tmp_path / path.name for path in photos)
    kept.write_bytes(first)
    damaged.write_bytes(second[: len(second) // 2])
    untouched = kept.stat().st_mtime_ns

    assert write_photos(tmp_path, n_views=2, width=480, scene=scene) == (kept, damaged)
    assert kept.stat().st_mtime_ns == untouched
    assert damaged.read_bytes() == second
    assert sorted(p.name for p in tmp_path.iterdir()) == [kept.name, damaged.name]


def test_that_a_photo_of_another_size_is_not_taken_for_whole(scene, photos, tmp_path):
    (tmp_path / photos[0].name).write_bytes(photos[0].read_bytes())
    smaller = write_photos(tmp_path, n_views=2, width=160, scene=scene)

    with Image.open(smaller[0]) as photo:
        assert photo.size == (160, 120)


def test_that_cancelling_leaves_finished_photos_and_says_how_many_there_were(scene, tmp_path):
    heard: list[Progress] = []
    token = CancelToken(lambda: len(heard) >= 1)
    with pytest.raises(JobCancelled):
        write_photos(tmp_path, n_views=2, width=64, scene=scene, report=heard.append, token=token)

    assert [(p.done, p.total) for p in heard] == [(0, 2)]
    assert [p.name for p in tmp_path.iterdir()] == ["sample_08.jpg"]


def test_that_fewer_photos_are_neighbours_and_have_their_own_cameras():
    few, all_ = cameras_of_photos(8, 480), cameras_of_photos()

    assert [c.intrinsics.width for c in few] == [480] * 8
    for k, camera in enumerate(few):
        np.testing.assert_array_equal(camera.centre, all_[k + 4].centre)
    with pytest.raises(ValueError, match="2 to 16"):
        cameras_of_photos(17)


@pytest.mark.slow
def test_that_every_full_photo_has_1500_features_over_most_of_the_picture(tmp_path):
    started = time.process_time()
    paths = write_photos(tmp_path)
    print(f"16 photos took {time.process_time() - started:.0f} s of CPU time")
    for path in paths:
        gray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        small = cv2.resize(gray, (1000, 750), interpolation=cv2.INTER_AREA)
        xy = np.array([k.pt for k in cv2.SIFT_create().detect(small, None)])
        cells = np.histogram2d(xy[:, 1], xy[:, 0], (6, 8), ((0, 750), (0, 1000)))[0]

        assert len(xy) > 1500, path.name
        assert (cells >= 3).mean() >= 0.6, path.name
