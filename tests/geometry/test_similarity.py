from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from da3studio.geometry.camera import project
from da3studio.geometry.rigid import angle_between
from da3studio.geometry.similarity import Sim3, align_points
from tests.synthetic.rigs import orbit

POINTS = np.random.default_rng(0).normal(size=(200, 3))
TRUE = Sim3(2.5, Rotation.from_rotvec([0.4, -1.1, 2.0]).as_matrix(), np.array([3.0, -1.0, 0.5]))


def test_that_exact_points_are_aligned_exactly():
    found = align_points(POINTS, TRUE.apply(POINTS))

    assert found.scale == pytest.approx(TRUE.scale, rel=1e-12)
    np.testing.assert_allclose(found.rotation, TRUE.rotation, atol=1e-12)
    np.testing.assert_allclose(found.translation, TRUE.translation, atol=1e-12)


def test_that_noise_of_a_hundredth_costs_a_thousandth_with_two_hundred_points():
    noisy = TRUE.apply(POINTS) + 0.01 * np.random.default_rng(1).normal(size=POINTS.shape)
    found = align_points(POINTS, noisy)

    assert found.scale == pytest.approx(TRUE.scale, rel=1e-3)
    assert angle_between(found.rotation, TRUE.rotation) < 1e-3
    assert np.linalg.norm(found.translation - TRUE.translation) < 4e-3


@pytest.mark.parametrize("n", [3, 40])
def test_that_points_of_a_plane_give_a_rotation_and_no_reflection(n):
    flat = POINTS[:n] * (1, 1, 0)
    found = align_points(flat, TRUE.apply(flat))

    assert np.linalg.det(found.rotation) == pytest.approx(1)
    np.testing.assert_allclose(found.rotation, TRUE.rotation, atol=1e-10)


def test_that_mirrored_points_do_not_give_a_mirror():
    found = align_points(POINTS, POINTS * (1, 1, -1))

    assert np.linalg.det(found.rotation) == pytest.approx(1)


def test_that_points_on_a_line_are_refused_wherever_the_line_is():
    along = np.linspace(0, 1, 10)[:, None] * (1.0, 2.0, -1.0)
    for line in (along, along + 1e4, np.zeros((10, 3))):
        with pytest.raises(ValueError, match="one line"):
            align_points(line, TRUE.apply(line))


def test_that_too_few_or_unpaired_points_are_refused():
    for a, b in ((POINTS[:2], POINTS[:2]), (POINTS[:4], POINTS[:5])):
        with pytest.raises(ValueError, match="N >= 3"):
            align_points(a, b)


def test_that_a_scale_of_zero_is_refused():
    for scale in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="positive scale"):
            Sim3(scale, np.eye(3), np.zeros(3))


def test_that_a_moved_camera_takes_the_same_photo_of_the_moved_points():
    for camera in orbit(5, k1=-0.1).values():
        moved = TRUE.apply_to_camera(camera)

        np.testing.assert_allclose(moved.centre, TRUE.apply(camera.centre), atol=1e-12)
        np.testing.assert_allclose(
            project(TRUE.apply(0.5 * POINTS), moved), project(0.5 * POINTS, camera), atol=1e-8
        )
