from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.digest import digest_of_bytes, digest_of_file
from da3studio.base.errors import BadInput
from da3studio.base.progress import Progress, silent
from da3studio.media.photos import PhotoFiles
from da3studio.media.probe import nothing_usable, probe
from tests.media.pictures import MAKE, MAY_READ_ALL, MODEL, encoded, exif_of, texture, written
from tests.media.test_video import filmed, pan


def jpeg(seed: int, **options) -> bytes:
    return encoded(texture(seed, 320, 240), "JPEG", **options)


@pytest.fixture
def probed(tmp_path: Path):
    def run(*paths: Path, known=(), n_frames=6, report=silent, token=NEVER, taken=()):
        return probe(
            paths, frames_folder=tmp_path / "frames", n_frames=n_frames, known=known,
            report=report, token=token, taken=taken,
        )  # fmt: skip

    return run


def test_that_a_view_tells_what_its_file_says(probed, tmp_path: Path):
    exif = exif_of({MAKE: "Apple", MODEL: "iPhone 8"}, {0xA405: 28}, {})
    path = written(tmp_path / "photos" / "IMG_1.jpg", jpeg(1, exif=exif))
    (view,) = probed(tmp_path / "photos").views

    assert (view.width, view.height) == (320, 240)
    assert view.focal_px == pytest.approx(28 / 35 * 320)
    assert view.camera_name == "Apple iPhone 8"
    assert view.source.path == path.as_posix()
    assert view.source.digest == digest_of_file(path) == digest_of_bytes(path.read_bytes())
    assert view.id == view.source.digest[:12]
    assert view.name == "IMG_1.jpg"
    assert view.sharpness > 0.3


def test_that_every_bad_file_is_listed_with_its_reason_and_the_rest_goes_on(probed, tmp_path: Path):
    folder = tmp_path / "photos"
    written(folder / "good.jpg", jpeg(1))
    written(folder / "cut.jpg", jpeg(2)[:-3000])
    written(folder / "empty.png", b"")
    written(folder / "notes.jpg", b"just text")
    written(folder / "broken.mp4", b"no video")
    written(folder / "readme.txt", b"hello")
    (folder / "dangling.jpg").symlink_to("nowhere.jpg")
    found = probed(folder, tmp_path / "absent.jpg")

    assert [view.name for view in found.views] == ["good.jpg"]
    said = {refusal.path.name: refusal.why for refusal in found.refused}
    assert set(said) == {
        "cut.jpg", "empty.png", "notes.jpg", "broken.mp4", "readme.txt", "dangling.jpg",
        "absent.jpg",
    }  # fmt: skip
    assert "truncated" in said["cut.jpg"]
    assert "0 bytes" in said["empty.png"]
    assert "is not JPEG" in said["notes.jpg"]
    assert "No frame" in said["broken.mp4"]


@pytest.mark.skipif(MAY_READ_ALL, reason="root may read everything")
def test_that_a_photo_without_permission_is_listed(probed, tmp_path: Path):
    written(tmp_path / "photos" / "closed.jpg", jpeg(1)).chmod(0)
    found = probed(tmp_path / "photos")

    assert found.views == ()
    assert "Permission denied" in found.refused[0].why


def test_that_exact_copies_are_used_once_and_said(probed, tmp_path: Path):
    for name in ("a.jpg", "b.jpg", "deep/a.jpg"):
        written(tmp_path / "photos" / name, jpeg(1))
    written(tmp_path / "photos" / "c.jpg", jpeg(2))
    found = probed(tmp_path / "photos")

    assert [view.name for view in found.views] == ["a.jpg", "c.jpg"]
    assert found.notices == (
        "2 files are exact copies of others and are used once: b.jpg = a.jpg, a.jpg = a.jpg.",
    )


def test_that_photos_of_the_project_are_not_added_again(probed, tmp_path: Path):
    written(tmp_path / "photos" / "a.jpg", jpeg(1))
    first = probed(tmp_path / "photos")
    written(tmp_path / "photos" / "b.jpg", jpeg(2))
    second = probed(tmp_path / "photos", known={view.source.digest for view in first.views})

    assert [view.name for view in second.views] == ["b.jpg"]
    assert second.notices == ("1 photo is in the project already: a.jpg.",)


def test_that_names_and_ids_are_unique(probed, tmp_path: Path):
    written(tmp_path / "room A" / "IMG_1.jpg", jpeg(1))
    written(tmp_path / "room B" / "IMG_1.jpg", jpeg(2))
    written(tmp_path / "room B" / "IMG_2.jpg", jpeg(3))
    found = probed(tmp_path / "room A", tmp_path / "room B", taken={"IMG_2.jpg"})

    names = ["room A/IMG_1.jpg", "room B/IMG_1.jpg", "room B/IMG_2.jpg"]
    assert [view.name for view in found.views] == names
    assert len({view.id for view in found.views}) == 3


