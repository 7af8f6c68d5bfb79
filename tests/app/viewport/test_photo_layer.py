from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.app.viewport.photo_layer import PhotoLayer
from da3studio.app.viewport.screen import Screen
from da3studio.geometry.camera import Camera, project
from tests.app.viewport.easel import Easel, middle_of, near
from tests.synthetic.rigs import lens_of, look_at

RED = (230, 20, 20)


@pytest.fixture
def easel(qtbot):
    return Easel(qtbot, 400, 300)


def through(camera: Camera) -> Screen:
    return Screen.of_camera(camera, 400, 300, 0.01, 100.0, 5.0)


@pytest.mark.parametrize("k1", [0.0, -0.15, 0.2])
def test_that_the_photo_covers_what_the_model_shows_through_a_bent_lens(easel, k1):
    camera = look_at((4, 0, 2), (0, 0, 0), lens_of((320, 240), 0.9, k1=k1))
    point = np.array([0.4, 1.1, 0.9])
    x, y = project(point, camera)  # where the lens saw it
    photo = np.full((240, 320, 3), 60, np.uint8)
    photo[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5] = RED
    layer = PhotoLayer()
    layer.opacity = 1.0
    layer.set_photo(camera, photo)
    screen = through(camera)
    picture = easel.picture([layer], screen)

    assert middle_of(near(picture, RED)) == pytest.approx(screen.project(point)[:2], abs=1.0)
    layer.dispose()


def test_that_the_photo_blends_and_vanishes_once_the_eye_moves(easel):
    camera = look_at((4, 0, 2), (0, 0, 0), lens_of((400, 300)))
    layer = PhotoLayer()
    layer.set_photo(camera, np.full((30, 40, 3), 200, np.uint8))
    layer.opacity = 0.25
    screen = through(camera)
    assert (easel.picture([layer], screen)[2:-2, 2:-2, :3] == 50).all()

    moved = replace(
        screen, cam_from_world=look_at((4, 0.01, 2), (0, 0, 0), lens_of()).cam_from_world
    )
    assert not easel.picture([layer], moved)[..., :3].any()
    layer.set_photo(None, None)
    assert not layer.is_shown
    assert not easel.picture([layer], screen)[..., :3].any()
    layer.dispose()
