from __future__ import annotations

from dataclasses import replace

import numpy as np
import pycolmap
import pytest

from da3studio.geometry.camera import (
    Camera,
    Intrinsics,
    pixel_centres,
    project,
    rays,
    unproject,
)
from da3studio.geometry.rigid import Rigid3
from tests.synthetic.captures import still_life
from tests.synthetic.rigs import look_at
from tests.synthetic.shapes import cast

LENS = Intrinsics(500, 510, 318, 243, 640, 480)
STRAIGHT = Rigid3(np.eye(3), np.zeros(3))
RNG = np.random.default_rng(0)
IN_FRONT = np.c_[RNG.uniform(-1, 1, (300, 2)), RNG.uniform(1.5, 6, 300)]


@pytest.mark.parametrize(
    ("model", "params", "lens"),
    [
        ("PINHOLE", [500, 510, 318, 243], LENS),
        ("SIMPLE_RADIAL", [500, 318, 243, -0.11], replace(LENS, fy=500, k1=-0.11)),
        ("RADIAL", [500, 318, 243, 0.07, -0.02], replace(LENS, fy=500, k1=0.07, k2=-0.02)),
    ],
)
def test_that_points_are_seen_where_colmap_sees_them(model, params, lens):
    theirs = pycolmap.Camera(model=model, width=640, height=480, params=params)

    np.testing.assert_allclose(
        project(IN_FRONT, Camera(lens, STRAIGHT)), theirs.img_from_cam(IN_FRONT), atol=1e-9
    )


def test_that_every_pixel_of_a_plane_unprojects_onto_it_and_projects_back():
    camera = look_at((1, -3, 2), (0, 0, 0), replace(LENS, width=320, height=240))
    depth = cast(still_life(2).shape, camera).depth.astype(np.float32)
    points = unproject(depth, camera)
    measured = depth > 0

    assert np.isnan(points[~measured]).all()
    assert np.abs(project(points, camera) - pixel_centres(320, 240))[measured].max() < 1e-3
    assert still_life(2).shape.distance(points[measured]).max() < 2e-6  # float32 at 4 units


def test_that_the_first_pixels_centre_is_at_a_half():
    assert pixel_centres(3, 2)[0, 0].tolist() == [0.5, 0.5]
    assert pixel_centres(3, 2)[1, 2].tolist() == [2.5, 1.5]
    directions = rays(Camera(LENS, STRAIGHT))
    np.testing.assert_allclose(directions[0, 0], [(0.5 - 318) / 500, (0.5 - 243) / 510, 1])


def test_that_a_resized_camera_sees_everything_at_the_resized_place():
    camera = Camera(replace(LENS, k1=-0.1, k2=0.02), STRAIGHT)
    small = camera.resized(160, 96)

    np.testing.assert_allclose(project(IN_FRONT, small), project(IN_FRONT, camera) / (4, 5))
    assert (small.intrinsics.width, small.intrinsics.height) == (160, 96)
    assert small.intrinsics.k1 == -0.1


def test_that_points_beside_and_behind_the_camera_are_not_seen():
    pixels = project([[0, 0, -1], [1, 0, 0], [0, 0, 1e-9], [0, 0, 1]], Camera(LENS, STRAIGHT))

    assert np.isnan(pixels[:2]).all()
    np.testing.assert_allclose(pixels[2:], [[318, 243]] * 2)


def test_that_the_centre_is_where_the_camera_stands():
    camera = look_at((1, -3, 2), (0, 0, 0), LENS)

    np.testing.assert_allclose(camera.centre, [1, -3, 2], atol=1e-15)
    np.testing.assert_allclose(camera.cam_from_world.apply([0, 0, 0]), [0, 0, 14**0.5], atol=1e-12)


def test_that_a_distorted_camera_and_a_depth_map_of_another_size_are_refused():
    distorted = Camera(replace(LENS, k1=-0.1), STRAIGHT)

    with pytest.raises(ValueError, match="pinhole"):
        rays(distorted)
    assert rays(distorted.pinhole()).shape == (480, 640, 3)
    with pytest.raises(ValueError, match=r"depth is \(240, 320\)"):
        unproject(np.ones((240, 320), np.float32), distorted.pinhole())