def test_that_blurred_photos_and_repeated_pictures_are_used_and_said(probed, tmp_path: Path):
    for seed in range(4):
        written(tmp_path / "photos" / f"{seed}.jpg", jpeg(seed))
    soft = cv2.GaussianBlur(texture(9, 320, 240), (0, 0), 3)
    written(tmp_path / "photos" / "soft.jpg", encoded(soft, "JPEG"))
    written(tmp_path / "photos" / "smaller.png", encoded(texture(2, 320, 240)[::2, ::2], "PNG"))
    found = probed(tmp_path / "photos")

    assert len(found.views) == 6
    repeated, blurred = found.notices
    assert repeated.startswith("1 photo shows the same picture as another one: 2.jpg = smaller.png")
    assert blurred.startswith("1 photo is blurred: soft.jpg.")


def test_that_mixed_cameras_and_zooms_are_said(probed, tmp_path: Path):
    for i, (model, focal) in enumerate([("iPhone 8", 28), ("iPhone 8", 28), ("iPhone X", 28)]):
        exif = exif_of({MAKE: "Apple", MODEL: model}, {0xA405: focal}, {})
        written(tmp_path / "mixed" / f"{i}.jpg", jpeg(i, exif=exif))
    for i, focal in enumerate([28, 56]):
        exif = exif_of({MAKE: "Apple", MODEL: "iPhone 8"}, {0xA405: focal}, {})
        written(tmp_path / "zoomed" / f"{i}.jpg", jpeg(i + 5, exif=exif))

    (mixed,) = probed(tmp_path / "mixed").notices
    assert "Apple iPhone 8 (2), Apple iPhone X (1)" in mixed
    (zoomed,) = probed(tmp_path / "zoomed").notices
    assert zoomed.startswith("The zoom was changed")


def test_that_videos_become_views_without_a_focal_length(probed, tmp_path: Path):
    (tmp_path / "in").mkdir()
    filmed(tmp_path / "in" / "walk.avi", pan(np.arange(40) * 8))
    found = probed(tmp_path / "in")

    assert len(found.views) == 6
    view = found.views[3]
    assert (view.focal_px, view.camera_name, view.source.video) == (None, "", "walk.avi")
    assert view.source.time_s > found.views[2].source.time_s > 0
    assert view.name == Path(view.source.path).name
    assert Path(view.source.path).is_relative_to(tmp_path / "frames")
    assert PhotoFiles(tmp_path).read(view).shape == (240, 320, 3)


def test_that_two_videos_of_one_name_do_not_overwrite_each_other(probed, tmp_path: Path):
    for folder, seed in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        filmed(tmp_path / folder / "clip.avi", pan([0, 40, 80], texture(seed, 420, 240)))
    found = probed(tmp_path / "a", tmp_path / "b")

    assert len(found.views) == len({view.name for view in found.views}) == 6
    assert all(Path(view.source.path).exists() for view in found.views)


def test_that_cancelling_stops_between_photos(probed, tmp_path: Path):
    for seed in range(6):
        written(tmp_path / "photos" / f"{seed}.jpg", jpeg(seed))
    reports: list[Progress] = []
    with pytest.raises(JobCancelled):
        probed(
            tmp_path / "photos", report=reports.append,
            token=CancelToken(lambda: len(reports) >= 2),
        )  # fmt: skip
    assert [report.done for report in reports] == [1, 2]


def test_that_an_import_without_photos_says_why(probed, tmp_path: Path):
    for i in range(5):
        written(tmp_path / "photos" / f"{i}.jpg", b"text")
    error = nothing_usable(probed(tmp_path / "photos"))

    assert isinstance(error, BadInput)
    assert "0.jpg: What it holds is not JPEG" in error.why
    assert error.why.endswith("2 more files were refused too.")
    assert nothing_usable(probed()).why == "No photo or video was found there."


@pytest.mark.parametrize(
    ("name", "count"),
    [("object_banana", 16), ("aerial_brighton", 18), ("room_hololens", 26), ("mixed_exif", 10)],
)
def test_that_real_captures_come_whole_and_without_complaints(
    probed, shared_photos: Path, name, count
):
    found = probed(shared_photos / "dev" / name / "images")

    assert len(found.views) == count
    assert found.refused == found.notices == ()


def test_that_a_shrunk_copy_among_real_photos_is_said(probed, shared_photos: Path, tmp_path: Path):
    source = shared_photos / "dev"
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in (30, 31, 32):
        shutil.copy(source / f"object_banana/images/DSC_04{i}.jpg", folder)
    shutil.copy(source / "mixed_exif/images/DSC_0430.jpg", folder / "shrunk.jpg")

    (notice,) = probed(folder).notices
    assert "DSC_0430.jpg = shrunk.jpg" in notice
