"""Several passes with different reference views, brought together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from da3studio.engine.da3.references import seen_in_turn
from da3studio.model.camera_heads import Cameras
from tests.engine.da3.little import FREE, PASS, loaded, patterns, seen, tensors

PHOTOS = patterns((140, 98), (98, 140), (140, 98), (140, 140))


@pytest.fixture(scope="module")
def first():
    network = loaded(FREE).any_view
    with torch.inference_mode():
        return network(tensors(PHOTOS))


def in_other_units(output, reference, unit):
    """The same answer with another reference and in another unit."""
    pose = output.cameras.cam_from_world.clone()
    pose[:, :, 3] *= unit
    return replace(
        output,
        reference=reference,
        depth=tuple(unit * z for z in output.depth),
        cameras=Cameras(pose, output.cameras.intrinsics),
    )


def test_that_the_same_answer_in_other_units_changes_nothing(first):
    found = seen_in_turn(first, lambda view: in_other_units(first, view, 1.0 + view), 8)

    for one, other in zip(found.depth, first.depth, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=0)
    torch.testing.assert_close(found.cameras.intrinsics, first.cameras.intrinsics)
    pose = first.cameras.cam_from_world.double().numpy()
    moved = found.cameras.cam_from_world.double().numpy()
    to_world = pose[first.reference, :, :3].T
    np.testing.assert_allclose(moved[:, :, :3], pose[:, :, :3] @ to_world, atol=1e-4)


def test_that_views_are_the_reference_in_turn_and_no_more_often_than_asked(first):
    asked = []

    def again(view):
        asked.append(view)
        return replace(first, reference=view)

    assert seen_in_turn(first, again, 1) is first
    assert not asked
    seen_in_turn(first, again, 3)
    seen_in_turn(first, again, 8)
    others = [view for view in range(4) if view != first.reference]
    assert asked == [others[0], others[2], *others]


def test_that_a_large_set_is_seen_fewer_times_over(first):
    many = replace(first, depth=first.depth * 20, confidence=first.confidence * 20)
    assert seen_in_turn(many, lambda _: pytest.fail("80 views were seen again"), 8) is many


def test_that_a_pass_asks_for_it_where_no_camera_is_known():
    alone = seen(loaded(), PHOTOS)
    in_turn = seen(loaded(), PHOTOS, recipe=replace(PASS, references=4))

    moved = [
        np.abs(one.cam_from_world.matrix() - other.cam_from_world.matrix()).max()
        for one, other in zip(alone.cameras, in_turn.cameras, strict=True)
    ]
    assert max(moved) > 1e-3
    assert all((depth.z > 0).all() for depth in in_turn.depths)


def test_that_one_photo_is_seen_once():
    one = patterns((140, 98))
    alone, in_turn = seen(loaded(), one), seen(loaded(), one, recipe=replace(PASS, references=8))

    np.testing.assert_array_equal(alone.depths[0].z, in_turn.depths[0].z)


def test_that_depth_of_nothing_stays_a_number(first):
    flat = replace(first, depth=tuple(torch.zeros_like(z) for z in first.depth))
    found = seen_in_turn(flat, lambda view: replace(first, reference=view), 4)

    assert all(torch.isfinite(z).all() for z in found.depth)
    assert torch.isfinite(found.cameras.cam_from_world).all()
