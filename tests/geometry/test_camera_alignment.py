from __future__ import annotations

import numpy as np
import pytest

from da3studio.geometry.camera import Camera
from da3studio.geometry.camera_alignment import (
    agreeing_cameras,
    align_cameras,
    align_poses,
    normalise_for_conditioning,
)
from da3studio.geometry.rigid import Rigid3, angle_between, rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from tests.conftest import ROOT
from tests.synthetic.rigs import lens_of, look_at, orbit

GOLDEN = ROOT.parent / "shared" / "da3" / "golden" / "fn_umeyama.npz"
B_FROM_A = Sim3(2.5, rotation_from_wxyz([0.8, 0.3, -0.4, 0.2]), [3.0, -1.0, 7.0])
LENS = lens_of()


def moved(cameras, b_from_a=B_FROM_A):
    return [b_from_a.apply_to_camera(camera) for camera in cameras]


def turned(camera: Camera, degrees: float, axis=(0.3, 0.5, 0.8)) -> Camera:
    """The camera, turned where it stands."""
    half = np.radians(degrees) / 2
    unit = np.array(axis) / np.linalg.norm(axis)
    rotation = rotation_from_wxyz([np.cos(half), *(np.sin(half) * unit)])
    rotation = rotation @ camera.cam_from_world.rotation
    return Camera(camera.intrinsics, Rigid3(rotation, -rotation @ camera.centre))


def shifted(camera: Camera, by) -> Camera:
    rotation = camera.cam_from_world.rotation
    return Camera(camera.intrinsics, Rigid3(rotation, -rotation @ (camera.centre + by)))


def walk(n: int) -> list[Camera]:
    """Cameras on a line, exactly, that look along it and a little about."""
    line = np.array([1.0, 2.0, 0.5]) / 2
    return [look_at(k * line, (k + 3) * line + (0.2 * np.sin(k), 0.1, 0), LENS) for k in range(n)]


def assert_same(found: Sim3, true: Sim3, atol: float = 1e-9) -> None:
    assert found.scale == pytest.approx(true.scale, rel=atol)
    assert angle_between(found.rotation, true.rotation) < max(atol, 1e-7)  # arccos near 1
    np.testing.assert_allclose(found.translation, true.translation, atol=10 * atol)


@pytest.fixture(scope="module")
def golden():
    if not GOLDEN.is_file():
        pytest.skip(f"ALIGNMENT NOT COMPARED WITH THE REFERENCE: {GOLDEN} is absent")
    return np.load(GOLDEN, allow_pickle=False)


def cameras_of(matrices) -> list[Camera]:
    return [Camera(LENS, Rigid3(m[:3, :3], m[:3, 3])) for m in matrices]


@pytest.mark.parametrize("case", range(5))
def test_that_alignment_is_the_references_to_1e_12(golden, case):
    given, predicted = (cameras_of(golden[f"c{case}_ext_{name}"]) for name in ("est", "ref"))

    found = align_cameras(given, predicted)

    assert found.scale == pytest.approx(golden[f"c{case}_s"], rel=1e-12)
    np.testing.assert_allclose(found.rotation, golden[f"c{case}_R"], atol=1e-12)
    np.testing.assert_allclose(found.translation, golden[f"c{case}_t"], atol=1e-12)
    aligned = [camera.cam_from_world.matrix() for camera in moved(given, found)]
    np.testing.assert_allclose(aligned, golden[f"c{case}_aligned"], atol=1e-11)
    np.testing.assert_allclose(aligned, golden[f"c{case}_api_noscale_ext"], atol=1e-5)  # float32
    depth = golden[f"c{case}_api_depth_in"] / found.scale
    np.testing.assert_allclose(depth, golden[f"c{case}_api_scale_depth"], rtol=1e-6)


@pytest.mark.parametrize("case", range(5))
def test_that_normalised_cameras_are_the_references(golden, case):
    given = cameras_of(golden[f"c{case}_ext_est"])
    found = [camera.cam_from_world.matrix() for camera in normalise_for_conditioning(given)]
    np.testing.assert_allclose(found, golden[f"c{case}_api_normalized"], atol=5e-7)  # float32


