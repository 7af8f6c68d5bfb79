from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.scene.cloud import PointCloud
from da3studio.scene.depth import DepthMap
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.registration import SparsePoints
from da3studio.scene.view import ViewId

N = 4
CLOUD = PointCloud(
    xyz=np.zeros((N, 3)),
    rgb=np.zeros((N, 3)),
    normal=np.zeros((N, 3)),
    confidence=np.ones(N),
    isolation=np.ones(N),
    n_views=np.full(N, 3),
    view_idx=np.zeros(N),
    view_ids=(ViewId("a"),),
)
TETRAHEDRON = Mesh(
    vertices=np.eye(4, 3),
    faces=np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]]),
    normals=np.eye(4, 3),
)


@pytest.mark.parametrize(
    "field", ["xyz", "rgb", "normal", "confidence", "isolation", "n_views", "view_idx"]
)
def test_that_a_cloud_has_every_measure_for_every_point_read_only(field):
    array = getattr(CLOUD, field)

    assert len(CLOUD) == len(array) == N
    assert not array.flags.writeable
    if field != "xyz":  # it says how many there are
        with pytest.raises(ValueError, match="expected an array"):
            replace(CLOUD, **{field: array[:-1]})


def test_that_a_cloud_may_be_empty():
    nothing = np.zeros((0, 3))
    empty = PointCloud(nothing, nothing, nothing, *(np.zeros(0),) * 4, ())

    assert len(empty) == 0


def test_that_depth_confidence_and_sky_have_one_size():
    depth = DepthMap(np.ones((3, 5)), np.ones((3, 5)), np.zeros((3, 5)))

    assert (depth.height, depth.width) == (3, 5)
    assert (depth.z.dtype, depth.sky.dtype) == (np.float32, np.bool_)
    for wrong in ((np.ones((5, 3)), depth.sky), (depth.confidence, np.zeros((3, 5, 1)))):
        with pytest.raises(ValueError, match="expected an array"):
            DepthMap(depth.z, *wrong)


@pytest.mark.parametrize("corner", [-1, 4])
def test_that_a_face_outside_the_vertices_is_refused(corner):
    with pytest.raises(ValueError, match="outside the 4 vertices"):
        replace(TETRAHEDRON, faces=np.array([[0, 1, corner]]))


def test_that_a_mesh_may_have_no_faces():
    assert len(replace(TETRAHEDRON, faces=np.zeros((0, 3))).faces) == 0


def test_that_a_texture_has_uvs_for_every_face():
    image = np.zeros((2, 2, 3))
    assert replace(TETRAHEDRON, texture=Texture(image, np.zeros((4, 3, 2)))).texture is not None
    with pytest.raises(ValueError, match="another number of faces"):
        replace(TETRAHEDRON, texture=Texture(image, np.zeros((3, 3, 2))))


def test_that_observations_are_paired():
    points = SparsePoints(
        xyz=np.zeros((2, 3)),
        rgb=np.zeros((2, 3)),
        error_px=np.zeros(2),
        point_idx=np.array([0, 1, 1]),
        view_idx=np.array([0, 0, 1]),
        xy=np.zeros((3, 2)),
    )

    assert not points.xy.flags.writeable
    with pytest.raises(ValueError, match="expected an array"):
        replace(points, view_idx=np.array([0, 0]))
