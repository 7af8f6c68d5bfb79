from __future__ import annotations

import math

import numpy as np
import pytest

from da3studio.geometry.measuring import (
    area,
    distance,
    extents,
    height,
    relative_scale_error,
    surface_under,
)

EYE = np.array([0.3, -0.2, -3.0])
PX = 3.0 / 700  # a pixel at 3 units, focal length 700 px
RADIUS = 4 * PX


def plane_cloud(rng, target, normal, noise, n=60):
    """Points around where the eye looks, on a noisy plane."""
    normal = normal / np.linalg.norm(normal)
    u = np.cross(normal, [0.3, 1.0, 0.2])
    u /= np.linalg.norm(u)
    v = np.cross(normal, u)
    at = rng.uniform(-RADIUS, RADIUS, (n, 2))
    return target + at[:, :1] * u + at[:, 1:] * v + rng.normal(0, noise, (n, 1)) * normal


def clicked(rng, target):
    """The ray of a person who aims at the target, half a pixel off."""
    aim = target - EYE
    depth = np.linalg.norm(aim)
    aim = aim / depth
    right = np.cross(aim, [0, 1, 0])
    right /= np.linalg.norm(right)
    down = np.cross(aim, right)
    off = rng.normal(0, 0.5 * PX, 2)
    aim = aim * depth + off[0] * right + off[1] * down
    return aim / np.linalg.norm(aim)


def pick(rng, target, normal, noise):
    return surface_under(
        plane_cloud(rng, target, normal, noise), EYE, clicked(rng, target), PX
    )  # fmt: skip


def test_that_an_exact_surface_is_met_exactly_and_better_than_by_any_of_its_points():
    rng = np.random.default_rng(1)
    target, normal = np.array([0.1, 0.2, 0.0]), np.array([0.3, -0.4, -1.0])
    aim = (target - EYE) / np.linalg.norm(target - EYE)
    points = plane_cloud(rng, target, normal, 0.0)

    hit = surface_under(points, EYE, aim, PX)

    np.testing.assert_allclose(hit.xyz, target, atol=1e-12)
    assert np.linalg.norm(points - target, axis=1).min() > 1e-4
    assert hit.sigma_along(normal) == pytest.approx(0, abs=1e-9)  # it slides in the plane only
    assert hit.normal @ aim < 0


def test_that_points_of_a_surface_behind_do_not_pull_the_plane():
    rng = np.random.default_rng(2)
    target = np.zeros(3)
    front = plane_cloud(rng, target, np.array([0, 0.2, -1.0]), 0.001, n=40)
    behind = plane_cloud(
        rng, target + np.array([0, 0, 0.05]), np.array([0, 0.2, -1.0]), 0.001, n=15
    )
    aim = (target - EYE) / np.linalg.norm(target - EYE)

    hit = surface_under(np.concatenate([front, behind]), EYE, aim, PX)

    assert np.linalg.norm(hit.xyz - target) < 3 * 0.001 / math.sqrt(40)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((-0.8, 0.1, 0.0), (0.7, 0.3, 0.1)),  # across the view: pointing decides
        ((0.1, 0.2, 0.0), (0.2, 0.1, 1.5)),  # along the view: the noise of the cloud decides
        ((-0.5, -0.4, 0.2), (0.4, 0.5, 1.0)),
    ],
)
@pytest.mark.parametrize("noise", [0.001, 0.003, 0.02])
def test_that_the_stated_uncertainty_of_a_distance_is_what_repeating_it_gives(a, b, noise):
    rng = np.random.default_rng(3)
    normal = np.array([0.2, -0.3, -1.0])
    values, stated = [], []
    for _ in range(200):
        picked = [pick(rng, np.array(end), normal, noise) for end in (a, b)]
        result = distance([p.xyz for p in picked])
        sigmas = [p.sigma_along(g) for p, g in zip(picked, result.gradient, strict=True)]
        values.append(result.value)
        stated.append(result.sigma(sigmas))

    assert np.median(stated) == pytest.approx(np.std(values), rel=0.2)
    assert np.mean(values) == pytest.approx(math.dist(a, b), abs=3 * np.std(values) / 14)


