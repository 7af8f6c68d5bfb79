"""Half pixels and axes, against the libraries that have other ones."""

from __future__ import annotations

import cv2
import numpy as np
import open3d as o3d
import pytest

from da3studio.geometry.camera import Camera, Intrinsics, pixel_centres, project, unproject
from da3studio.geometry.conventions import (
    GLTF_FROM_OURS,
    opencv_matrix,
    opencv_pixels,
    our_pixels,
)
from da3studio.geometry.rigid import Rigid3

LENS = Intrinsics(50, 52, 32.4, 23.7, 64, 48)
CAMERA = Camera(LENS, Rigid3(np.eye(3), np.zeros(3)))


def test_that_remap_at_our_pixel_centres_gives_the_image_itself():
    image = np.random.default_rng(0).random((48, 64)).astype(np.float32)
    at = opencv_pixels(pixel_centres(64, 48).astype(np.float64))

    same = cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    np.testing.assert_array_equal(same, image)


def test_that_opencv_projects_to_our_pixels_minus_a_half():
    points = np.array([[0.1, -0.2, 1.0], [0.5, 0.3, 2.0]])
    theirs, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), opencv_matrix(LENS), None)

    ours = project(points, CAMERA)
    np.testing.assert_allclose(our_pixels(theirs[:, 0].astype(np.float32)), ours, atol=1e-5)
    np.testing.assert_allclose(theirs[:, 0], opencv_pixels(ours), atol=1e-5)


def test_that_open3d_lifts_depth_to_the_points_that_we_lift_it_to():
    depth = np.linspace(1, 2, 48 * 64, dtype=np.float32)  # all different
    depth = np.random.default_rng(1).permutation(depth).reshape(48, 64)
    cloud = o3d.t.geometry.PointCloud.create_from_depth_image(
        o3d.t.geometry.Image(o3d.core.Tensor(depth)),
        o3d.core.Tensor(opencv_matrix(LENS)),
        depth_scale=1.0,
    )

    theirs, ours = cloud.point.positions.numpy(), unproject(depth, CAMERA).reshape(-1, 3)
    # Open3D's threads append points in any order, but keep the depth of each exactly.
    theirs, ours = (points[np.argsort(points[:, 2])] for points in (theirs, ours))
    np.testing.assert_allclose(theirs, ours, atol=1e-6)


def test_that_a_dot_detected_by_opencv_is_found_where_it_was_projected():
    y, x = np.mgrid[:96, :128] + 0.5
    centre = np.array([61.3, 40.8])  # our pixels
    picture = 250 * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / 50)
    moments = cv2.moments(picture)
    found = np.array([moments["m10"], moments["m01"]], np.float32) / np.float32(moments["m00"])

    np.testing.assert_allclose(our_pixels(found), centre, atol=0.01)


def test_that_gltf_is_reached_by_half_a_turn_about_x():
    assert np.linalg.det(GLTF_FROM_OURS) == 1
    np.testing.assert_array_equal(GLTF_FROM_OURS @ [0, 1, 0], [0, -1, 0])  # down: y up there
    np.testing.assert_array_equal(GLTF_FROM_OURS @ [0, 0, 1], [0, 0, -1])  # ahead
    with pytest.raises(ValueError, match="read-only"):
        GLTF_FROM_OURS[0, 0] = 2
