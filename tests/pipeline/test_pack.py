from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from da3studio.fusion.alone import Alone
from da3studio.pipeline.pack import (
    Packed,
    pack_cloud,
    pack_depth,
    pack_fused,
    pack_mesh,
    pack_registration,
    unpack_cloud,
    unpack_depth,
    unpack_fused,
    unpack_mesh,
    unpack_registration,
)
from da3studio.scene.cloud import PointCloud
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.view import ViewId
from tests.pipeline.exact_engine import capture, exact_registration

IDS = tuple(capture().cameras)
CLOUD = PointCloud(
    np.arange(6).reshape(2, 3), np.zeros((2, 3)), np.ones((2, 3)), np.ones(2), np.ones(2),
    np.array([2, 3]), np.array([0, 1]), (ViewId("a"), ViewId("b")),
)  # fmt: skip
MESH = Mesh(np.eye(3), np.array([[0, 1, 2]]), np.eye(3), np.full((3, 3), 9))
TEXTURE = Texture(np.zeros((4, 5, 3)), np.zeros((1, 3, 2)))


def same(one: Any, other: Any) -> bool:
    """Equal in every field, arrays in dtype and values."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(one == other)


def test_that_a_registration_comes_back_equal():
    registration = replace(
        exact_registration(IDS), left_out={ViewId("z"): "It is blurred."}, unit="metre"
    )
    assert same(registration, unpack_registration(pack_registration(registration)))


def test_that_an_empty_registration_comes_back_equal():
    nothing = SparsePoints(
        np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 2))
    )
    registration = Registration((), {}, nothing, {}, (), "relative")
    assert same(registration, unpack_registration(pack_registration(registration)))


def test_that_depth_cloud_and_meshes_come_back_equal():
    depth = capture().depth_of(IDS[0])
    assert same(depth, unpack_depth(pack_depth(depth)))
    assert same(CLOUD, unpack_cloud(pack_cloud(CLOUD)))
    for mesh in (MESH, replace(MESH, rgb=None), replace(MESH, texture=TEXTURE)):
        assert same(mesh, unpack_mesh(pack_mesh(mesh, ())))


def test_that_agreement_maps_come_back_with_the_cloud():
    agreement = {ViewId("a"): np.eye(3, dtype=np.uint8), ViewId("b"): np.ones((2, 4), np.uint8)}
    cloud, maps, alone = unpack_fused(pack_fused(CLOUD, agreement))
    assert same(CLOUD, cloud)
    assert same(agreement, dict(maps))
    assert alone is None


def test_that_a_photo_that_stands_alone_comes_back_and_has_to_be_one_of_them():
    agreement = {ViewId("a"): np.eye(3, dtype=np.uint8), ViewId("b"): np.ones((2, 4), np.uint8)}
    packed = pack_fused(CLOUD, agreement, Alone(ViewId("b"), 0.09), ["They differ."])
    assert unpack_fused(packed)[2] == Alone(ViewId("b"), 0.09)
    assert packed.meta["notices"] == ["They differ."]
    for wrong in ({"alone": "c"}, {"alone": 1}, {"alike": 2.0}):
        with pytest.raises(ValueError, match=r"."):
            unpack_fused(Packed(packed.arrays, {**packed.meta, **wrong}))


@pytest.mark.parametrize(
    "change",
    [
        {"lens": np.zeros((6, 8))},
        {"lens": np.full((6, 8), np.nan)},
        {"rotation": np.zeros((2, 3, 3))},
        {"point_view_idx": np.array([99, 0, 0], np.int32)},
        {"point_point_idx": np.array([-1, 0, 0], np.int32)},
        {"point_xy": np.zeros((3, 3), np.float32)},
    ],
)
def test_that_arrays_that_do_not_fit_are_refused(change):
    packed = pack_registration(exact_registration(IDS))
    with pytest.raises(ValueError, match=r"."):
        unpack_registration(Packed({**packed.arrays, **change}, packed.meta))


def test_that_faces_outside_the_mesh_are_refused():
    packed = pack_mesh(MESH, ())
    with pytest.raises(ValueError, match="outside"):
        unpack_mesh(Packed({**packed.arrays, "faces": np.array([[0, 1, 7]])}, packed.meta))
