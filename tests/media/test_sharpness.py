from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from da3studio.media.image import read_image
from da3studio.media.sharpness import blurred, sharpness
from tests.media.pictures import texture

SETS = ["object_banana", "aerial_brighton", "room_hololens", "street_lund", "object_buddha13"]


def grey(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def moved(image, length, angle):
    """The picture as a camera sees it that moves `length` px while the shutter is open."""
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    for t in np.linspace(-length / 2, length / 2, 8 * length + 1):
        kernel[round(length + t * np.sin(angle)), round(length + t * np.cos(angle))] += 1
    return cv2.filter2D(image, -1, kernel / kernel.sum())


@pytest.mark.parametrize("name", SETS)
def test_that_sharp_photos_pass_and_blurred_ones_among_them_are_found(shared_photos: Path, name):
    paths = sorted((shared_photos / "dev" / name / "images").iterdir())[:10]
    photos = [read_image(path, 640) for path in paths]
    scores = [sharpness(grey(photo)) for photo in photos]
    assert not any(blurred(scores))

    for spoil in (
        lambda photo: cv2.GaussianBlur(photo, (0, 0), 2),
        lambda photo: moved(photo, 10, 0.0),
        lambda photo: moved(photo, 10, 0.8),
        lambda photo: moved(photo, 10, 1.57),
    ):
        verdict = blurred([*scores[1:], sharpness(grey(spoil(photos[0])))])
        assert verdict == [False] * (len(photos) - 1) + [True]


def test_that_contrast_and_brightness_do_not_matter():
    sharp = grey(texture(1))
    faint = (sharp * 0.25 + 20).astype(np.uint8)

    assert sharpness(faint) == pytest.approx(sharpness(sharp), rel=0.1)


def test_that_a_plain_photo_is_not_called_blurred():
    plain = np.full((480, 640), 180, np.uint8)
    plain[100:300, 200:500] = 120  # a sharp sheet of paper on a table
    scores = [sharpness(grey(texture(seed))) for seed in range(4)]

    assert not blurred([*scores, sharpness(plain)])[-1]


def test_that_the_size_of_the_photo_hardly_matters():
    large = texture(3, 2560, 1920)
    small = cv2.resize(large, (640, 480), interpolation=cv2.INTER_AREA)

    assert sharpness(grey(large)) == pytest.approx(sharpness(grey(small)), rel=0.02)


def test_that_a_set_that_is_blurred_throughout_is_found_by_the_floor():
    scores = [sharpness(grey(cv2.GaussianBlur(texture(seed), (0, 0), 5))) for seed in range(3)]

    assert blurred(scores) == [True, True, True]
    assert blurred([]) == []
