"""Network depth stood in for by exact depth times a scale, with errors of the network's kinds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from da3studio.engine.da3.anchor import (
    Anchor,
    SeenPoints,
    anchor_depth,
    place_unregistered,
    seen_points,
    settled,
)
from da3studio.geometry.camera import Camera, project
from da3studio.geometry.rigid import Rigid3, angle_between, rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.view import ViewId
from tests.synthetic.captures import still_life
from tests.synthetic.rigs import lens_of, look_at, moved, orbit
from tests.synthetic.shapes import Box, Sphere, Union, depth_map

SIZE = (160, 120)
SCALE = 2.3  # world units per unit of the network
ROOM = Union(
    Box(half=(3.0, 2.5, 1.4), cell=0.5, seed=11),
    Sphere(centre=(1.6, 0.5, -0.6), radius=0.5, cell=0.3, seed=12),
)
NETWORK_FROM_WORLD = Sim3(0.4, rotation_from_wxyz([0.8, 0.3, -0.4, 0.2]), [3.0, -1.0, 7.0])
RIGHT = DepthMap(*(np.ones((4, 4)),) * 2, np.zeros((4, 4)))


def true_depth(k: int = 0) -> np.ndarray:
    return depth_map(ROOM, look_at((-2 + 0.3 * k, 0.2 * k, 0.1), (1.5, 0, -0.4), lens_of(SIZE))).z


def network_depth(z, rng, *, wave: float = 0.0, noise: float = 0.005) -> DepthMap:
    """z / SCALE with an error that varies slowly over the photo, and noise."""
    low = cv2.resize(
        rng.normal(size=(3, 4)).astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC
    )
    error = wave * (low - low.mean()) / low.std() + rng.normal(0, noise, z.shape)
    depth = (z / SCALE * np.exp(error)).astype(np.float32)
    return DepthMap(depth, np.ones_like(depth), np.zeros(z.shape))


def points_of(z, rng, n: int, wrong: float = 0.0) -> SeenPoints:
    """Sparse points, half of them crowded on a few textured places, a share of them too far."""
    crowd = rng.uniform(0.1, 0.9, (6, 2))[rng.integers(6, size=n)] + rng.normal(0, 0.05, (n, 2))
    place = np.where(rng.random((n, 1)) < 0.5, crowd, rng.uniform(0, 1, (n, 2)))
    xy = np.clip(place, 0, 0.999) * SIZE
    column, row = xy.astype(int).T
    far = np.zeros(n)
    far[: round(wrong * n)] = rng.uniform(0.03, 0.7, round(wrong * n))
    return SeenPoints(xy, z[row, column] * np.exp(rng.normal(0, 0.006, n) + far), np.ones(n))


def error_of(anchor: Anchor, depth: DepthMap, z) -> float:
    """Median relative error per pixel after anchoring."""
    return float(np.median(np.abs(np.log(anchor.apply(depth).z / z))))


@pytest.mark.parametrize("n", [1, 3, 500])
def test_that_exact_points_give_the_exact_scale(n):
    z, rng = true_depth(), np.random.default_rng(1)
    depth = network_depth(z, rng, noise=0)
    column, row = (xy := rng.integers(0, SIZE, (n, 2))).T
    anchor = anchor_depth(depth, SeenPoints(xy + 0.5, z[row, column], np.ones(n)))
    assert anchor.scale == pytest.approx(SCALE, rel=1e-6)
    assert anchor.n_points == n
    np.testing.assert_allclose(anchor.apply(depth).z, z, rtol=2e-6)


@pytest.mark.parametrize("n", [60, 300])
def test_that_40_percent_wrong_points_move_the_scale_by_under_half_a_percent(n):
    off = []
    for seed in range(20):
        rng, z = np.random.default_rng(seed), true_depth(seed % 4)
        anchor = anchor_depth(network_depth(z, rng), points_of(z, rng, n, 0.4), smooth=False)
        off.append(abs(np.log(anchor.scale / SCALE)))
        assert 0.5 * n < anchor.n_points < 0.75 * n
    assert max(off) < 0.005


def test_that_a_smooth_scale_takes_slow_errors_away_and_costs_little_without_them():
    left = {}
    for wave in (0.0, 0.02):
        for smooth in (False, True):
            errors = []
            for seed in range(12):
                rng, z = np.random.default_rng(seed), true_depth(seed % 4)
                depth = network_depth(z, rng, wave=wave)
                errors.append(
                    error_of(
                        anchor_depth(depth, points_of(z, rng, 300, 0.4), smooth=smooth), depth, z
                    )
                )
            left[wave, smooth] = np.median(errors)
    assert left[0.02, False] > 0.012
    assert left[0.02, True] < 0.006
    assert left[0.0, True] < left[0.0, False] + 0.0005


@pytest.mark.parametrize(("n", "wave"), [(30, 0.0), (30, 0.02), (300, 0.02)])
def test_that_the_uncertainty_says_how_far_off_the_scale_is(n, wave):
    ratios = []
    for seed in range(60):
        rng, z = np.random.default_rng(seed), true_depth(seed % 4)
        depth = network_depth(z, rng, wave=wave)
        anchor = anchor_depth(depth, points_of(z, rng, n), smooth=False)
        best = np.median(np.log(z / depth.z))
        ratios.append((np.log(anchor.scale) - best) / anchor.uncertainty)
    assert 0.4 < np.sqrt(np.mean(np.square(ratios))) < 1.6


def test_that_points_on_sky_or_unmeasured_depth_do_not_count():
    z, rng = true_depth(), np.random.default_rng(1)
    depth = network_depth(z, rng)
    sky, holes = np.zeros(z.shape, bool), depth.z.copy()
    sky[:60], holes[60:] = True, 0
    anchor = anchor_depth(DepthMap(holes, np.ones_like(holes), sky), points_of(z, rng, 50))
    assert anchor.n_points == 0
    assert anchor.uncertainty == np.inf


def test_that_a_view_without_points_takes_the_scale_of_the_others():
    anchors = {}
    for k in range(5):
        rng, z = np.random.default_rng(k), true_depth(k % 4)
        anchors[ViewId(f"v{k}")] = anchor_depth(network_depth(z, rng), points_of(z, rng, 200))
    alone = anchor_depth(RIGHT, SeenPoints(np.zeros((0, 2)), [], []))

    found = settled({**anchors, ViewId("alone"): alone})

    assert found[ViewId("alone")].scale == pytest.approx(SCALE, rel=0.003)
    assert 0.001 < found[ViewId("alone")].uncertainty < 0.02
    for view_id, anchor in anchors.items():
        assert found[view_id].scale == pytest.approx(anchor.scale, rel=0.001)


def test_that_few_points_with_a_wrong_majority_do_not_carry_a_view_away():
    anchors = {}
    for k in range(8):
        rng, z = np.random.default_rng(k), true_depth(k % 4)
        anchors[ViewId(f"v{k}")] = anchor_depth(network_depth(z, rng), points_of(z, rng, 200))
    z = true_depth()
    xy = np.array([[20.5, 30.5], [80.5, 60.5], [120.5, 100.5], [60.5, 20.5], [40.5, 90.5]])
    column, row = xy.astype(int).T
    wrong = SeenPoints(xy, z[row, column] * [1.6, 1.61, 1.6, 1.0, 1.02], np.ones(5))
    few = anchor_depth(network_depth(z, np.random.default_rng(9)), wrong)
    assert few.scale > 1.5 * SCALE

    found = settled({**anchors, ViewId("few"): few})

    assert found[ViewId("few")].scale == pytest.approx(SCALE, rel=0.005)


def test_that_views_of_truly_different_scale_keep_their_own():
    anchors = {}
    for k in range(8):
        rng, z = np.random.default_rng(k), true_depth(k % 4)
        depth = network_depth(z * (1 + 0.05 * k), rng)
        anchors[ViewId(f"v{k}")] = anchor_depth(depth, points_of(z, rng, 200))
    for view_id, anchor in settled(anchors).items():
        assert anchor.scale == pytest.approx(anchors[view_id].scale, rel=0.002)


def test_that_a_set_without_any_point_is_an_error_of_the_caller():
    alone = anchor_depth(RIGHT, SeenPoints(np.zeros((0, 2)), [], []))
    with pytest.raises(ValueError, match="no view sees a sparse point"):
        settled({ViewId("a"): alone})


def test_that_seen_points_lie_on_the_depth_map_of_the_undistorted_photo():
    capture = still_life(4, SIZE, k1=-0.1)
    xyz = capture.seen(every=199)[:400].astype(np.float32)
    pixels = [project(xyz, camera) for camera in capture.cameras.values()]
    seen = np.isfinite(pixels).all(axis=2)
    view_idx, point_idx = np.nonzero(seen)
    points = SparsePoints(
        xyz, np.zeros((len(xyz), 3)), np.linspace(0.1, 2, len(xyz)), point_idx, view_idx,
        np.array(pixels)[seen],
    )  # fmt: skip
    ids = tuple(capture.cameras)
    registration = Registration(ids, capture.cameras, points, {}, (), "relative")
    half = (80, 60)

    found = seen_points(registration, dict.fromkeys(ids[:3], half))

    assert list(found) == list(ids[:3])
    for view_id, these in found.items():
        camera = capture.cameras[view_id].pinhole().resized(*half)
        column, row = these.xy.astype(int).T
        exact = depth_map(capture.shape, camera).z[row, column]
        on_surface = np.abs(exact / these.z - 1) < 0.02  # the others are hidden from this view
        assert on_surface.mean() > 0.4
        assert (these.xy >= 0).all()
        assert (these.xy < half).all()
        assert these.weight.max() > 5 * these.weight.min()


def test_that_a_scene_is_anchored_end_to_end():
    capture = still_life(4, SIZE)
    ids = tuple(capture.cameras)
    xyz, of_point, of_view = [], [], []
    for i, view_id in enumerate(ids):
        depth, camera = capture.depth_of(view_id), capture.cameras[view_id]
        rows, columns = np.nonzero(depth.z > 0)
        chosen = np.random.default_rng(i).choice(len(rows), 150, replace=False)
        lens, z = camera.intrinsics, depth.z[rows[chosen], columns[chosen]]
        at = np.stack([columns[chosen] + 0.5 - lens.cx, rows[chosen] + 0.5 - lens.cy], 1)
        in_camera = np.column_stack([at / (lens.fx, lens.fy) * z[:, None], z])
        of_point += range(150 * i, 150 * i + 150)
        of_view += [i] * 150
        xyz.append(camera.cam_from_world.inverse().apply(in_camera))
    n = len(of_point)
    points = SparsePoints(
        np.concatenate(xyz), np.zeros((n, 3)), np.full(n, 0.5), of_point, of_view, np.zeros((n, 2))
    )
    registration = Registration(ids, capture.cameras, points, {}, (), "relative")
    rng = np.random.default_rng(0)
    depths = {id_: network_depth(capture.depth_of(id_).z, rng, noise=0.01) for id_ in ids}

    seen = seen_points(registration, dict.fromkeys(ids, SIZE))
    anchors = settled({id_: anchor_depth(depths[id_], seen[id_]) for id_ in ids})

    for anchor in anchors.values():
        assert anchor.scale == pytest.approx(SCALE, rel=0.004)
        assert anchor.spread == pytest.approx(0.01, rel=0.25)


def jolted(camera: Camera, rng, centre: float, degrees: float) -> Camera:
    half = np.radians(rng.normal(0, degrees, 3)) / 2
    rotation = rotation_from_wxyz([1, *half]) @ camera.cam_from_world.rotation
    return Camera(
        camera.intrinsics, Rigid3(rotation, -rotation @ (camera.centre + rng.normal(0, centre, 3)))
    )


def line_of_cameras(n: int) -> dict[ViewId, Camera]:
    return {
        ViewId(f"view_{k:03d}"): look_at((0.5 * k, 0, 0), (0.5 * k + 0.1 * k, 3, -0.3), lens_of())
        for k in range(n)
    }


@pytest.mark.parametrize("n_known", [1, 2, 3, 9])
@pytest.mark.parametrize("rig", [orbit(12), line_of_cameras(12)], ids=["orbit", "line"])
def test_that_exact_cameras_are_placed_exactly(rig, n_known):
    known = dict(list(rig.items())[:n_known])
    placed = place_unregistered(
        known, moved(rig, NETWORK_FROM_WORLD), depth_scale=1 / NETWORK_FROM_WORLD.scale
    )
    assert list(placed) == [view_id for view_id in rig if view_id not in known]
    for view_id, camera in placed.items():
        np.testing.assert_allclose(camera.centre, rig[view_id].centre, atol=1e-9)
        turn = angle_between(camera.cam_from_world.rotation, rig[view_id].cam_from_world.rotation)
        assert turn < 1e-6


def test_that_cameras_are_placed_well_where_four_of_ten_neighbours_are_wrong():
    rig = orbit(14)
    ids = list(rig)
    lost, rng = {ids[3], ids[7], ids[10], ids[12]}, np.random.default_rng(5)
    network = {
        id_: jolted(camera, rng, 0.008, 0.3)
        for id_, camera in moved(rig, NETWORK_FROM_WORLD).items()
    }
    known = {id_: camera for id_, camera in rig.items() if id_ not in lost}
    for id_ in (ids[2], ids[5], ids[8], ids[13]):
        known[id_] = jolted(known[id_], rng, 2.0, 40)

    placed = place_unregistered(known, network, depth_scale=1.0)

    assert set(placed) == lost
    for view_id, camera in placed.items():
        assert np.linalg.norm(camera.centre - rig[view_id].centre) < 0.15  # of an orbit 8 across
        turn = angle_between(camera.cam_from_world.rotation, rig[view_id].cam_from_world.rotation)
        assert np.degrees(turn) < 1.5


def test_that_neighbours_count_most_where_the_network_drifts():
    """The network's walk bends away slowly; one similarity for all is far off in the middle."""
    rig = line_of_cameras(41)
    ids = list(rig)
    bent = {}
    for k, (view_id, camera) in enumerate(rig.items()):
        rotation = camera.cam_from_world.rotation
        centre = camera.centre + np.array([0, 0.004 * (k - 20) ** 2, 0])
        bent[view_id] = Camera(camera.intrinsics, Rigid3(rotation, -rotation @ centre))
    known = {id_: camera for id_, camera in rig.items() if id_ != ids[20]}

    placed = place_unregistered(known, moved(bent, NETWORK_FROM_WORLD), depth_scale=1.0)

    assert np.linalg.norm(placed[ids[20]].centre - rig[ids[20]].centre) < 0.1


def test_that_worlds_without_a_common_camera_are_an_error_of_the_caller():
    rig = orbit(4)
    with pytest.raises(ValueError, match="no view is known"):
        place_unregistered({}, rig, depth_scale=1.0)
