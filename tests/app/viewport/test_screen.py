from dataclasses import replace

import numpy as np
import pytest

from da3studio.app.viewport.eye import Eye
from da3studio.app.viewport.screen import Screen, photo_rect, physical_px
from da3studio.geometry.camera import project
from tests.app.viewport.scenes import tilted_camera

POINTS = np.random.default_rng(3).normal(size=(200, 3)) * 0.4
EYES = [Eye(distance=4, azimuth=0.7, elevation=0.4), Eye(distance=4, azimuth=2, ortho=True)]


@pytest.mark.parametrize("eye", EYES, ids=["perspective", "parallel"])
class TestProjection:
    def test_that_opengl_puts_points_where_project_does(self, eye: Eye):
        screen = eye.screen(1280, 800, 0.5, 20)
        clip = np.column_stack([POINTS, np.ones(200)]) @ screen.clip_from_world().T.astype(float)
        ndc = clip[:, :3] / clip[:, 3:]
        pixels = (ndc[:, :2] * (1, -1) + 1) / 2 * (1280, 800)

        np.testing.assert_allclose(pixels, screen.project(POINTS)[:, :2], atol=2e-3)
        assert (np.abs(ndc[:, 2]) < 1).all()
        assert (np.argsort(ndc[:, 2]) == np.argsort(screen.project(POINTS)[:, 2])).all()

    def test_that_near_and_far_are_the_ends_of_the_depth_range(self, eye: Eye):
        screen = eye.screen(1280, 800, 0.5, 20)
        ends = [screen.at_depth(300, 200, depth) for depth in (0.5, 20.0)]
        clip = np.column_stack([ends, np.ones(2)]) @ screen.clip_from_world().T.astype(float)

        np.testing.assert_allclose(clip[:, 2] / clip[:, 3], [-1, 1], atol=1e-5)

    def test_that_a_shifted_origin_keeps_millimetres_a_thousand_kilometres_away(self, eye: Eye):
        far_off = np.array([1e6, -2e6, 5e5])
        away = replace(eye, pivot=tuple(far_off))
        local = POINTS.astype(np.float32)
        matrix = away.screen(1280, 800, 0.5, 20).clip_from_world(far_off)
        clip = np.column_stack([local, np.ones(200, np.float32)]) @ matrix.T
        pixels = (clip[:, :2] / clip[:, 3:] * (1, -1) + 1) / 2 * (1280, 800)

        here = eye.screen(1280, 800).project(POINTS)[:, :2]
        np.testing.assert_allclose(pixels, here, atol=0.02)

    def test_that_the_matrix_gives_pixels(self, eye: Eye):
        screen = eye.screen(1280, 800)
        homogeneous = np.column_stack([POINTS, np.ones(200)]) @ screen.matrix().T

        pixels = homogeneous[:, :2] / homogeneous[:, 2:]
        np.testing.assert_allclose(pixels, screen.project(POINTS)[:, :2], atol=1e-9)

    def test_that_single_precision_is_a_hundredth_of_a_pixel_exact(self, eye: Eye):
        screen = eye.screen(1280, 800)
        points = POINTS.astype(np.float32)

        exact = screen.project(points).T
        np.testing.assert_allclose(screen.project_many(points), exact, atol=0.01)

    def test_that_a_ray_goes_through_what_is_seen_at_its_pixel(self, eye: Eye):
        screen = eye.screen(1280, 800)
        for point in POINTS[:20]:
            x, y, depth = screen.project(point)
            origin, direction = screen.ray(x, y)

            off = np.cross(point - origin, direction)
            assert np.linalg.norm(off) < 1e-9
            np.testing.assert_allclose(screen.at_depth(x, y, depth), point, atol=1e-9)

    def test_that_units_per_px_is_the_size_of_a_pixel(self, eye: Eye):
        screen = eye.screen(1280, 800)
        point = POINTS[0]
        aside = point + screen.cam_from_world.rotation[0] * screen.units_per_px(point)

        moved = screen.project(aside) - screen.project(point)
        np.testing.assert_allclose(moved[:2], [1, 0], atol=1e-6)


def test_that_points_behind_the_eye_have_no_place():
    screen = Eye(distance=2).screen(800, 600)

    assert np.isnan(screen.project([[0, 0, -3.0]])[0, :2]).all()
    assert np.isnan(screen.project_many(np.array([[0, 0, -3.0]], np.float32))[:2, 0]).all()
    assert screen.project([[0, 0, -3.0]])[0, 2] == -1


@pytest.mark.parametrize("size", [(1280, 800), (500, 900)], ids=["wide", "high"])
def test_that_looking_through_a_camera_shows_its_photo_to_the_pixel(size: tuple[int, int]):
    camera = tilted_camera()
    screen = Screen.of_camera(camera, *size, 0.1, 10, 2)
    left, top, wide, high = photo_rect(camera, *size)

    in_photo = project(POINTS, camera) / (640, 480) * (wide, high) + (left, top)
    np.testing.assert_allclose(screen.project(POINTS)[:, :2], in_photo, atol=1e-9)
    assert wide / high == pytest.approx(640 / 480)
    assert (wide, high)[size != (1280, 800)] <= size[size == (1280, 800)] or wide <= size[0]


@pytest.mark.parametrize(
    ("length", "ratio", "px"), [(661, 1.5, 992), (663, 1.5, 995), (640, 1.25, 800), (0, 2.0, 1)]
)
def test_that_physical_pixels_are_rounded_as_qt_does(length: int, ratio: float, px: int):
    assert physical_px(length, ratio) == px
