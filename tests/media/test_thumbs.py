from __future__ import annotations

import os
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from da3studio.base.errors import BadInput, Missing
from da3studio.media.image import read_image
from da3studio.media.thumbs import thumbnail, thumbs_folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "thumbs"


def photo(path: Path, size: tuple[int, int] = (1003, 701), orientation: int = 1) -> Path:
    """Red in the top-left quarter as the camera held it, blue elsewhere; an odd size."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[..., 2] = 200
    pixels[: size[1] // 2, : size[0] // 2] = (200, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=95, exif=exif)
    return path


def files(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


def test_that_a_thumbnail_is_upright_and_as_long_as_asked(tmp_path, cache):
    upright = thumbnail(photo(tmp_path / "a.jpg"), 200, folder=cache)
    turned = thumbnail(photo(tmp_path / "b.jpg", orientation=6), 200, folder=cache)

    assert upright.shape == (140, 200, 3)
    assert turned.shape == (200, 140, 3)
    assert upright[20, 20, 0] > 180
    assert turned[20, 120, 0] > 180  # turned clockwise: the red quarter is at the top right
    assert turned[20, 20, 2] > 180


def test_that_the_second_look_does_not_read_the_photo(tmp_path, cache):
    path = photo(tmp_path / "a.jpg")
    first = thumbnail(path, 200, folder=cache)
    status = path.stat()
    path.write_bytes(b"\0" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    second = thumbnail(path, 200, folder=cache)

    assert np.abs(first.astype(int) - second).max() < 60  # kept as JPEG, worst at the sharp edges
    assert np.abs(first.astype(int) - second).mean() < 1
    assert thumbnail(path, 100, folder=cache).shape == (70, 100, 3)


def test_that_a_changed_photo_gets_a_new_thumbnail(tmp_path, cache):
    path = photo(tmp_path / "a.jpg")
    thumbnail(path, 200, folder=cache)
    os.utime(path, ns=(1, time.time_ns() + 10**9))
    Image.new("RGB", (300, 300), (0, 255, 0)).save(path)

    assert thumbnail(path, 200, folder=cache)[10, 10].tolist() == pytest.approx([0, 255, 0], abs=3)


def test_that_a_damaged_file_of_the_cache_is_made_again(tmp_path, cache):
    path = photo(tmp_path / "a.jpg")
    thumbnail(path, 200, folder=cache)
    (kept,) = files(cache)
    kept.write_bytes(kept.read_bytes()[:300])

    assert thumbnail(path, 200, folder=cache).shape == (140, 200, 3)
    assert files(cache)[0].stat().st_size > 300


def test_that_a_small_photo_is_not_enlarged_and_a_large_wish_is_not_kept(tmp_path, cache):
    path = photo(tmp_path / "a.jpg", (90, 60))

    assert thumbnail(path, 200, folder=cache).shape == (60, 90, 3)
    assert thumbnail(photo(tmp_path / "b.jpg"), 900, folder=cache).shape == (629, 900, 3)
    assert len(files(cache)) == 1


def test_that_the_cache_stays_within_its_limit(tmp_path, cache):
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    for number in range(60):
        Image.fromarray(np.roll(noise, number, 0)).save(tmp_path / f"{number}.png")
        thumbnail(tmp_path / f"{number}.png", 256, folder=cache, limit_bytes=1_000_000)

    kept = files(cache)
    assert sum(path.stat().st_size for path in kept) <= 1_000_000
    assert len(kept) >= 12  # 30 kB each, and 16 folders that fill unevenly


def test_that_a_file_that_goes_away_while_the_cache_is_trimmed_leaves_nothing_open(tmp_path, cache):
    thumbnail(photo(tmp_path / "a.jpg"), 200, folder=cache)
    (kept,) = files(cache)
    (kept.parent / "gone").symlink_to(tmp_path / "nowhere")  # listed, but not there
    kept.unlink()

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        thumbnail(tmp_path / "a.jpg", 200, folder=cache)

    assert kept.is_file()
    assert not said


def test_that_what_is_no_photo_is_refused_as_by_the_decoder(tmp_path, cache):
    (tmp_path / "text.jpg").write_text("no photo")
    with pytest.raises(BadInput):
        thumbnail(tmp_path / "text.jpg", 200, folder=cache)
    with pytest.raises(Missing):
        thumbnail(tmp_path / "nowhere.jpg", 200, folder=cache)
    assert files(cache) == []


def test_that_a_cache_that_takes_no_files_only_costs_time(tmp_path, cache):
    cache.write_text("a file in its place")
    assert thumbnail(photo(tmp_path / "a.jpg"), 200, folder=cache).shape == (140, 200, 3)


def test_that_thumbnails_lie_in_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path / "home"))
    thumbnail(photo(tmp_path / "a.jpg"), 200)
    assert thumbs_folder() == tmp_path / "home" / "thumbs"
    assert len(files(thumbs_folder())) == 1


def test_that_the_fast_way_shows_the_same_picture(tmp_path, cache):
    """1003 is no multiple of 8: libjpeg's small decoding stretches by at most 7 of 1003 pixels."""
    rows, columns = np.indices((701, 1003))
    waves = 127 + 60 * np.sin(columns / 40) + 60 * np.cos(rows / 55)
    path = tmp_path / "waves.jpg"
    Image.fromarray(np.repeat(waves[..., None], 3, 2).astype(np.uint8)).save(path, quality=95)

    fast, exact = thumbnail(path, 120, folder=cache), read_image(path, 120)

    assert np.abs(fast.astype(int) - exact).mean() < 3
