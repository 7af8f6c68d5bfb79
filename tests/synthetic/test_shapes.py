from __future__ import annotations

import numpy as np
import pytest

from da3studio.geometry.camera import project, unproject
from da3studio.geometry.similarity import Sim3
from tests.synthetic.captures import still_life
from tests.synthetic.rigs import grid, lens_of, look_at, orbit
from tests.synthetic.shapes import Box, Plane, Sphere, Union, cast, depth_map, photo

SHAPES = [Sphere(), Plane(half=(1, 1)), Box(), Union(Sphere(), Box(centre=(1.5, 0, 0)))]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_that_depth_unprojects_onto_the_surface(shape):
    camera = look_at((3, 1, 2), (0, 0, 0), lens_of((80, 60)))
    seen = cast(shape, camera)
    points = unproject(depth_map(shape, camera).z, camera)[seen.hit]

    assert 200 < seen.hit.sum() < 80 * 60
    assert shape.distance(points).max() < 1e-5
    np.testing.assert_allclose(np.linalg.norm(seen.normal[seen.hit], axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_that_meshes_lie_on_the_surface_and_turn_outward(shape):
    mesh = shape.mesh(0.1)
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)

    assert shape.distance(mesh.vertices).max() < 1e-6
    assert ((np.cross(b - a, c - a) * mesh.normals[mesh.faces[:, 0]]).sum(axis=1) > 0).all()


def test_that_a_distorted_ray_is_seen_where_it_was_cast():
    camera = look_at((3, 1, 2), (0, 0, 0), lens_of((80, 60), focal=0.8, k1=-0.1, k2=0.02))
    seen = cast(Sphere(), camera)
    rows, columns = np.nonzero(seen.hit)

    expected = np.stack([columns + 0.5, rows + 0.5], axis=1)
    np.testing.assert_allclose(project(seen.points[seen.hit], camera), expected, atol=1e-6)


def test_that_noise_and_outliers_are_as_many_as_asked_for():
    camera = next(iter(grid(1, 1, size=(160, 120)).values()))
    clean = depth_map(Plane(half=(9, 9)), camera).z
    share = depth_map(Plane(half=(9, 9)), camera, noise=0.003, outliers=0.05).z / clean - 1

    assert (np.abs(share) > 0.02).mean() == pytest.approx(0.05, abs=0.01)
    assert np.median(np.abs(share)) == pytest.approx(0.003 * 0.6745, rel=0.1)


def test_that_photos_are_rich_in_texture():
    capture = still_life(4)
    picture = photo(capture.shape, next(iter(capture.rig.values()))).astype(float)
    seen = picture.sum(axis=2) > 0

    assert picture[seen].std() > 40
    assert np.abs(np.diff(picture, axis=1)).mean() > 5


def test_that_an_orbit_looks_at_its_target_upright():
    for camera in orbit(5, target=(1, 2, 0.5)).values():
        np.testing.assert_allclose(project((1, 2, 0.5), camera), (160, 120), atol=1e-9)
        assert project((1, 2, 0.7), camera)[1] < 120


def test_that_a_capture_moves_as_a_whole():
    capture = still_life(3, (64, 48)).in_world(Sim3(50.0, np.eye(3), np.array([7.0, 8, 9])))
    for view_id, camera in capture.cameras.items():
        z = capture.depth_of(view_id).z
        points = unproject(z, camera)[z > 0]
        assert capture.distance(points).max() < 50 * 1e-4
