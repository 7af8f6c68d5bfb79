from __future__ import annotations

import cv2
import numpy as np
import pytest

from da3studio.geometry.camera import Camera, Intrinsics, project, unproject
from da3studio.geometry.rigid import Rigid3
from da3studio.media.undistort import undistort

LENS = Intrinsics(500, 510, 318, 243, 640, 480, k1=-0.12, k2=0.03)


def dots(centres):
    """A picture with a Gaussian dot (sigma 3 px) at each centre, in our pixel convention."""
    y, x = np.mgrid[:480, :640] + 0.5
    image = np.zeros((480, 640))
    for cx, cy in centres:
        image += 250 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 18)
    return np.repeat(image.round().astype(np.uint8)[..., None], 3, axis=2)


def centroid(image, near):
    x0, y0 = int(near[0]) - 12, int(near[1]) - 12
    patch = image[y0 : y0 + 25, x0 : x0 + 25, 0].astype(float)
    y, x = np.mgrid[y0 : y0 + 25, x0 : x0 + 25] + 0.5
    return np.array([(patch * x).sum(), (patch * y).sum()]) / patch.sum()


def test_that_points_land_where_the_pinhole_camera_sees_them():
    camera = Camera(LENS, Rigid3(np.eye(3), np.zeros(3)))
    points = [(x, y, 2.0) for x in (-1.0, -0.4, 0.0, 0.7, 1.0) for y in (-0.7, 0.0, 0.6)]
    photo = dots(project(points, camera))
    result = undistort(photo, LENS)

    for expected in project(points, camera.pinhole()):
        assert np.abs(centroid(result, expected) - expected).max() < 0.05  # [px] 1/32 px tables


def test_that_the_image_itself_comes_back_without_distortion():
    image = dots([(100, 100)])

    assert undistort(image, LENS.pinhole()) is image


def test_that_no_black_border_appears_where_the_lens_saw_nothing():
    image = np.full((480, 640, 3), 200, np.uint8)
    pincushion = Intrinsics(500, 510, 318, 243, 640, 480, k1=0.2)

    assert (undistort(image, pincushion) == 200).all()


def test_that_another_size_is_refused():
    with pytest.raises(ValueError, match="480, 640"):
        undistort(np.zeros((240, 320, 3), np.uint8), LENS)


def test_that_undistorted_photos_and_depth_maps_share_their_pixels():
    camera = Camera(LENS, Rigid3(np.eye(3), np.zeros(3)))
    small = camera.pinhole().resized(320, 240)
    world = unproject(np.full((240, 320), 2, np.float32), small)[60, 200]
    photo = dots([project(world, camera)])
    seen = cv2.resize(undistort(photo, LENS), (320, 240), interpolation=cv2.INTER_AREA)

    assert np.abs(centroid(seen, (200.5, 60.5)) - (200.5, 60.5)).max() < 0.05
