from __future__ import annotations

import cv2
import numpy as np

from da3studio.geometry.camera import project
from da3studio.sample.light import light_maps
from da3studio.sample.paint import finished, linear_from_srgb, plain, srgb_from_linear
from da3studio.sample.patch import triangulated
from da3studio.sample.render import developed, radiance, render, true_depth
from da3studio.sample.shading import Shading
from da3studio.sample.shapes import rectangle, sphere
from da3studio.sample.tracer import Tracer
from da3studio.sample.truth import visible_surface


def test_that_display_values_survive_the_way_to_light_and_back():
    values = np.linspace(0, 1, 256, dtype=np.float32)

    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-5)


def test_that_a_surface_point_has_the_colour_that_every_photo_shows_there(scene):
    points = visible_surface(scene, 3000, 5, within_m=0.5)
    directions = np.zeros_like(points)
    n_compared = 0
    for camera in (scene.cameras[5].resized(800, 600), scene.cameras[8].resized(800, 600)):
        picture = radiance(scene, camera, samples=4)
        depth = true_depth(scene, camera)
        pixels = project(points, camera)
        z = camera.cam_from_world.apply(points)[:, 2]
        inside = ((pixels > 2) & (pixels < (798, 598))).all(axis=1)
        at = np.floor(pixels[inside]).astype(int)
        flat = cv2.morphologyEx(depth, cv2.MORPH_GRADIENT, np.ones((3, 3))) < 0.01
        visible = (np.abs(depth[at[:, 1], at[:, 0]] - z[inside]) < 0.004) & flat[at[:, 1], at[:, 0]]
        chosen = np.flatnonzero(inside)[visible]
        directions = (points[chosen] - camera.centre).astype(np.float32)
        hits = scene.tracer.first_hits(camera.centre.astype(np.float32), directions)
        exact = scene.colour(points[chosen], hits.face_idx)
        column, row = (pixels[chosen].T[..., None] - 0.5).astype(np.float32)
        shown = cv2.remap(picture, column, row, cv2.INTER_LINEAR)[:, 0]
        error = np.abs(developed(shown) - developed(exact))
        n_compared += len(chosen)

        # A pixel is an average over its area, the colour is that of a point: on the lines of a
        # print they differ, both ways alike. The angle of view changes nothing.
        assert np.median(error) < 0.02
        np.testing.assert_allclose(shown.mean(axis=0), exact.mean(axis=0), rtol=0.02)
    assert n_compared > 1500


def test_that_a_ball_darkens_the_floor_under_it_and_hardly_far_from_it():
    white = finished(plain((4, 4), "bcbcbc"))
    floor = rectangle("floor", (-2, 0, 2), (4, 0, 0), (0, 0, -4), white, 0.1)
    made = triangulated((floor,))
    tracer = Tracer(made)
    lit = light_maps((floor,), made, tracer)[0]
    shading = Shading((floor,), made, (lit,))
    nothing_above = shading.radiance(np.zeros(1, np.int32), np.zeros((1, 2), np.float32))

    assert lit.shape == (40, 40, 3)
    assert (lit > 0).all()
    assert (nothing_above > 0).all()
    ball = sphere("ball", 0.3, white)
    both = triangulated((floor, ball))
    shaded = light_maps((floor, ball), both, Tracer(both))[0]
    assert shaded[20, 20].max() < 0.3 * lit[20, 20].min()  # under the ball
    np.testing.assert_allclose(shaded[2, 2], lit[2, 2], rtol=0.25)  # far from it


def test_that_rendering_twice_gives_the_same_pixels_and_more_rays_nearly_the_same(scene):
    camera = scene.cameras[3].resized(320, 240)
    first = render(scene, camera)
    finer = render(scene, camera, samples=16)

    np.testing.assert_array_equal(first, render(scene, camera))
    difference = first.astype(float) - finer
    assert 10 * np.log10(255**2 / (difference**2).mean()) > 30
    assert np.abs(difference.mean(axis=(0, 1))).max() < 0.5


def test_that_the_exposure_uses_the_range_and_hardly_clips(scene):
    for camera in scene.cameras[::5]:
        picture = render(scene, camera.resized(320, 240))

        assert 80 < picture.mean() < 150
        assert (picture >= 254).all(axis=2).mean() < 0.002
        assert picture.std() > 40
