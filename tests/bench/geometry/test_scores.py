"""The figures, on answers whose errors are known."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.bench.geometry.answers import Answer, SurfaceScore
from da3studio.bench.geometry.competitors import Nothing, TwoViewPoints
from da3studio.bench.geometry.scores import score_depth, score_pairs
from da3studio.bench.geometry.surface import shown_surface
from da3studio.bench.geometry.truth import Photo, lifted, nested, stretches
from da3studio.bench.parity.reference_scores import binned_auc
from da3studio.geometry.camera import Camera, Intrinsics, project
from da3studio.geometry.pose_errors import MISSING_DEG, auc
from da3studio.geometry.rigid import Rigid3, rotation_from_wxyz
from tests.bench.geometry.made import answer_of, depth_map, perfect, table
from tests.engine.sets import still_life, taken
from tests.synthetic.rigs import orbit

LENS = Intrinsics(100, 100, 56, 42, 112, 84)


def placed(x: float, *, turned_deg: float = 0.0) -> Rigid3:
    """`cam_from_world` of a camera at (x, 0, 0), turned about y."""
    half = np.radians(turned_deg) / 2
    rotation = rotation_from_wxyz((np.cos(half), 0, np.sin(half), 0))
    return Rigid3(rotation, -rotation @ np.array([x, 0.0, 0.0]))


def with_poses(poses):
    """Photos of the table, as if they had been taken from elsewhere."""
    return [
        replace(photo, camera=Camera(LENS, pose))
        for photo, pose in zip(table(len(poses)), poses, strict=True)
    ]


def test_that_the_truth_in_another_world_scores_everything():
    photos = table(4)

    pairs = score_pairs(perfect(photos), photos)
    depths = [score_depth(perfect(photos), photo) for photo in photos]

    assert pairs.errors.shape == pairs.published.shape == (6,)
    assert auc(pairs.errors, 3) > 0.9999
    assert binned_auc(pairs.published, 3) == 1
    assert [(one.delta1, one.cover) for one in depths] == [(1, 1)] * 4
    assert max(one.abs_rel for one in depths) < 1e-6


def test_that_a_turned_camera_costs_its_angle_and_a_missing_one_all_its_pairs():
    photos = table(3)
    turned = score_pairs(perfect(photos, turned_deg=4), photos)
    answer = perfect(photos)
    without = replace(answer, cameras={k: v for k, v in answer.cameras.items() if "0" not in k})

    missing = score_pairs(without, photos)

    np.testing.assert_allclose(turned.angles[:, 0], [4, 0, 4], atol=1e-4)
    np.testing.assert_allclose(missing.angles[:2], MISSING_DEG)
    assert sorted(missing.published)[1:] == [MISSING_DEG, MISSING_DEG]
    assert missing.errors[2] < 1e-4


def test_that_no_knowledge_scores_what_it_does_by_hand():
    # Nobody turns and everybody steps to the right: true, but for the turn of the third camera.
    photos = with_poses([placed(0), placed(2), placed(5)])
    turned = with_poses([placed(0), placed(2), placed(5, turned_deg=-6)])

    straight = score_pairs(Nothing().answer(photos, NEVER), photos)
    off = score_pairs(Nothing().answer(turned, NEVER), turned)

    np.testing.assert_allclose(straight.errors, 0, atol=1e-5)
    np.testing.assert_allclose(off.errors, [0, 6, 6], atol=1e-5)
    # (0, 1/3) straight to (6, 2/3), up to (6, 1), level up to 30
    assert auc(off.errors, 30) == pytest.approx((6 * (1 / 3 + 2 / 3) / 2 + 24) / 30, abs=1e-5)
    # The published pair of b and c is b's place in c's turned world: 2 - 5 (cos 6, sin 6).
    x, y = 5 * np.cos(np.radians(6)) - 2, 5 * np.sin(np.radians(6))
    np.testing.assert_allclose(off.published, [0, 6, np.degrees(np.arctan2(y, x))], atol=1e-5)


def test_that_bins_of_a_degree_count_from_the_one_that_an_error_is_in():
    assert binned_auc(np.array([0.5, 6.5, 9.5, 180]), 30) == pytest.approx((30 + 24 + 21) / 120)
    assert binned_auc(np.array([0.5, 6.5]), 3) == pytest.approx(0.5)


def test_that_only_the_published_error_takes_a_direction_for_its_opposite():
    photos = with_poses([placed(0), placed(2)])
    cameras = {photos[0].name: Camera(LENS, placed(0)), photos[1].name: Camera(LENS, placed(-2))}

    pairs = score_pairs(Answer(cameras, {}, 0.0), photos)

    assert pairs.errors[0] == pytest.approx(180)
    assert pairs.published[0] == pytest.approx(0, abs=1e-5)


def test_that_depth_is_judged_after_its_median_where_it_is():
    (photo,) = table(1)
    z = depth_map(photo)
    there = np.argwhere(z > 0)
    few, some = (there[: len(there) // n] for n in (4, 2))
    wrong, holes = 7 * z, z.copy()
    wrong[tuple(few.T)] *= 1.5
    holes[tuple(some.T)] = 0
    camera = {photo.name: photo.camera}

    off = score_depth(Answer(camera, {photo.name: answer_of(wrong)}, 0.0), photo)
    sparse = score_depth(Answer(camera, {photo.name: answer_of(holes)}, 0.0), photo)
    nothing = score_depth(Answer({}, {}, 0.0), photo)

    assert off.abs_rel == pytest.approx(0.125, abs=1e-3)
    assert off.delta1 == pytest.approx(0.75, abs=1e-3)
    assert (sparse.abs_rel < 1e-6, sparse.delta1) == (True, 1)
    assert sparse.cover == pytest.approx(0.5, abs=1e-3)
    assert nothing.cover == 0
    assert np.isnan(nothing.abs_rel)


def test_that_depth_is_looked_up_without_the_lens_distortion_that_was_found():
    (photo,) = table(1)
    bent = replace(photo.camera.intrinsics, k1=0.2)
    camera = Camera(bent, photo.camera.cam_from_world)
    # Of a photo that was taken through the bent lens, depth of the straightened one is known.
    seen, points = photo.depth(), lifted(photo)
    taken = replace(photo, camera=camera, depth=lambda: replace(seen, xy=project(points, camera)))

    score = score_depth(
        Answer({photo.name: camera}, {photo.name: answer_of(depth_map(photo))}, 0.0), taken
    )

    assert score.cover > 0.99
    assert score.abs_rel < 0.002  # a pixel's edge at most
    np.testing.assert_allclose(lifted(taken), points, atol=1e-3)


def test_that_windows_lie_inside_each_other():
    photos = table(8)

    inside = nested(photos, (2, 4, 8))
    odd = nested(photos[:7], (2, 3, 8))

    assert [len(inside[size]) for size in (2, 4, 8)] == [4, 2, 1]
    assert inside[2][3] == inside[4][1][2:] == inside[8][0][6:]
    assert [[p.name[6] for p in w] for w in odd[2]] == [["0", "1"], ["3", "4"]]
    assert odd[8] == []


def test_that_stretches_are_spread_over_the_photos():
    photos = table(8)

    assert [one[0] for one in stretches(photos, (2, 4), 3)] == [photos[0], photos[2], photos[4]]
    assert stretches(photos[:3], (2, 4), 3) == [photos[0:2], photos[1:3]]
    assert stretches(photos[:1], (2, 4), 3) == []


def test_that_the_true_surface_scores_nearly_everything_and_a_shrunk_one_little():
    photos = table(4)
    surface = shown_surface(photos)
    half = perfect(photos, given=True)
    half = replace(half, depths={k: answer_of(0.8 * v.z) for k, v in half.depths.items()})

    free, given, shrunk = (
        surface.score(answer, photos)
        for answer in (perfect(photos), perfect(photos, given=True), half)
    )

    assert free.f_score > 0.97
    assert given.f_score > 0.97
    assert free.overall < 0.02  # median depths
    assert shrunk.f_score < 0.3
    assert surface.score(perfect(photos[:2]), photos[:2]) == SurfaceScore(0.0, None)


def test_that_two_photos_with_points_are_related():
    rig = orbit(2, radius=4.0, height=2.6, size=(480, 360), degrees=12, k1=0.05)
    rendered = taken(still_life(), rig)
    photos = [
        Photo(view, rendered.cameras[view.id], partial(rendered.read, view))
        for view in rendered.views
    ]

    answer = TwoViewPoints(336).answer(photos, NEVER)
    blank = [replace(photo, read=lambda: np.zeros((360, 480, 3), np.uint8)) for photo in photos]
    lost = TwoViewPoints(336).answer(blank, NEVER)

    assert score_pairs(answer, photos).angles.max() < 2
    assert score_pairs(lost, photos).errors == [MISSING_DEG]
    assert lost.failure == "too few points in common"
    assert TwoViewPoints(336).answer(photos[:1], NEVER) is None