def test_that_cameras_close_together_are_enlarged_ten_times_at_most():
    close = [shifted(look_at((0, 0, 0), (1, 0, 0), LENS), (0, 0.001 * k, 0)) for k in range(5)]
    first, *others = normalise_for_conditioning(close)
    np.testing.assert_allclose(first.cam_from_world.matrix(), np.eye(4), atol=1e-12)
    assert np.linalg.norm(others[-1].centre) == pytest.approx(0.04)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 12])
def test_that_exact_cameras_on_a_line_are_aligned_exactly(n):
    found = align_cameras(walk(n), moved(walk(n)), scale_in_one_place=B_FROM_A.scale)
    assert_same(found, B_FROM_A)


def test_that_one_camera_takes_the_scale_it_is_told():
    found = align_cameras(walk(1), moved(walk(1)), scale_in_one_place=0.3)
    assert found.scale == 0.3
    np.testing.assert_allclose(found.apply(walk(1)[0].centre), moved(walk(1))[0].centre, atol=1e-12)


def test_that_cameras_turning_in_one_place_take_the_scale_they_are_told():
    fan = [look_at((5, 1, 2), (5 + np.cos(a), 1 + np.sin(a), 2), LENS) for a in (0, 0.4, 0.9, 1.5)]
    assert_same(align_cameras(fan, moved(fan), scale_in_one_place=B_FROM_A.scale), B_FROM_A)


def test_that_the_scale_of_two_cameras_is_the_ratio_of_their_distances():
    a, b = walk(2), moved(walk(2))
    b[1] = shifted(turned(b[1], 4), (0.1, -0.2, 0.1))
    away = [np.linalg.norm(cameras[1].centre - cameras[0].centre) for cameras in (a, b)]
    assert align_cameras(a, b).scale == pytest.approx(away[1] / away[0], rel=1e-12)


def test_that_orientations_decide_the_turn_about_a_line_of_cameras():
    rng = np.random.default_rng(3)
    b = [turned(shifted(c, rng.normal(0, 0.01, 3)), rng.normal(0, 1)) for c in moved(walk(9))]
    found = align_cameras(walk(9), b)
    assert np.degrees(angle_between(found.rotation, B_FROM_A.rotation)) < 1
    assert found.scale == pytest.approx(B_FROM_A.scale, rel=0.005)


def test_that_weights_choose_whom_to_believe():
    a = list(orbit(6).values())
    b = moved(a)
    b[0] = shifted(b[0], (9, 9, 9))
    assert_same(align_poses(a, b, [0, 1, 1, 1, 1, 1]), B_FROM_A)


@pytest.mark.parametrize(("n", "wrong"), [(4, 1), (10, 4), (300, 120)])
def test_that_cameras_off_the_majority_do_not_agree(n, wrong):
    rng = np.random.default_rng(n)
    a = list(orbit(n).values())
    b = [turned(shifted(c, rng.normal(0, 0.02, 3)), rng.normal(0, 0.3)) for c in moved(a)]
    bad = rng.permutation(n)[:wrong]
    for i in bad:
        b[i] = turned(shifted(b[i], rng.normal(0, 10, 3)), 70)

    agree = agreeing_cameras(a, b)

    assert not agree[bad].any()
    assert np.delete(agree, bad).mean() > 0.9


def test_that_three_cameras_of_usual_noise_all_agree():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        a = list(orbit(3, degrees=60).values())
        b = [turned(shifted(c, rng.normal(0, 0.05, 3)), rng.normal(0, 1)) for c in moved(a)]
        assert agreeing_cameras(a, b).sum() >= 2
    assert agreeing_cameras(a, moved(a)).all()


def test_that_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 cameras cannot be aligned with 3"):
        align_cameras(walk(2), walk(3))
    with pytest.raises(ValueError, match="0 cameras"):
        align_cameras([], [])
