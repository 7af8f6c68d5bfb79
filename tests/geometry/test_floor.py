from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from da3studio.geometry.camera import Camera, unproject
from da3studio.geometry.floor import find_up, plane_around, plane_through
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3
from tests.synthetic.captures import Capture, still_life
from tests.synthetic.rigs import lens_of, look_at, orbit, view_id
from tests.synthetic.shapes import Box, Plane, Sphere, Union

UP = np.array([0, 0, 1.0])  # the rigs' own


def off_deg(direction, up):
    return np.degrees(np.arccos(np.clip(direction @ up, -1, 1)))


def rolled(cameras, degrees, seed=0):
    """The cameras as unsteady hands hold them, and on the whole a little askew."""
    rng = np.random.default_rng(seed)
    result = []
    for camera in cameras:
        turn = Rotation.from_rotvec([0, 0, np.radians(rng.normal(degrees, 3))]).as_matrix()
        pose = camera.cam_from_world
        result.append(
            Camera(camera.intrinsics, Rigid3(turn @ pose.rotation, turn @ pose.translation))
        )
    return result


def seen_points(capture, every=7):
    clouds = []
    for id_, camera in capture.cameras.items():
        points = unproject(capture.depth_of(id_).z, camera.pinhole()).reshape(-1, 3)[::every]
        clouds.append(points[np.isfinite(points[:, 0])])
    return np.concatenate(clouds)


@pytest.mark.parametrize("seed", range(4))
def test_that_a_tilted_noisy_capture_is_stood_upright_within_half_a_degree(seed):
    rotation = Rotation.random(rng=seed).as_matrix()
    world = Sim3(3.7, rotation, np.array([5.0, -2.0, 9.0]))
    capture = replace(still_life(8, size=(160, 120)), noise=0.004, outliers=0.02)
    capture = capture.in_world(world)

    found = find_up(rolled(capture.cameras.values(), degrees=5, seed=seed), seen_points(capture))

    assert off_deg(found.up, rotation @ UP) < 0.5
    assert found.floor is not None
    table = world.apply((0.0, 0, 0))
    assert abs(float(found.floor.height_of(table))) < 0.01 * world.scale
    assert found.confidence > 0.5


def test_that_a_room_finds_its_floor_and_not_the_ceiling_or_a_wall():
    shape = Union(
        Plane(centre=(0, 0, 0), half=(3, 2.5)),
        Plane(centre=(0, 0, 2.4), half=(3, 2.5)),
        Box(centre=(0, 2.6, 1.2), half=(3, 0.1, 1.2)),
        Box(centre=(3.1, 0, 1.2), half=(0.1, 2.5, 1.2)),
        Sphere(centre=(1.5, 1.0, 0.4), radius=0.4),
    )
    lens = lens_of((160, 120), focal=0.7)
    rig = {
        view_id(i): look_at((np.cos(a) * 0.4 - 0.5, np.sin(a) * 0.4, 1.5), (2, 1.5, 1.1 + h), lens)
        for i, (a, h) in enumerate(
            zip(np.linspace(0, 5, 8), np.linspace(-0.9, 0.9, 8), strict=True)
        )
    }
    capture = Capture(shape, rig, noise=0.002)

    found = find_up(rolled(capture.cameras.values(), 4), seen_points(capture))

    assert off_deg(found.up, UP) < 0.5
    assert abs(float(found.floor.height_of((0, 0, 0)))) < 0.02


def test_that_without_a_plane_the_cameras_decide():
    rig = orbit(12, radius=4, height=1.5, size=(96, 72))
    capture = Capture(Sphere(centre=(0, 0, 0), radius=1.0), rig)

    found = find_up(list(rig.values()), seen_points(capture, every=3))

    assert off_deg(found.up, UP) < 0.5
    assert found.confidence < 0.5 if found.floor else found.confidence == 0
    assert find_up(list(rig.values()), np.empty((0, 3))).floor is None


def test_that_the_same_seed_gives_the_same_answer():
    capture = replace(still_life(4, size=(96, 72)), noise=0.004)
    cameras, points = list(capture.cameras.values()), seen_points(capture)

    assert np.array_equal(find_up(cameras, points).up, find_up(cameras, points).up)


def test_that_a_click_on_a_table_gives_the_table_and_not_the_box_on_it():
    capture = replace(still_life(6, size=(160, 120)), noise=0.002)

    plane = plane_around(seen_points(capture, every=3), (1.2, 1.0, 0.0), towards=(0, 0, 4))
    assert off_deg(plane.normal, UP) < 0.3
    assert abs(plane.offset) < 0.005

    lid = plane_around(seen_points(capture, every=3), (-0.5, 0.2, 0.8), towards=(0, 0, 4))
    assert off_deg(lid.normal, UP) < 1.5
    assert lid.offset == pytest.approx(0.8, abs=0.01)


def test_that_three_points_make_a_plane_that_looks_at_the_cameras():
    plane = plane_through([(0, 0, 1), (1, 0, 1), (0, 1, 1)], towards=(0, 0, -5))

    np.testing.assert_allclose(plane.normal, (0, 0, -1), atol=1e-12)
    np.testing.assert_allclose(plane.foot_of((3, 4, 7)), (3, 4, 1), atol=1e-12)
    with pytest.raises(ValueError, match="line"):
        plane_through([(0, 0, 0), (1, 1, 1), (2, 2, 2)], towards=(0, 0, 1))
