"""Thresholds, pieces, planes and photos, on clouds whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from da3studio.edits.pieces import LargestComponents, pieces, typical_spacing
from da3studio.edits.planes import RemovePlane, find_plane
from da3studio.edits.thresholds import MaxIsolation, MaxSlant, MinConfidence, MinViews
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.geometry.camera import project
from da3studio.geometry.plane import fit_plane
from tests.edits.clouds import CAMERAS, VIEWS, cloud_of, everywhere, evidence_of

DIGEST = "ab" * 16


def test_that_thresholds_remove_what_is_beyond_them_and_nan():
    four = np.zeros((4, 3))
    values = np.float32([1, 2, 3, np.nan])
    evidence = evidence_of(four, confidence=values, isolation=values)
    assert MinConfidence(2.0).removes(evidence).tolist() == [True, False, False, True]
    assert MaxIsolation(2.0).removes(evidence).tolist() == [False, False, True, True]
    seen = evidence_of(four, n_views=np.uint8([2, 3, 4, 5]))
    assert MinViews(4).removes(seen).tolist() == [True, True, False, False]


def test_that_a_threshold_on_a_tenth_keeps_the_point_that_has_it():
    evidence = evidence_of(np.zeros((1, 3)), confidence=np.float32([0.1]))
    assert not MinConfidence(0.1).removes(evidence).any()  # 0.1 is above float32's nearest


@pytest.mark.parametrize("degrees", [0.0, 30.0, 60.0, 85.0])
def test_that_slant_is_the_angle_to_the_points_own_camera(degrees):
    towards = CAMERAS[VIEWS[0]].centre / np.linalg.norm(CAMERAS[VIEWS[0]].centre)
    side = np.cross(towards, (0, 0, 1))
    side /= np.linalg.norm(side)
    angle = np.radians(degrees)
    normal = np.cos(angle) * towards + np.sin(angle) * side
    evidence = evidence_of(
        np.zeros((1, 3)), normal=np.float32(normal)[None], view_idx=np.int32([0])
    )
    assert not MaxSlant(min(90.0, degrees + 0.1)).removes(evidence).any()
    if degrees:
        assert MaxSlant(degrees - 0.1).removes(evidence).all()


def test_that_slant_leaves_points_alone_whose_camera_is_not_known():
    evidence = evidence_of(everywhere(100), cameras={})
    assert not MaxSlant(1.0).removes(evidence).any()


def two_sheets(gap: float) -> np.ndarray:
    """A sheet of 100 x 100 points at spacing 0.01, and beside it one of 40 x 40."""
    large = np.stack(np.meshgrid(np.arange(100), np.arange(100), [0.0]), -1).reshape(-1, 3) * 0.01
    small = np.stack(np.meshgrid(np.arange(40), np.arange(40), [0.0]), -1).reshape(-1, 3) * 0.01
    small[:, 0] += 0.99 + gap
    return np.concatenate([large, small]).astype(np.float32)


def test_that_the_typical_spacing_of_a_grid_is_its_pitch():
    assert typical_spacing(two_sheets(1.0)) == pytest.approx(0.01, rel=1e-3)
    even = np.stack(np.meshgrid(np.arange(1000), np.arange(600)), -1).reshape(-1, 2) * 0.01
    sheet = np.column_stack([even, np.zeros(len(even))]).astype(np.float32)  # above the sample
    assert typical_spacing(sheet) == pytest.approx(0.01, rel=0.1)


def test_that_the_largest_piece_is_kept_and_touching_sheets_are_one():
    apart, touching = two_sheets(0.2), two_sheets(0.03)
    removed = LargestComponents(1, gap=5).removes(evidence_of(apart))
    np.testing.assert_array_equal(removed, np.arange(len(apart)) >= 10_000)
    assert not LargestComponents(2, gap=5).removes(evidence_of(apart)).any()
    assert not LargestComponents(1, gap=5).removes(evidence_of(touching)).any()


def test_that_pieces_are_those_of_a_flood_fill_over_touching_cells():
    from scipy.ndimage import label

    points = everywhere(800, half=10.0)
    low = points.min(axis=0)
    cells = np.floor((points - low).astype(np.float64)).astype(int)
    grid = np.zeros(cells.max(axis=0) + 1, bool)
    grid[tuple(cells.T)] = True
    expected = label(grid, np.ones((3, 3, 3)))[0][tuple(cells.T)]
    piece, sizes = pieces(points, 1.0)

    assert len(sizes) == expected.max() > 5
    assert len({*zip(piece.tolist(), expected.tolist(), strict=True)}) == len(sizes)
    np.testing.assert_array_equal(np.sort(sizes), np.sort(np.bincount(expected)[1:]))


def test_that_the_order_of_the_points_changes_nothing():
    points = np.concatenate([two_sheets(0.2)] * 6 + [everywhere(3000)])
    points += np.random.default_rng(5).normal(0, 0.002, points.shape).astype(np.float32)
    order = np.random.default_rng(1).permutation(len(points))
    edit = LargestComponents(1, gap=3)
    np.testing.assert_array_equal(
        edit.removes(evidence_of(points))[order], edit.removes(evidence_of(points[order]))
    )


def test_that_one_point_far_away_neither_costs_memory_nor_joins_a_piece():
    points = np.concatenate([two_sheets(0.2), [[1e9, 1e9, 1e9]], [[1e9, 1e9, -1e9]]])
    removed = LargestComponents(1, gap=5).removes(evidence_of(points))
    assert removed[-2:].all()


def table(tilt: float, noise: float, n: int = 40_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of a table, two fifths of all, with a box on it and floaters; its normal, offset."""
    rng = np.random.default_rng(3)
    normal = np.array([np.sin(tilt), 0.0, np.cos(tilt)])
    u = np.array([np.cos(tilt), 0.0, -np.sin(tilt)])
    v = np.cross(normal, u)
    on = rng.uniform(-2, 2, (n * 2 // 5, 2))
    flat = on @ np.stack([u, v]) + normal * (0.7 + rng.normal(0, noise, (len(on), 1)))
    box = rng.uniform(-0.4, 0.4, (n // 2, 3)) + normal * 1.2
    floaters = rng.uniform(-2, 2, (n - len(flat) - len(box), 3))
    points = np.concatenate([flat, box, floaters])
    normals = rng.normal(size=points.shape)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals[: len(flat)] = normal
    return points, normals, normal


@pytest.mark.parametrize("tilt", [0.0, 0.3, 1.2])
def test_that_a_table_among_clutter_is_found_within_a_fifth_of_a_degree(tilt):
    points, normals, normal = table(tilt, noise=0.01)
    found = find_plane(cloud_of(points, normal=normals.astype(np.float32)))

    assert np.degrees(np.arccos(min(1, np.dot(found.normal, normal)))) < 0.2
    assert found.offset == pytest.approx(0.7, abs=0.005)
    assert 0.35 < found.share < 0.5
    assert 0.05 < found.thickness < 0.1  # holds 4 sigma on both sides
    edit = RemovePlane(found.normal, found.offset, found.thickness, below=False)
    removed = edit.removes(evidence_of(points))
    assert removed[:16_000].mean() > 0.999


def test_that_a_plane_is_found_again_with_the_same_seed_and_only_among_kept_points():
    points, normals, normal = table(0.3, noise=0.01)
    cloud = cloud_of(points, normal=normals.astype(np.float32))
    assert find_plane(cloud, seed=4) == find_plane(cloud, seed=4)
    nothing = np.zeros(len(points), bool)
    assert find_plane(cloud, nothing) is None
    upside = find_plane(cloud, along=-normal)
    assert np.dot(upside.normal, normal) > 0.999  # to the side the points' own normals look


def test_that_a_plane_has_to_be_along_the_direction_asked_for():
    rng = np.random.default_rng(0)
    wall = np.column_stack([np.zeros(3000), rng.uniform(-1, 1, (3000, 2))])
    floor = np.column_stack([rng.uniform(-1, 1, (1000, 2)), np.full(1000, -1.0)])
    points = np.concatenate([wall, floor])
    free = fit_plane(points, 0.01, rng)
    assert abs(free.normal[0]) > 0.999
    assert free.share == pytest.approx(0.75, abs=0.01)
    low = fit_plane(points, 0.01, rng, along=(0, 0, 1), within_rad=0.3)
    assert low.normal[2] > 0.999
    assert low.offset == pytest.approx(-1, abs=1e-3)  # the foot of the wall counts too
    assert fit_plane(points[:2], 0.01, rng) is None
    assert fit_plane(np.zeros((50, 3)), 0.01, rng) is None


def test_that_below_also_takes_what_is_under_the_plane():
    heights = np.array([-3.0, -0.04, 0.0, 0.04, 0.2])
    evidence = evidence_of(np.column_stack([np.zeros((5, 2)), heights + 2]))
    slab = RemovePlane((0.0, 0.0, 1.0), 2.0, 0.1, below=False)
    assert slab.removes(evidence).tolist() == [False, True, True, True, False]
    under = RemovePlane((0.0, 0.0, 1.0), 2.0, 0.1)
    assert under.removes(evidence).tolist() == [True, True, True, True, False]


def test_that_hiding_a_view_removes_its_points_and_the_view():
    evidence, hide = evidence_of(everywhere(8)), HideView(VIEWS[1])
    assert np.flatnonzero(hide.removes(evidence)).tolist() == [1, 5]
    assert hide.removes_view(VIEWS[1])
    assert not hide.removes_view(VIEWS[0])
    assert not HideView("gone").removes(evidence).any()


@pytest.mark.parametrize("size", [(320, 240), (80, 60)])
def test_that_a_mask_removes_what_was_painted_over_in_its_own_photo_only(size):
    width, height = size
    mask = np.zeros((height, width), bool)
    mask[:, : width // 2] = True
    points = everywhere(4000, half=0.8)
    evidence = evidence_of(points, mask_of={DIGEST: mask}.__getitem__)
    removed = MaskPhoto(VIEWS[2], DIGEST).removes(evidence)

    left = project(points, CAMERAS[VIEWS[2]])[:, 0] < 160
    own = np.arange(4000) % 4 == 2
    np.testing.assert_array_equal(removed, left & own)
    assert 300 < removed.sum() < 700


def test_that_a_mask_of_a_photo_without_camera_removes_nothing_and_is_not_read():
    assert not MaskPhoto("gone", DIGEST).removes(evidence_of(everywhere(10))).any()


@pytest.mark.parametrize(
    "make",
    [
        lambda: MinConfidence(float("nan")),
        lambda: MaxIsolation(-1.0),
        lambda: MinViews(0),
        lambda: MaxSlant(91.0),
        lambda: LargestComponents(0),
        lambda: LargestComponents(1, 0.1),
        lambda: RemovePlane((0.0, 0.0, 2.0), 0.0, 0.1),
        lambda: RemovePlane((0.0, 0.0, 1.0), 0.0, -0.1),
        lambda: HideView(""),
        lambda: MaskPhoto("a", "../../etc"),
    ],
)
def test_that_impossible_numbers_are_refused(make):
    with pytest.raises(ValueError, match=r"\w"):
        make()
