"""The parts of structure from motion: lenses, features, pairs, and what is said of failures."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pycolmap
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.engine.sfm.colmap.database import fill_with_features, open_database
from da3studio.engine.sfm.colmap.diagnose import Pair, explain_failure, groups_of, reasons
from da3studio.engine.sfm.colmap.localise import ModelPoints
from da3studio.engine.sfm.colmap.matching import choose_pairs, describe_photos
from da3studio.engine.sfm.features import affine_sift, codebook, in_common_size, sift
from da3studio.engine.sfm.lenses import Lens, group_by_lens
from da3studio.engine.sfm.looking import PhotoEyes
from da3studio.engine.sfm.messages import Features
from da3studio.scene.view import PhotoSource
from tests.engine.sets import RECIPE, SIZE, orbit_set, view_of

NIKON = replace(view_of("nikon", 1600, 1200), camera_name="NIKON D3200", focal_px=2000.0)


def grouped(*views):
    return sorted(lens.view_idx for lens in group_by_lens(views))


def test_that_copies_of_other_sizes_share_the_lens_of_the_largest():
    half = replace(NIKON, width=800, height=600, focal_px=1000.0)
    odd = replace(NIKON, width=667, height=500, focal_px=833.3)
    (lens,) = group_by_lens([half, NIKON, odd])

    assert lens == Lens((0, 1, 2), 1600, 1200, 2000.0, focal_known=True)


@pytest.mark.parametrize(
    "other",
    [
        replace(NIKON, focal_px=1500.0),  # zoomed
        replace(NIKON, camera_name="Canon EOS R5"),
        replace(NIKON, width=1200, height=1600),  # held upright: another principal point
        replace(NIKON, width=1600, height=900),  # cut to another shape
        replace(NIKON, camera_name="", focal_px=None),
    ],
)
def test_that_other_lenses_are_kept_apart(other):
    assert grouped(NIKON, other) == [(0,), (1,)]


def test_that_a_focal_length_written_with_little_precision_does_not_split_a_lens():
    assert grouped(NIKON, replace(NIKON, focal_px=2003.0)) == [(0, 1)]


def test_that_without_exif_only_photos_of_one_size_share_a_lens_of_typical_focal_length():
    plain = view_of("a", 1000, 750)
    lenses = group_by_lens([plain, plain, view_of("b", 750, 1000)])

    assert [lens.view_idx for lens in lenses] == [(0, 1), (2,)]
    assert [lens.focal_px for lens in lenses] == [850.0, 850.0]
    assert not any(lens.focal_known for lens in lenses)


def test_that_two_videos_of_one_size_have_two_lenses():
    frames = [
        replace(view_of(f"f{n}", 1920, 1080), source=PhotoSource("f", "d", video, 0.5 * n))
        for n, video in enumerate(["a.mp4", "b.mp4", "a.mp4"])
    ]

    assert grouped(*frames) == [(0, 2), (1,)]


def test_that_features_are_moved_to_the_common_size():
    lens = Lens((0,), 1600, 1200, 2000.0, focal_known=True)
    found = Features(np.array([[400.5, 300.5, 4.0, 1.0]], np.float32), np.zeros((1, 128), np.uint8))
    moved = in_common_size(found, np.zeros((600, 800, 3), np.uint8), lens)

    np.testing.assert_allclose(moved.keypoints, [[801, 601, 8, 1]])
    assert found.keypoints[0, 0] == 400.5


def blobs(centres, size=(200, 300)):
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    grey = sum(200 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 32) for cx, cy in centres)
    return np.repeat(np.uint8(np.round(grey))[..., None], 3, axis=2)


@pytest.mark.parametrize("find", [sift, affine_sift])
def test_that_a_spot_is_found_at_its_centre_in_our_pixels(find):
    centres = [(60.3, 50.7), (150.5, 120.0), (240.0, 60.5)]
    found = find(blobs(centres), 100).keypoints[:, :2]

    for centre in centres:
        assert np.linalg.norm(found - centre, axis=1).min() < 0.15  # half a pixel off would be 0.7


def test_that_descriptors_are_unit_vectors_as_colmap_stores_them():
    photos = orbit_set(2, degrees=12)
    found = sift(photos.pictures[photos.views[0].id], 300)
    lengths = np.linalg.norm(found.descriptors / 512, axis=1)

    assert found.descriptors.shape == (len(found.keypoints), 128)
    assert 250 < len(found.keypoints) <= 330
    assert found.descriptors.dtype == np.uint8
    assert np.abs(lengths - 1).max() < 0.02


def test_that_a_plain_photo_has_no_features():
    found = sift(np.full((100, 100, 3), 90, np.uint8), 100)

    assert found.keypoints.shape == (0, 4)
    assert found.descriptors.shape == (0, 128)


class Counted:
    """Eyes that count what was taken from them and kept."""

    def __init__(self, photos, lenses):
        self.kept = 0
        token = CancelToken(lambda: self.kept >= 2)
        self.eyes = PhotoEyes(photos.views, lenses, photos, RECIPE, token)

    def features(self, view_idx, *, affine=False):
        for found in self.eyes.features(view_idx, affine=affine):
            yield found
            self.kept += 1


def test_that_an_interrupted_extraction_keeps_what_it_found(tmp_path):
    photos = replace(orbit_set(6), asked=[])
    lenses = group_by_lens(photos.views)
    path = tmp_path / "matches.db"
    database = open_database(path, photos.views, lenses)
    with pytest.raises(JobCancelled):
        fill_with_features(database, 6, Counted(photos, lenses))
    database.close()
    photos = replace(orbit_set(6), asked=[])
    database = open_database(path, photos.views, lenses)
    fill_with_features(database, 6, PhotoEyes(photos.views, lenses, photos, RECIPE, NEVER))
    rows = [len(database.read_keypoints(n + 1)) for n in range(6)]
    database.close()

    assert sorted(photos.asked) == [view.id for view in photos.views[2:]]
    assert min(rows) > 500


def test_that_a_photo_without_features_is_looked_at_once(tmp_path):
    photos = orbit_set(2, degrees=12)
    plain = replace(
        photos,
        pictures={view.id: np.full((*SIZE[::-1], 3), 9, np.uint8) for view in photos.views},
        asked=[],
    )
    lenses = group_by_lens(plain.views)
    database = open_database(tmp_path / "matches.db", plain.views, lenses)
    for _ in range(2):
        fill_with_features(database, 2, PhotoEyes(plain.views, lenses, plain, RECIPE, NEVER))
    described = describe_photos(database, 2, codebook, seed=0)
    database.close()

    assert len(plain.asked) == 2
    assert not described.any()


def database_of(folder, descriptors):
    """A database whose views have these descriptors."""
    views = [view_of(f"v{n}", 640, 480) for n in range(len(descriptors))]
    database = open_database(folder / "matches.db", views, group_by_lens(views))
    kind = pycolmap.FeatureExtractorType.SIFT
    with pycolmap.DatabaseTransaction(database):
        for n, rows in enumerate(descriptors):
            database.write_descriptors(n + 1, pycolmap.FeatureDescriptors(kind, rows))
            database.write_keypoints(n + 1, np.zeros((len(rows), 4), np.float32))
    return database


def walk(n, seed=0):
    """Descriptors of a walk of `n` photos around a block: the last ones see the first things."""
    rng = np.random.default_rng(seed)
    things = np.abs(rng.normal(size=(n, 60, 128)))
    things = np.clip(512 * things / np.linalg.norm(things, axis=2, keepdims=True), 0, 255)
    seen = []
    for k in range(n):
        rows = np.concatenate([things[(k + step) % n] for step in range(5)])
        seen.append(np.clip(rows + rng.normal(0, 2, rows.shape), 0, 255).astype(np.uint8))
    return seen


def test_that_few_photos_are_all_compared(tmp_path):
    database = database_of(tmp_path, walk(5))
    try:
        assert choose_pairs(database, 5, codebook, seed=0) == tuple(combinations(range(5), 2))
    finally:
        database.close()


def test_that_a_long_walk_is_compared_with_its_neighbours_and_where_it_closes(tmp_path):
    database = database_of(tmp_path, walk(100))
    try:
        pairs = choose_pairs(database, 100, codebook, seed=0)
        again = choose_pairs(database, 100, codebook, seed=0)
        described = describe_photos(database, 100, codebook, seed=0)
    finally:
        database.close()
    closing = {(0, 99), (0, 98), (1, 99), (0, 97), (1, 98), (2, 99)}

    assert pairs == again
    assert all(i < j for i, j in pairs)
    assert {(i, j) for i in range(92) for j in range(i + 1, i + 8)} <= set(pairs)
    assert closing <= set(pairs)
    assert len(pairs) < 100 * (8 + 16)
    np.testing.assert_allclose(np.linalg.norm(described, axis=1), 1, atol=1e-5)


def test_that_a_view_is_matched_with_the_nearest_points_of_a_large_model():
    """As a sort of all distances finds them, over several blocks of features and of the model."""
    rng = np.random.default_rng(3)

    def stored(rows):
        rows = np.abs(rows) / np.linalg.norm(rows, axis=1, keepdims=True)
        return np.clip(np.round(512 * rows), 0, 255).astype(np.uint8)

    things = rng.gamma(0.3, size=(35_000, 128)).astype(np.float32)
    ids = np.repeat(np.arange(35_000), 2)
    model = things[ids] * rng.normal(1, 0.2, (70_000, 128)).astype(np.float32)
    seen = things[rng.integers(0, 35_000, 300)] * rng.normal(1, 0.2, (300, 128))
    features, model = stored(seen), stored(model)
    found = ModelPoints(model, ids).match(Features(np.zeros((300, 4), np.float32), features))

    unit = [
        rows / np.linalg.norm(rows.astype(float), axis=1)[:, None] for rows in (features, model)
    ]
    distance = np.sqrt(np.maximum(0, 2 - 2 * unit[0] @ unit[1].T))
    nearest = np.argsort(distance, axis=1)[:, :8]
    far = np.take_along_axis(distance, nearest, axis=1)
    points = ids[nearest]
    rival = np.where(points == points[:, :1], np.inf, far).min(axis=1)
    clear = np.flatnonzero((far[:, 0] < 0.85 * rival) & (far[:, 0] < 0.8))
    best = {}
    for k in sorted(clear, key=lambda k: far[k, 0]):
        best.setdefault(int(points[k, 0]), int(k))

    assert {(int(point), int(k)) for k, point in found} == set(best.items())
    assert len(found) > 200


def test_that_a_small_model_is_matched_too_and_a_tiny_one_with_nothing():
    rows = np.eye(128, dtype=np.uint8)[:20] * 255
    features = Features(np.zeros((3, 4), np.float32), rows[[4, 11, 2]])

    found = ModelPoints(rows, np.arange(20) + 100).match(features)
    assert found.tolist() == [[2, 102], [0, 104], [1, 111]]
    assert ModelPoints(rows[:5], np.arange(5)).match(features).shape == (0, 2)


def pair(i, j, inliers=100):
    return Pair(i, j, inliers)


def test_that_views_are_grouped_by_their_matches_largest_group_first():
    pairs = [pair(0, 3), pair(3, 5), pair(1, 2)]

    assert groups_of(pairs, 7) == [{0, 3, 5}, {1, 2}, {4}, {6}]
    assert groups_of([], 2) == [{0}, {1}]


def test_that_each_view_left_out_gets_the_reason_that_fits():
    views = [view_of(f"v{n}", 640, 480) for n in range(6)]
    views[5] = replace(views[5], sharpness=0.3)
    pairs = [pair(0, 1), pair(1, 2, 40), pair(0, 2, 20), pair(3, 4)]
    said = reasons(views, {0, 1}, pairs)

    assert set(said) == {"v2", "v3", "v4", "v5"}
    assert "shares 40 points" in said["v2"]
    assert "only photos that were left out too" in said["v3"]
    assert said["v3"] == said["v4"]
    assert "more blurred" in said["v5"]
    assert all(text.endswith(".") for text in said.values())


def test_that_a_view_that_matches_nothing_has_no_overlap():
    views = [view_of(f"v{n}", 640, 480) for n in range(3)]

    assert "No overlap" in reasons(views, {0, 1}, [pair(0, 1)])["v2"]
    assert "left out too" in reasons([*views, view_of("v3", 640, 480)], {0, 1}, [pair(2, 3)])["v2"]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ((), "No two of them"),
        ((pair(0, 1, 20),), "20 matching points"),
        ((pair(0, 1, 900),), "near"),
    ],
)
def test_that_a_failure_says_what_was_seen_and_what_to_do(pairs, said):
    error = explain_failure([view_of("a", 640, 480)] * 2, pairs)

    assert error.what == "No 3D scene could be made from these 2 photos."
    assert said in error.why
    assert error.fix.startswith(("Take", "Add"))
