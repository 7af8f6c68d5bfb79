import math
from dataclasses import replace

import numpy as np
import pytest

from da3studio.app.viewport.eye import Eye, between
from da3studio.geometry.rigid import rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from tests.app.viewport.scenes import tilted_camera

EYE = Eye(pivot=(0.3, -0.2, 0.5), distance=3, azimuth=0.8, elevation=0.4)
POINT = np.array([0.7, 0.1, -0.2])


def seen(eye: Eye, point: np.ndarray) -> np.ndarray:
    return eye.screen(800, 600).project(point)


def test_that_the_pivot_is_in_the_middle_at_its_distance():
    np.testing.assert_allclose(seen(EYE, np.array(EYE.pivot)), [400, 300, 3], atol=1e-9)


def test_that_up_is_up_and_the_view_never_rolls():
    for azimuth in (0.0, 1.0, -2.5):
        eye = replace(EYE, azimuth=azimuth)
        above = np.array(eye.pivot) + 0.1 * np.array(eye.up)
        x, y, _ = seen(eye, above)
        assert x == pytest.approx(400)
        assert y < 300


@pytest.mark.parametrize(
    ("side", "toward"),
    [
        ("front", (0, 0, 1)),
        ("back", (0, 0, -1)),
        ("right", (-1, 0, 0)),
        ("left", (1, 0, 0)),
        ("top", (0, 1, 0)),
        ("bottom", (0, -1, 0)),
    ],
)
def test_that_sides_look_along_the_axes(side, toward):
    np.testing.assert_allclose(EYE.seen_from(side).rotation[2], toward, atol=1e-12)


def test_that_from_the_top_the_front_is_below():
    # A map: what is nearest to a person in front of the object is at the lower edge.
    x, y, _ = seen(EYE.seen_from("top"), np.array(EYE.pivot) + np.array([0.1, 0, -0.1]))
    assert x > 400
    assert y > 300


def test_that_dragging_to_the_right_brings_the_left_side_round():
    nearest = np.array(EYE.pivot) - 0.5 * EYE.rotation[2]
    assert seen(EYE.orbit(0.1, 0), nearest)[0] > 400
    assert seen(EYE.orbit(0, 0.1), nearest)[1] > 300


def test_that_an_orbit_about_a_point_keeps_it_on_its_pixel():
    for eye in (EYE, replace(EYE, ortho=True)):
        turned = eye.orbit(0.5, -0.3, around=POINT)
        np.testing.assert_allclose(seen(turned, POINT), seen(eye, POINT), atol=1e-9)


def test_that_an_orbit_stops_at_the_poles():
    assert EYE.orbit(0, 5).elevation == pytest.approx(math.pi / 2)
    assert EYE.orbit(0, -5).elevation == pytest.approx(-math.pi / 2)


def test_that_zooming_towards_a_point_keeps_it_on_its_pixel():
    for eye in (EYE, replace(EYE, ortho=True)):
        nearer = eye.zoom(1.5, towards=POINT)
        np.testing.assert_allclose(seen(nearer, POINT)[:2], seen(eye, POINT)[:2], atol=1e-9)
        assert nearer.distance == pytest.approx(2)


def test_that_a_pan_moves_what_is_held_with_the_pointer():
    depth = seen(EYE, POINT)[2]
    moved = EYE.pan(30, -20, 600, depth)
    np.testing.assert_allclose(seen(moved, POINT) - seen(EYE, POINT), [30, -20, 0], atol=1e-9)
    moved = replace(EYE, ortho=True).pan(30, -20, 600, depth)
    before = seen(replace(EYE, ortho=True), POINT)
    np.testing.assert_allclose(seen(moved, POINT) - before, [30, -20, 0], atol=1e-9)


def test_that_looking_around_leaves_the_eye_where_it_is():
    looked = EYE.look(0.4, 0.2)
    np.testing.assert_allclose(looked.position, EYE.position, atol=1e-12)
    assert looked.rotation[2] @ np.array(EYE.up) > EYE.rotation[2] @ np.array(EYE.up)


def test_that_flying_ahead_comes_nearer_by_that_much():
    assert seen(EYE.fly(0, 0, 1), np.array(EYE.pivot))[2] == pytest.approx(2)
    assert EYE.fly(0, 2, 0).position @ np.array(EYE.up) > EYE.position @ np.array(EYE.up)


@pytest.mark.parametrize("ortho", [False, True])
@pytest.mark.parametrize("size", [(1200, 500), (500, 1200)])
def test_that_a_framed_box_is_whole_and_large(size, ortho):
    low, high = np.array([-1.0, -2, -0.5]), np.array([2.0, 0.5, 3])
    screen = replace(EYE, ortho=ortho).framing(low, high, *size).screen(*size)
    corners = np.array([[(low, high)[i >> a & 1][a] for a in range(3)] for i in range(8)])
    x, y, depth = screen.project(corners).T

    assert (depth > 0).all() or ortho
    assert min(x.min(), size[0] - x.max()) > 0
    assert min(y.min(), size[1] - y.max()) > 0
    # and not lost in the middle: on one axis it fills more than half
    assert max(np.ptp(x) / size[0], np.ptp(y) / size[1]) > 0.5


def test_that_parallel_shows_the_pivot_as_large_as_perspective():
    aside = np.array(EYE.pivot) + 0.2 * EYE.rotation[0]
    flat = replace(EYE, ortho=True)
    np.testing.assert_allclose(seen(flat, aside)[:2], seen(EYE, aside)[:2], atol=1e-9)


def test_that_another_up_keeps_place_and_direction():
    up = np.array([0.2, -1.0, 0.3])
    tilted = EYE.with_up(up)

    np.testing.assert_allclose(tilted.position, EYE.position, atol=1e-9)
    np.testing.assert_allclose(tilted.rotation[2], EYE.rotation[2], atol=1e-9)
    np.testing.assert_allclose(tilted.up, up / np.linalg.norm(up), atol=1e-12)
    assert np.linalg.det(np.array(tilted.frame)) == pytest.approx(1)


def test_that_the_eye_of_a_camera_is_the_camera_without_roll():
    camera = tilted_camera()
    eye = Eye.of_camera(camera, 2.0, EYE)

    np.testing.assert_allclose(eye.position, camera.centre, atol=1e-9)
    np.testing.assert_allclose(eye.rotation[2], camera.cam_from_world.rotation[2], atol=1e-9)
    assert eye.rotation[0] @ np.array(eye.up) == pytest.approx(0, abs=1e-9)


def test_that_an_animation_takes_the_short_way_and_arrives():
    start, end = replace(EYE, azimuth=3.0), replace(EYE, azimuth=-3.0, distance=12)
    half = between(start, end, 0.5)

    assert abs(half.azimuth) > 3
    assert half.distance == pytest.approx(6)  # zooming evenly: the geometric mean
    assert between(start, end, 1) == end


def test_that_the_focus_moves_without_moving_the_picture():
    nearer = EYE.with_focus(1.0)
    np.testing.assert_allclose(seen(nearer, POINT), seen(EYE, POINT), atol=1e-9)
    assert nearer.distance == 1.0


@pytest.mark.parametrize("ortho", [False, True])
def test_that_a_moved_eye_sees_a_moved_world_as_before(ortho):
    move = Sim3(2.5, rotation_from_wxyz([0.8, 0.3, -0.4, 0.2]), np.array([3.0, -1.0, 7.0]))
    eye = replace(EYE, ortho=ortho)
    x, y, depth = seen(eye, POINT)
    np.testing.assert_allclose(
        seen(eye.moved(move), move.apply(POINT)), [x, y, 2.5 * depth], atol=1e-9
    )
