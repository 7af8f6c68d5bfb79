from __future__ import annotations

import numpy as np
import pytest

from da3studio.app.viewport.frustum_layer import FrustumLayer, spacing_of
from tests.app.viewport.easel import Easel, middle_of, near, screen_from
from tests.synthetic.rigs import grid, lens_of, look_at, orbit, view_id

RED, GREY = (220, 30, 30), (120, 120, 120)


def corner_picture(width=128, height=96):
    """Grey with a red top-left quarter."""
    rgb = np.full((height, width, 3), GREY, np.uint8)
    rgb[: height // 2, : width // 2] = RED
    return rgb


@pytest.fixture
def easel(qtbot):
    return Easel(qtbot, 400, 300)


def behind(camera, layer, distance=3.0):
    """A screen that looks the way the camera looks, from behind it."""
    away = camera.centre - distance * layer.reach * camera.cam_from_world.rotation[2]
    up = -camera.cam_from_world.rotation[1]
    return screen_from(away, camera.centre, up=up)


def test_that_a_photo_lies_upright_and_the_right_way_round_on_its_camera(easel):
    camera = look_at((4, 0, 2), (0, 0, 0), lens_of((320, 240)))
    layer = FrustumLayer()
    layer.set_cameras({view_id(0): camera})
    layer.set_thumbnail(view_id(0), corner_picture())
    screen = behind(camera, layer)
    picture = easel.picture([layer], screen)

    seen = screen.project(camera.centre + layer.reach * layer._corners[0, 1:5])[:, :2]
    red = middle_of(near(picture, RED))
    whole = seen.mean(axis=0)
    wide, high = np.ptp(seen[:, 0]), np.ptp(seen[:, 1])
    assert red[0] == pytest.approx(whole[0] - wide / 4, abs=1.0)
    assert red[1] == pytest.approx(whole[1] - high / 4, abs=1.0)
    layer.dispose()


def test_that_each_camera_shows_its_own_photo(easel):
    cameras = grid(1, 3, distance=3.0)
    colours = [(230, 0, 0), (0, 230, 0), (0, 0, 230)]
    layer = FrustumLayer()
    layer.set_cameras(cameras)
    for name, colour in zip(cameras, colours, strict=True):
        layer.set_thumbnail(name, np.full((48, 64, 3), colour, np.uint8))
    screen = screen_from((0, 0, 6), (0, 0, 3), up=(0, 1, 0))
    picture = easel.picture([layer], screen)

    for camera, colour in zip(cameras.values(), colours, strict=True):
        x = screen.project(camera.centre - np.array([0, 0, layer.reach]))[0]
        assert middle_of(near(picture, colour))[0] == pytest.approx(x, abs=1.0)
    layer.dispose()


def test_that_the_nearest_camera_under_the_pointer_is_hit():
    cameras = orbit(8, radius=4, height=0)
    layer = FrustumLayer()
    layer.set_cameras(cameras)
    screen = screen_from((12, 0, 0))
    x, y, _ = screen.project(cameras[view_id(0)].centre)  # the far one lies behind it

    assert layer.hit(screen, x, y) == view_id(0)
    assert layer.hit(screen, 5, 5) is None
    layer.visible = False
    assert layer.hit(screen, x, y) is None


def test_that_the_camera_looked_through_is_neither_drawn_nor_hit(easel):
    camera = look_at((4, 0, 2), (0, 0, 0), lens_of((320, 240)))
    layer = FrustumLayer()
    layer.set_cameras({view_id(0): camera})
    screen = behind(camera, layer)
    assert easel.picture([layer], screen)[..., :3].any()

    layer.set_states(through=view_id(0))
    assert not easel.picture([layer], screen)[..., :3].any()
    assert layer.hit(screen, *screen.project(camera.centre)[:2]) is None
    layer.dispose()


def test_that_a_selected_camera_is_drawn_in_the_colour_of_selection(easel):
    camera = look_at((4, 0, 2), (0, 0, 0), lens_of((320, 240)))
    layer = FrustumLayer()
    layer.set_look(selected=(1.0, 0.0, 1.0))
    layer.set_cameras({view_id(0): camera})
    screen = behind(camera, layer)
    assert not near(easel.picture([layer], screen), (255, 0, 255)).any()

    layer.set_states(selected=[view_id(0)])
    assert near(easel.picture([layer], screen), (255, 0, 255)).sum() > 200
    layer.dispose()


def test_that_the_size_follows_the_distance_between_neighbours():
    assert spacing_of(np.array([[0.0, 0, 0]])) == 1.0
    small, large = grid(3, 3, spacing=0.2), grid(3, 3, spacing=2.0)
    reach = []
    for cameras in (small, large):
        layer = FrustumLayer()
        layer.set_cameras(cameras)
        reach.append(layer.reach)
    assert reach[1] / reach[0] == pytest.approx(10, rel=1e-6)


def test_that_a_thousand_cameras_keep_their_pictures_when_one_leaves(easel):
    cameras = grid(40, 25, distance=10.0, spacing=0.5)
    layer = FrustumLayer()
    layer.set_cameras(cameras)
    layer.set_thumbnail(view_id(7), np.full((96, 128, 3), RED, np.uint8))
    del cameras[view_id(0)]
    layer.set_cameras(cameras)
    above = cameras[view_id(7)].centre
    picture = easel.picture([layer], screen_from(above + np.array([0, 0, 2]), above, up=(0, 1, 0)))

    assert layer.has_picture(view_id(7))
    assert near(picture, RED).any()
    layer.dispose()
