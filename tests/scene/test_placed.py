from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.geometry.camera import Camera, Intrinsics, project
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from da3studio.geometry.spherical_harmonics import harmonics, harmonics_turned
from da3studio.scene.cloud import PointCloud
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.mesh import Mesh
from da3studio.scene.placed import placed
from da3studio.scene.placement import KnownLength, Placement
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.scene import Scene
from da3studio.scene.view import ViewId

N = 50
RANDOM = np.random.default_rng(4)
UNIT = RANDOM.normal(size=(N, 3))
UNIT /= np.linalg.norm(UNIT, axis=1, keepdims=True)
POINTS = RANDOM.normal(size=(N, 3)) + np.array([0, 0, 5])
VIEW = ViewId("a")

SCENE = Scene(
    "Statue",
    (),
    Registration(
        (VIEW,),
        {VIEW: Camera(Intrinsics(500, 510, 320, 240, 640, 480, 0.01, 0),
                      Rigid3(rotation_from_wxyz([1, 0.1, 0.05, 0]), [0.1, 0.2, 0.3]))},
        SparsePoints(POINTS[:3], np.zeros((3, 3)), np.zeros(3), [], [], np.zeros((0, 2))),
        {}, (), "relative",
    ),
    PointCloud(POINTS, np.zeros((N, 3)), UNIT, np.ones(N), np.ones(N), np.full(N, 3),
               np.zeros(N), (VIEW,)),
    Mesh(POINTS, np.array([[0, 1, 2]]), UNIT),
    Gaussians(POINTS, RANDOM.uniform(0.1, 1, (N, 3)), RANDOM.normal(size=(N, 4)),
              RANDOM.normal(size=(N, 3, 9)), np.full(N, 0.5)),
)  # fmt: skip
PLACEMENT = Placement(
    (0.1, -0.9, 0.4), (1.0, 2.0, 3.0), (1.0, 0.2, 0.3), (KnownLength((0, 0, 0), (2, 0, 0), 5.0),)
)
SIM = PLACEMENT.placed_from_world()


def test_that_without_a_placement_the_scene_is_the_same_object():
    assert placed(SCENE, Placement()) is SCENE
    assert placed(SCENE, Placement(up=(0.0, -1.0, 0.0), origin=(0.0, 0.0, 0.0))) is SCENE


def test_that_a_known_length_makes_it_metric_even_where_nothing_moves():
    metric = placed(SCENE, Placement(known_lengths=(KnownLength((0, 0, 0), (1, 0, 0), 1.0),)))
    assert metric.registration.unit == "metre"
    np.testing.assert_array_equal(metric.cloud.xyz, SCENE.cloud.xyz)


def test_that_everything_moves_together():
    moved = placed(SCENE, PLACEMENT)
    expected = SIM.apply(POINTS)
    for points in (moved.cloud.xyz, moved.mesh.vertices, moved.gaussians.means):
        np.testing.assert_allclose(points, expected, atol=1e-5)
    np.testing.assert_allclose(moved.registration.points.xyz, expected[:3], atol=1e-5)
    for normals in (moved.cloud.normal, moved.mesh.normals):
        np.testing.assert_allclose(normals, UNIT @ SIM.rotation.T, atol=1e-6)


def test_that_the_photos_stay_as_they_were():
    moved = placed(SCENE, PLACEMENT)
    np.testing.assert_allclose(
        project(moved.cloud.xyz, moved.registration.cameras[VIEW]),
        project(POINTS, SCENE.registration.cameras[VIEW]),
        atol=1e-3,  # float32 points
    )


def test_that_lengths_are_metres():
    a, b = placed(SCENE, PLACEMENT).cloud.xyz[:2].astype(float)
    assert np.linalg.norm(a - b) == pytest.approx(2.5 * np.linalg.norm(POINTS[0] - POINTS[1]))


def test_that_gaussians_keep_shape_and_colour_from_every_side():
    before, after = SCENE.gaussians, placed(SCENE, PLACEMENT).gaussians

    def covariance(g: Gaussians, i: int) -> np.ndarray:
        axes = rotation_from_wxyz(g.rotations[i]) * g.scales[i]
        return axes @ axes.T

    for i in range(N):
        turned = SIM.scale**2 * SIM.rotation @ covariance(before, i) @ SIM.rotation.T
        np.testing.assert_allclose(covariance(after, i), turned, rtol=1e-4, atol=1e-4)
    seen_before = before.sh @ harmonics(UNIT).T
    seen_after = after.sh @ harmonics(UNIT @ SIM.rotation.T).T
    np.testing.assert_allclose(seen_after, seen_before, atol=1e-5)


def test_that_harmonics_turn_degree_by_degree():
    turned = harmonics_turned(SIM.rotation)
    np.testing.assert_allclose(turned @ turned.T, np.eye(9), atol=1e-10)
    for first, last in ((0, 1), (1, 4), (4, 9)):
        outside = turned[first:last].copy()
        outside[:, first:last] = 0
        assert not outside.any()


def test_that_a_scene_without_models_can_be_placed():
    bare = replace(SCENE, cloud=None, mesh=None, gaussians=None)
    moved = placed(bare, PLACEMENT)
    assert (moved.cloud, moved.mesh, moved.gaussians) == (None, None, None)
