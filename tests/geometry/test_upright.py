from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3
from da3studio.geometry.upright import down_direction, level_rotation
from tests.synthetic.rigs import grid, lens_of, look_at, moved, orbit

DOWN = np.array([0.0, 0.0, -1.0])  # the rigs' world has z up


def off_deg(direction, down=DOWN):
    return np.degrees(np.arccos(np.clip(direction @ down, -1, 1)))


def held_by_hand(cameras, roll_deg=3.0, seed=0):
    """The same cameras, each rolled a little about its optical axis."""
    rng = np.random.default_rng(seed)
    rolled = []
    for camera in cameras:
        roll = Rotation.from_rotvec([0, 0, np.radians(rng.normal(0, roll_deg))]).as_matrix()
        pose = camera.cam_from_world
        rolled.append(
            Camera(camera.intrinsics, Rigid3(roll @ pose.rotation, roll @ pose.translation))
        )
    return rolled


@pytest.mark.parametrize("height", [-3.0, 0.5, 2.0, 12.0])
def test_that_an_orbit_knows_down_exactly_from_any_height(height):
    cameras = list(orbit(16, radius=4, height=height).values())

    assert off_deg(down_direction(cameras)) < 1e-6
    assert off_deg(down_direction(held_by_hand(cameras))) < 3  # 3 degrees of roll / sqrt(16 / 2)


def test_that_a_quarter_of_an_orbit_held_by_hand_is_enough():
    cameras = held_by_hand(orbit(8, radius=4, height=2, degrees=75).values())

    assert off_deg(down_direction(cameras)) < 3


@pytest.mark.parametrize("fan_deg", [0.0, 8.0])
def test_that_a_row_of_level_cameras_before_a_wall_is_level(fan_deg):
    """They share one x axis, or nearly: nothing but their y axes says what is down."""
    cameras = [
        look_at((x, -5, 1.6), (x * (1 - fan_deg / 30), 0, 1.6), lens_of())
        for x in np.linspace(-3, 3, 9)
    ]

    assert off_deg(down_direction(cameras)) < 1e-6


def test_that_a_flight_to_and_fro_that_looks_straight_down_looks_down():
    north = list(grid(3, 5, spacing=1.0).values())
    turned = [
        look_at(camera.centre, camera.centre + DOWN, lens_of(), up=(0, -1, 0))
        for camera in grid(3, 4, spacing=1.0).values()
    ]

    assert off_deg(down_direction(held_by_hand([*north, *turned]))) < 2


def test_that_a_flight_in_all_directions_looks_down():
    rng = np.random.default_rng(1)
    cameras = [
        look_at(eye, eye + DOWN, lens_of(), up=(np.cos(a), np.sin(a), 0))
        for eye, a in zip(rng.uniform(-3, 3, (12, 3)), rng.uniform(0, 6.28, 12), strict=True)
    ]

    assert off_deg(down_direction(cameras)) < 1e-6


def test_that_portrait_photos_are_as_good_as_landscape_ones():
    """Photos are upright before they get a camera, so only the sizes differ."""
    landscape = list(orbit(6, degrees=90).values())
    portrait = [
        Camera(lens_of((240, 320)), camera.cam_from_world)
        for camera in orbit(5, radius=3, degrees=60).values()
    ]

    assert off_deg(down_direction([*landscape, *portrait])) < 1e-6


def test_that_down_turns_with_the_world():
    turn = Rotation.from_rotvec([1.0, -0.4, 2.2]).as_matrix()
    cameras = moved(orbit(12), Sim3(3.0, turn, np.ones(3)))

    assert off_deg(down_direction(list(cameras.values())), turn @ DOWN) < 1e-6


def test_that_one_camera_alone_has_its_own_bottom_down():
    camera = look_at((4, 0, 0), (0, 0, 0), lens_of())

    assert off_deg(down_direction([camera])) < 1e-6


def test_that_the_level_world_has_y_down_and_the_first_camera_looks_along_z():
    cameras = list(orbit(12, height=3.0).values())
    rotation = level_rotation(cameras)
    ahead = rotation @ cameras[0].cam_from_world.rotation[2]

    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(rotation @ DOWN, [0, 1, 0], atol=1e-9)
    assert abs(ahead[0]) < 1e-9
    assert ahead[2] > 0


@pytest.mark.parametrize("tilt", [0.0, 0.05])
def test_that_the_top_of_a_first_photo_taken_straight_down_is_ahead(tilt):
    down = [*grid(2, 3).values()]
    around = [replace(camera) for camera in orbit(8).values()]
    first = look_at((0, 0, 4), (0, tilt, 0), lens_of(), up=(0, 1, 0))
    rotation = level_rotation([first, *around, *down])

    np.testing.assert_allclose(rotation @ DOWN, [0, 1, 0], atol=0.02)
    np.testing.assert_allclose(rotation @ [0, 1, 0], [0, 0, 1], atol=0.02)