def test_that_the_stated_uncertainty_of_an_area_is_what_repeating_it_gives():
    rng = np.random.default_rng(4)
    corners = np.array([(-0.5, -0.4, 0), (0.5, -0.4, 0), (0.5, 0.4, 0.3), (-0.5, 0.4, 0.3)])
    normal = np.array([0.1, 0.35, -1.0])
    values, stated = [], []
    for _ in range(200):
        picked = [pick(rng, corner, normal, 0.01) for corner in corners]
        result = area([p.xyz for p in picked])
        sigmas = [p.sigma_along(g) for p, g in zip(picked, result.gradient, strict=True)]
        values.append(result.value)
        stated.append(result.sigma(sigmas))

    assert np.median(stated) == pytest.approx(np.std(values), rel=0.2)


def test_that_the_error_of_the_scale_grows_with_the_length():
    rng = np.random.default_rng(5)
    units = np.array([1.0, 1.7, 0.6, 2.2])
    scales, stated = [], []
    for _ in range(3000):
        metres = 2.5 * units + rng.normal(0, 0.01, 4)
        scales.append(units @ metres / (units @ units) / 2.5)
        stated.append(relative_scale_error(units, metres))

    assert np.sqrt(np.mean(np.square(stated))) == pytest.approx(np.std(scales), rel=0.1)
    long = distance([(0, 0, 0), (10, 0, 0)])
    assert long.sigma([0, 0], relative_scale_error=0.01) == pytest.approx(0.1)
    assert area([(0, 0, 0), (2, 0, 0), (2, 2, 0)]).sigma([0] * 3, 0.01) == pytest.approx(0.04)


def test_that_one_known_length_is_not_contradicted_by_anything():
    assert relative_scale_error([2.0], [1.0]) == 0.0


@pytest.mark.parametrize("measure", [distance, area, lambda p: height(p[:2], (0, 0.6, 0.8))])
def test_that_gradients_are_the_derivatives(measure):
    rng = np.random.default_rng(6)
    points = np.array([(0, 0, 0), (1, 0.1, 0), (1.1, 0.9, 0.2), (0.1, 1, 0.1)]) + 0.01 * rng.normal(
        size=(4, 3)
    )
    exact = measure(points).gradient
    for i in range(len(exact)):
        for axis in range(3):
            step = np.zeros((4, 3))
            step[i, axis] = 1e-6
            numeric = (measure(points + step).value - measure(points - step).value) / 2e-6
            assert exact[i, axis] == pytest.approx(numeric, abs=1e-6)


def test_that_a_bent_polygon_says_how_far_its_worst_corner_is_off():
    bent = area([(0, 0, 0.1), (1, 0, -0.1), (1, 1, 0.1), (0, 1, -0.1)])

    assert bent.value == pytest.approx(1.0)
    assert bent.off_plane == pytest.approx(0.1)


def test_that_heights_are_along_up_and_above_the_floor():
    up = np.array([0, -1.0, 0])

    assert height([(0, 0, 0), (3, -2, 1)], up).value == pytest.approx(2)
    assert height([(3, -2, 1)], up, floor=(9, 1, 9)).value == pytest.approx(3)
    with pytest.raises(ValueError, match="floor"):
        height([(3, -2, 1)], up)


def test_that_a_box_has_three_extents():
    assert extents([(1, 1, 1), (3, 1, 1), (1, 2, 1), (1, 1, 5)]) == pytest.approx((2, 1, 4))


def test_that_few_points_give_a_place_that_is_as_unsure_as_they_differ():
    aim = np.array([0, 0, 1.0])
    points = EYE + np.array([(0, 0, 2.9), (0, 0, 3.1)])

    hit = surface_under(points, EYE, aim, PX)

    np.testing.assert_allclose(hit.xyz, EYE + np.array([0, 0, 3.0]))
    assert hit.sigma_along(aim) == pytest.approx(0.1, rel=0.01)  # 0.141 / sqrt(2)


def test_that_a_surface_seen_edge_on_does_not_throw_the_point_away():
    rng = np.random.default_rng(7)
    target = np.array([EYE[0], EYE[1], 0.0])
    points = plane_cloud(rng, target, np.array([1.0, 0, 0.001]), 0.0001)

    hit = surface_under(points, EYE, np.array([0, 0, 1.0]), PX)

    assert np.linalg.norm(hit.xyz - target) < RADIUS
    assert hit.sigma_along((0, 0, 1)) > PX / 4
