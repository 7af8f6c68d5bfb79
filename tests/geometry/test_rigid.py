from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from da3studio.geometry.rigid import (
    Rigid3,
    angle_between,
    nearest_rotation,
    rotation_from_wxyz,
    wxyz_from_rotation,
)

RNG = np.random.default_rng(4)
POINTS = RNG.normal(size=(50, 3))


def motion(seed):
    rng = np.random.default_rng(seed)
    return Rigid3(Rotation.random(rng=rng).as_matrix(), rng.normal(size=3))


def test_that_a_motion_and_its_inverse_cancel():
    b_from_a = motion(1)

    np.testing.assert_allclose(b_from_a.inverse().apply(b_from_a.apply(POINTS)), POINTS, atol=1e-14)
    np.testing.assert_allclose((b_from_a @ b_from_a.inverse()).matrix(), np.eye(4), atol=1e-14)


def test_that_a_product_applies_the_right_motion_first():
    c_from_b, b_from_a = motion(1), motion(2)

    both = c_from_b @ b_from_a
    np.testing.assert_allclose(both.apply(POINTS), c_from_b.apply(b_from_a.apply(POINTS)))
    np.testing.assert_allclose(both.matrix(), c_from_b.matrix() @ b_from_a.matrix())


def test_that_the_shape_of_the_points_is_kept():
    assert motion(1).apply(np.zeros((4, 5, 3))).shape == (4, 5, 3)
    assert motion(1).apply([1.0, 2.0, 3.0]).shape == (3,)


def test_that_a_motion_cannot_be_changed():
    rotation = np.eye(3)
    b_from_a = Rigid3(rotation, np.zeros(3))
    rotation[0, 0] = 5  # the caller's own array

    assert b_from_a.rotation[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        b_from_a.translation[0] = 1


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.3, np.pi / 2, np.pi - 1e-9, np.pi])
def test_that_quaternions_agree_with_scipy_at_all_angles(angle):
    for axis in (*np.eye(3), [0.6, -0.64, 0.48]):
        rotation = Rotation.from_rotvec(angle * np.asarray(axis))
        wxyz = wxyz_from_rotation(rotation.as_matrix())

        assert wxyz[0] >= 0
        assert abs(np.linalg.norm(wxyz) - 1) < 1e-14
        np.testing.assert_allclose(rotation_from_wxyz(wxyz), rotation.as_matrix(), atol=1e-12)
        theirs = rotation.as_quat(scalar_first=True)
        np.testing.assert_allclose(rotation_from_wxyz(7 * theirs), rotation.as_matrix(), atol=1e-12)


@pytest.mark.parametrize("angle", [0.0, 0.2, 2.0, np.pi])
def test_that_the_angle_between_two_rotations_is_the_one_that_leads_over(angle):
    a = motion(3).rotation
    b = Rotation.from_rotvec([0, angle, 0]).as_matrix() @ a

    assert angle_between(a, b) == pytest.approx(angle, abs=1e-7)  # arccos is flat at 0 and pi


def test_that_the_nearest_rotation_is_found_of_many_matrices_and_is_no_reflection():
    rotations = Rotation.random(20, rng=RNG).as_matrix()
    off = rotations + 1e-3 * RNG.normal(size=rotations.shape)
    mirrored = rotations @ np.diag([1, 1, -1.0])

    np.testing.assert_allclose(nearest_rotation(rotations), rotations, atol=1e-12)
    np.testing.assert_allclose(nearest_rotation(off), rotations, atol=5e-3)
    np.testing.assert_allclose(nearest_rotation(off[3]), nearest_rotation(off)[3], atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(nearest_rotation(mirrored)), 1)
