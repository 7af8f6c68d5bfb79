from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from da3studio.media.decode import decode
from da3studio.media.duplicates import fingerprint, groups_of_same, same_picture
from da3studio.media.image import read_image
from tests.media.pictures import encoded, texture


def print_of(image):
    return fingerprint(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


@pytest.mark.parametrize(
    "name",
    [
        "object_banana",
        "aerial_brighton",
        "room_hololens",
        "street_lund",
        "object_buddha13",
        "pair_soh",
    ],
)
def test_that_neighbouring_views_of_a_capture_are_no_duplicates(shared_photos: Path, name):
    folder = shared_photos / "dev" / name / "images"
    prints = [print_of(read_image(path, 640)) for path in sorted(folder.iterdir())]

    assert groups_of_same(prints) == []
    assert not any(same_picture(a, b) for a, b in combinations(prints, 2))


@pytest.mark.parametrize("quality", [30, 60, 90])
@pytest.mark.parametrize("side", [320, 500, 1200])
def test_that_copies_of_other_size_and_quality_are_found(shared_photos: Path, quality, side):
    original = read_image(shared_photos / "dev/object_banana/images/DSC_0430.jpg")
    scale = side / 1600
    smaller = cv2.resize(original, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    copy = decode(encoded(smaller, "JPEG", quality=quality), "copy").pixels

    assert same_picture(print_of(original), print_of(copy))


def test_that_a_burst_from_a_tripod_is_found_despite_noise_and_exposure():
    rng = np.random.default_rng(0)
    scene = texture(5)
    burst = [
        np.clip(scene * gain + rng.normal(0, 4, scene.shape), 0, 255).astype(np.uint8)
        for gain in (0.9, 1.0, 0.97)
    ]
    others = [texture(6), texture(7)]

    prints = [print_of(image) for image in (burst[0], others[0], *burst[1:], others[1])]
    assert groups_of_same(prints) == [[0, 2, 3]]


def test_that_a_small_camera_motion_is_no_duplicate():
    scene = cv2.GaussianBlur(texture(8, 700, 480), (0, 0), 2)

    assert not same_picture(print_of(scene[:, :640]), print_of(scene[:, 26:666]))  # 4 % of it


def test_that_blank_photos_equal_each_other():
    white, grey = np.full((90, 120), 250, np.uint8), np.full((60, 80), 120, np.uint8)

    assert same_picture(fingerprint(white), fingerprint(grey))
