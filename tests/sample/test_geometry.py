from __future__ import annotations

import numpy as np

from da3studio.geometry.camera import pixel_centres, project, unproject
from da3studio.geometry.rigid import Rigid3
from da3studio.sample.paint import finished, plain
from da3studio.sample.patch import triangulated
from da3studio.sample.render import through_lens, true_depth
from da3studio.sample.shapes import box, placed, smooth_curve, sphere, tube
from da3studio.sample.truth import distance_to_surface, visible_surface
from da3studio.sample.viewpoints import held_out_cameras, lens, photo_cameras

GRAY = finished(plain((8, 8), "808080"))


def test_that_a_ball_and_a_box_and_a_tube_have_their_outside_outside():
    ball = sphere("ball", 0.5, GRAY)
    cube = box("box", (1, 1, 1), placed(0, 0, 0, 30), dict.fromkeys(SIDES, GRAY))
    path = np.stack([np.linspace(-1, 1, 9), np.zeros(9), np.zeros(9)], -1)
    rod = tube("rod", path, (0.1, 0.1), (0, 0, 1), GRAY)
    for patches, middle in (((ball,), (0, -0.5, 0)), (cube, (0, -0.5, 0)), ((rod,), None)):
        made = triangulated(patches)
        corners = made.vertices[made.faces].astype(float)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        outward = corners.mean(axis=1) - (middle or (0, 0, 0))
        if middle is None:
            outward[:, 0] = 0  # away from the rod's axis

        assert (np.einsum("ij,ij->i", normal, outward) > 0).all()
        smooth = made.normals[made.faces].mean(axis=1)
        assert (np.einsum("ij,ij->i", normal, smooth) > 0).all()


SIDES = ("front", "back", "left", "right", "top", "bottom")


def test_that_a_ball_of_96_facets_has_its_volume_within_half_a_percent():
    made = triangulated((sphere("ball", 0.5, GRAY),))
    a, b, c = np.moveaxis(made.vertices[made.faces].astype(float), 1, 0)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6

    assert abs(volume / (4 / 3 * np.pi * 0.5**3) - 1) < 0.005


def test_that_a_smooth_curve_meets_its_ends_and_is_evenly_spaced():
    curve = smooth_curve([(0, 0), (1, 2), (3, 1)], 50)
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)

    np.testing.assert_allclose(curve[[0, -1]], [(0, 0), (3, 1)], atol=1e-12)
    assert steps.max() / steps.min() < 1.02


def test_that_moving_a_patch_moves_its_points_rigidly():
    ball = sphere("ball", 0.5, GRAY)
    moved = ball.moved(Rigid3(placed(0, 0, 0, 90).rotation, np.array([1.0, 2.0, 3.0])))

    np.testing.assert_allclose(moved.points[0, 0], (1, 1, 3), atol=1e-12)  # its top, 1 m up


def test_that_rays_through_the_lens_project_back_onto_their_pixels():
    camera = photo_cameras()[0]
    pixels = pixel_centres(1280, 960)[::40, ::40].reshape(-1, 2)
    directions = through_lens(lens(), pixels)
    world = camera.cam_from_world.inverse().apply(2.5 * directions)

    np.testing.assert_allclose(project(world, camera), pixels, atol=1e-3)  # float32 at 1280


def test_that_neighbouring_photos_are_at_most_15_degrees_apart_and_cover_150():
    towards = np.array([c.centre / np.linalg.norm(c.centre) for c in photo_cameras()])
    step = np.degrees(np.arccos((towards[1:] * towards[:-1]).sum(axis=1)))
    azimuth = np.degrees(np.unwrap(np.arctan2(towards[:, 0], -towards[:, 2])))

    assert step.max() < 20
    assert np.ptp(azimuth) > 150
    assert len(photo_cameras()) == 16
    assert len(held_out_cameras()) == 5


def test_that_depth_on_the_table_is_that_of_the_plane(scene):
    camera = scene.cameras[7].pinhole().resized(320, 240)
    depth = true_depth(scene, camera)
    points = unproject(depth, camera)
    top = scene.names.index("table/top")
    wanted = scene.tracer.first_hits(
        camera.centre.astype(np.float32),
        (points - camera.centre).reshape(-1, 3).astype(np.float32),
    )
    on_table = (scene.triangles.patch_idx[wanted.face_idx] == top).reshape(240, 320)

    assert on_table.mean() > 0.15
    assert np.abs(points[on_table][:, 1]).max() < 1e-5  # y = 0, float32 at 1 m
    assert (depth > 0).all()  # the room is closed


def test_that_two_cameras_see_the_same_depth_at_points_both_see(scene):
    points = visible_surface(scene, 500, 3, within_m=0.6).astype(float)
    n_agreeing = np.zeros(len(points), int)
    for camera in scene.cameras:
        small = camera.resized(640, 480)
        pixels = project(points, small)
        inside = ((pixels > 0) & (pixels < (640, 480))).all(axis=1)
        column, row = np.floor(pixels[inside]).astype(int).T
        z = small.cam_from_world.apply(points[inside])[:, 2]
        n_agreeing[inside] += np.abs(true_depth(scene, small)[row, column] / z - 1) < 0.02

    assert (n_agreeing >= 2).mean() > 0.97  # the others lie on an outline of 640 pixels


def test_that_visible_points_lie_on_the_surface_and_in_the_ball_asked_for(scene):
    points = visible_surface(scene, 2000, 1, within_m=0.3)

    assert points.shape == (2000, 3)
    assert distance_to_surface(scene, points).max() < 1e-5
    assert np.linalg.norm(points, axis=1).max() <= 0.3 + 1e-6
    np.testing.assert_array_equal(points, visible_surface(scene, 2000, 1, within_m=0.3))
    above = points + np.array([0, -10, 0], np.float32)
    assert distance_to_surface(scene, above).min() > 5
