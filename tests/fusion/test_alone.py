"""Depth maps that agree, and maps that do not, of one exact scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.base.progress import silent
from da3studio.fusion.alone import Alone, Tally, photo_alone, tally
from da3studio.fusion.points import Fused, fuse
from da3studio.recipes.fuse import FuseRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId
from tests.synthetic.captures import Capture, still_life

SIZE = (120, 90)
# Of the true depth at the right side of a photo; a network errs like that, alike in all around.
WRONG = (0.0, 0.09, -0.12, 0.2)


def small(n: int) -> Capture:
    return still_life(n, SIZE, degrees=12 * (n - 1))


def bent(depth: DepthMap, by: float) -> DepthMap:
    """Right at the left side of the photo and off by a share of the depth at the right side."""
    factor = 1 + by * np.linspace(0, 1, depth.width, dtype=np.float32)
    return replace(depth, z=depth.z * factor)


def fused(capture: Capture, errors: tuple[float, ...], kept: float = 1.0) -> Fused:
    """Of depth maps with an error each, of which a share of the pixels is kept."""
    maps = {}
    for i, (view_id, error) in enumerate(zip(capture.rig, errors, strict=True)):
        depth = bent(capture.depth_of(view_id), error)
        gone = np.random.default_rng(i).random(depth.z.shape) > kept
        maps[view_id] = replace(depth, z=np.where(gone, np.float32(0), depth.z))
    return fuse(
        capture.cameras, maps.__getitem__, capture.rgb_of, FuseRecipe(), report=silent, token=NEVER
    )  # fmt: skip


@pytest.mark.parametrize("n", [2, 3, 4])
def test_that_photos_whose_depths_agree_are_joined(n):
    assert fused(small(n), (0.0,) * n).alone is None


@pytest.mark.parametrize("n", [2, 3, 4])
def test_that_of_photos_whose_depths_disagree_one_stands_alone(n):
    capture = small(n)
    found = fused(capture, WRONG[:n])
    assert found.alone is not None
    assert 0 < found.alone.alike < 1 / 3

    alone = found.alone.view_id
    truth = bent(capture.depth_of(alone), WRONG[list(capture.rig).index(alone)])
    for view_id, agreement in found.agreement.items():
        assert agreement.max() == (2 if view_id == alone else 1)
    assert np.array_equal(found.agreement[alone] == 2, truth.z > 0)
    points = found.cloud.xyz
    assert (found.cloud.view_idx == list(capture.rig).index(alone)).all()
    assert len(points) > 0.7 * (truth.z > 0).sum()
    z = np.sort(capture.cameras[alone].cam_from_world.apply(points)[:, 2])
    np.testing.assert_allclose(z[[0, -1]], [truth.z[truth.z > 0].min(), truth.z.max()], rtol=0.02)


def test_that_maps_with_gaps_are_joined_however_little_is_left():
    """What photogrammetry is not sure of it leaves out: alone such a map shows no more."""
    assert fused(small(3), WRONG[:3], kept=0.6).alone is None


def test_that_the_same_maps_give_the_same_photo_and_the_same_points():
    one, other = (fused(small(3), WRONG[:3]) for _ in range(2))
    assert one.alone == other.alone
    assert np.array_equal(one.cloud.xyz, other.cloud.xyz)


def named(*tallies: Tally) -> dict[ViewId, Tally]:
    return {ViewId(name): one for name, one in zip("abcdefghijklmnop", tallies, strict=False)}


def test_that_the_photo_of_which_others_confirm_most_is_chosen():
    low, high = Tally(100, 100, 8, 4), Tally(100, 100, 12, 6)
    assert photo_alone(named(low, high, low)) == Alone(ViewId("b"), 28 / 300)
    empty, some = Tally(100, 80, 0, 0), Tally(100, 90, 0, 0)
    assert photo_alone(named(empty, some, some)) == Alone(ViewId("b"), 0)


def test_that_two_thirds_of_what_is_shown_have_to_be_unconfirmed():
    assert photo_alone(named(*[Tally(99, 99, 32, 16)] * 2)) is not None
    assert photo_alone(named(*[Tally(99, 99, 33, 16.5)] * 2)) is None
    assert photo_alone(named(*[Tally(99, 80, 15, 7)] * 2)) is None  # too many gaps


def test_that_sky_is_nothing_to_be_confirmed():
    half = np.zeros((4, 5), np.bool_)
    half[:2] = True
    depth = DepthMap(np.where(half, 0, 3), np.ones((4, 5)), half)
    agree = np.where(half, 0, 1).astype(np.uint8)
    counted = tally(depth, agree, np.zeros((4, 5), np.bool_))
    assert counted == Tally(10, 10, 0, 0)
    assert photo_alone(named(counted, counted)) is not None


def test_that_many_photos_that_show_more_together_than_one_are_joined():
    """Of each a quarter, but other places: two photos' worth of surface."""
    many = named(*[Tally(100, 100, 25, 12.5)] * 16)
    assert photo_alone(many) is None
    assert photo_alone(dict(list(many.items())[:4])) is not None


def test_that_a_place_that_several_agree_on_counts_once():
    agree = np.array([[1, 2, 2, 4]], np.uint8)
    depth = DepthMap(np.ones((1, 4)), np.ones((1, 4)), np.zeros((1, 4)))
    assert tally(depth, agree, agree >= 2) == Tally(4, 4, 3, 1.25)
