from __future__ import annotations

import numpy as np
import pytest

from da3studio.fusion.poisson import poisson_surface
from tests.synthetic.shapes import Sphere


def sphere_points(n: int, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    normal = np.random.default_rng(0).standard_normal((n, 3))
    normal = (normal / np.linalg.norm(normal, axis=1, keepdims=True)).astype(np.float32)
    return (normal * scale).astype(np.float32), normal


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_that_points_on_a_ball_make_a_ball_in_any_unit(scale: float):
    surface = poisson_surface(*sphere_points(20_000, scale), voxel=0.04 * scale)
    error = Sphere().distance(surface.vertices / scale)

    assert 5_000 < len(surface.faces) < 100_000
    assert np.percentile(error, 95) < 0.002  # a twentieth of a voxel


def test_that_faces_are_counter_clockwise_seen_from_where_the_normals_point():
    surface = poisson_surface(*sphere_points(5_000), voxel=0.06)
    a, b, c = surface.vertices[surface.faces].transpose(1, 0, 2)

    assert ((np.cross(b - a, c - a) * (a + b + c)).sum(axis=1) > 0).mean() > 0.99


def test_that_a_gap_is_closed_and_empty_space_is_not():
    xyz, normal = sphere_points(20_000)
    gap = np.linalg.norm(xyz - (0, 0, 1), axis=1) < 0.15
    half = xyz[:, 0] > -0.2
    keep = half & ~gap
    surface = poisson_surface(xyz[keep], normal[keep], voxel=0.04)

    at_gap = np.linalg.norm(surface.vertices - (0, 0, 1), axis=1) < 0.08
    assert at_gap.sum() > 5
    assert surface.vertices[:, 0].min() > -0.9  # the missing half is not guessed whole


def test_that_a_handful_of_points_makes_no_surface():
    assert len(poisson_surface(*sphere_points(5), voxel=0.1).faces) == 0
