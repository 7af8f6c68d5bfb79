"""Warps, windows and costs of the plane sweep, against exact geometry and slow, plain code."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from da3studio.engine.stereo.aggregate import aggregate, parabola, pick_planes
from da3studio.engine.stereo.frames import Frame
from da3studio.engine.stereo.ops import OUTSIDE, box_mean, warp_pixels, warp_planes
from da3studio.engine.stereo.sweep import (
    NOT_SEEN,
    Window,
    best_half,
    choose_planes,
    plane_homographies,
)
from da3studio.geometry.camera import Camera, pixel_centres, project, unproject
from da3studio.geometry.conventions import opencv_matrix, opencv_pixels
from tests.synthetic.rigs import lens_of, look_at

RNG = np.random.default_rng(0)
IMAGE = torch.from_numpy(RNG.random((40, 60), np.float32))
REFERENCE = look_at((0, -4, 0.3), (0, 0, 0), lens_of((60, 40)))
SOURCE = look_at((0.8, -3.7, 0.5), (0.1, 0, 0), lens_of((60, 40), focal=1.3))


def homographies(planes, reference=REFERENCE, source=SOURCE):
    return plane_homographies(
        opencv_matrix(reference.intrinsics),
        opencv_matrix(source.intrinsics),
        source.cam_from_world @ reference.cam_from_world.inverse(),
        np.asarray(planes),
    )


@pytest.fixture(params=["cpu", "cuda"])
def device(request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("NOT TESTED: no CUDA device, the GPU's warps have not run")
    return torch.device(request.param)


@pytest.mark.parametrize("depth", [2.0, 3.7, 50.0])
def test_that_a_homography_leads_where_projecting_the_plane_leads(depth):
    points = unproject(np.full((40, 60), depth, np.float32), REFERENCE)
    expected = opencv_pixels(project(points, SOURCE)).reshape(-1, 2)
    x, y = opencv_pixels(pixel_centres(60, 40).astype(np.float64)).reshape(-1, 2).T
    seen = homographies([1 / depth])[0] @ np.stack([x, y, np.ones_like(x)])

    np.testing.assert_allclose((seen[:2] / seen[2]).T, expected, atol=2e-4)  # [px], float32


def bilinear(image, x, y):
    """One value, by the textbook."""
    x0, y0 = min(int(x), 58), min(int(y), 38)
    a, b = x - x0, y - y0
    top = (1 - a) * image[y0, x0] + a * image[y0, x0 + 1]
    return (1 - b) * top + b * ((1 - a) * image[y0 + 1, x0] + a * image[y0 + 1, x0 + 1])


def test_that_pixels_are_interpolated_inside_and_marked_outside(device):
    x = np.array([[[0.0, 59.0, 10.25, 30.5, -3.0, 30.0, np.nan, 1e30]]], np.float32)
    y = np.array([[[0.0, 39.0, 20.75, 7.0, 10.0, 45.0, 5.0, 5.0]]], np.float32)
    columns, rows = torch.from_numpy(x).nan_to_num(-9).to(device), torch.from_numpy(y).to(device)
    got = warp_pixels(IMAGE.to(device), columns, rows).cpu().numpy()[0, 0]

    expected = [
        bilinear(IMAGE.numpy(), a, b) for a, b in zip(x[0, 0, :4], y[0, 0, :4], strict=True)
    ]
    np.testing.assert_allclose(got[:4], expected, atol=1e-5)
    assert (got[4:] == OUTSIDE).all()


def test_that_planes_are_warped_as_their_pixels_are(device):
    planes = [0.2, 0.25, 0.4]
    warped = warp_planes(IMAGE.to(device), homographies(planes), 40, 60).cpu().numpy()
    y, x = np.mgrid[:40, :60].reshape(2, -1)
    for plane, homography in zip(warped, homographies(planes), strict=True):
        u, v, w = homography @ np.stack([x, y, np.ones_like(x)])
        u, v = u / w, v / w
        inside = (u >= 0) & (u <= 59) & (v >= 0) & (v <= 39)
        off = (u < -1) | (u > 60) | (v < -1) | (v > 40)
        expected = [
            bilinear(IMAGE.numpy(), a, b) for a, b in zip(u[inside], v[inside], strict=True)
        ]

        assert inside.sum() > 800
        assert np.abs(plane.ravel()[inside] - expected).max() < 0.02  # cv2 rounds to 1/32 px
        assert (plane.ravel()[off] == OUTSIDE).all()


def test_that_what_lies_behind_the_source_is_not_seen(device):
    """A neighbour two units ahead: planes nearer than that are behind it."""
    ahead = Camera(
        REFERENCE.intrinsics,
        look_at((0, -2, 0.15), (0, 0, 0), REFERENCE.intrinsics).cam_from_world,
    )
    warped = warp_planes(IMAGE.to(device), homographies([1.0, 0.25], source=ahead), 40, 60)

    assert (warped[0] == OUTSIDE).all()
    assert (warped[1] != OUTSIDE).float().mean() > 0.2


@pytest.mark.parametrize("side", [5, 7])
def test_that_a_box_mean_is_the_mean_of_the_box(device, side):
    mean = box_mean(IMAGE[None].to(device), side)[0].cpu().numpy()
    padded = np.pad(IMAGE.numpy(), side // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))

    np.testing.assert_allclose(mean, windows.mean(axis=(2, 3)), atol=1e-6)


def test_that_a_window_matches_itself_whatever_the_gain_and_offset(device):
    window = Window(IMAGE.to(device), 5)
    others = torch.stack([IMAGE, 0.5 * IMAGE + 0.3, 1 - IMAGE]).to(device)
    same, brighter, negative = window.ncc(others).cpu()

    assert same.min() > 0.998  # the noise floor takes a little
    assert brighter.min() > 0.99
    assert negative.max() < -0.99


def test_that_flat_and_outside_windows_give_no_clue(device):
    window = Window(IMAGE.to(device), 5)
    outside = torch.full_like(IMAGE, OUTSIDE)
    scores = window.ncc(torch.stack([torch.full_like(IMAGE, 0.4), outside]).to(device)).cpu()

    assert scores[0].abs().max() < 2e-3  # float32 of a difference of squares
    assert (scores[1] == NOT_SEEN).all()
    assert Window(torch.full_like(IMAGE, 0.7), 5).ncc(IMAGE[None]).abs().max() < 2e-3


def test_that_unrelated_textures_hardly_match():
    other = torch.from_numpy(np.random.default_rng(1).random((40, 60), np.float32))

    assert abs(float(Window(IMAGE, 7).ncc(other[None]).mean())) < 0.02


@pytest.mark.parametrize("n", range(1, 8))
def test_that_the_better_half_is_that_of_a_sort(n):
    scores = RNG.uniform(-0.99, 1, size=(n, 3, 20)).astype(np.float32)
    expected = np.sort(scores, axis=0)[::-1][: (n + 1) // 2].mean(axis=0)

    np.testing.assert_allclose(
        best_half([torch.from_numpy(score) for score in scores]).numpy(), expected, atol=1e-6
    )


def test_that_sources_that_end_do_not_vote():
    """Of four sources two see the place: the better half of two is one."""
    scores = [torch.tensor([value]) for value in (0.2, NOT_SEEN, 0.8, NOT_SEEN)]

    assert float(best_half(scores)) == pytest.approx(0.8)
    assert float(best_half([torch.tensor([NOT_SEEN])] * 3)) == NOT_SEEN


def by_hand(cost, grey):
    """Semi-global aggregation, one pixel and one plane at a time."""
    height, width, n_planes = cost.shape
    total = np.zeros_like(cost)
    for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        path = np.zeros_like(cost)
        for y in range(height)[:: dy or 1]:
            for x in range(width)[:: dx or 1]:
                if not (0 <= y - dy < height and 0 <= x - dx < width):
                    path[y, x] = cost[y, x]
                    continue
                before = path[y - dy, x - dx]
                edge = abs(grey[y, x] - grey[y - dy, x - dx])
                large = max(0.4, 2.0 * np.exp(-edge / 0.06))
                for d in range(n_planes):
                    ways = [before[d], before.min() + large]
                    ways += [before[k] + 0.06 for k in (d - 1, d + 1) if 0 <= k < n_planes]
                    path[y, x, d] = cost[y, x, d] + min(ways) - before.min()
        total += path
    return total


def test_that_aggregation_is_that_of_the_plain_loops(device):
    cost, grey = RNG.random((7, 9, 6)), RNG.random((7, 9)) * 0.2
    got = aggregate(
        torch.from_numpy(cost).float().to(device), torch.from_numpy(grey).float().to(device)
    )

    np.testing.assert_allclose(got.cpu().numpy(), by_hand(cost, grey), atol=1e-5)


def test_that_aggregation_carries_depth_over_a_spot_without_texture():
    cost = torch.full((9, 9, 8), 1.0)
    cost[..., 5] = 0.2
    cost[3:6, 3:6] = 1.0  # no clue at all

    assert (aggregate(cost, torch.full((9, 9), 0.5)).argmin(dim=2) == 5).all()


def test_that_the_minimum_of_a_parabola_is_found_between_planes():
    at = torch.linspace(-0.5, 0.5, 11)
    left, middle, right = (0.3 * (k - at) ** 2 + 0.1 for k in (-1, 0, 1))

    torch.testing.assert_close(parabola(left, middle, right), at)
    total = 0.3 * (torch.arange(8) - 3.4) ** 2 + torch.zeros(2, 2, 1)
    torch.testing.assert_close(pick_planes(total), torch.full((2, 2), 3.4))


def test_that_a_flat_cost_and_an_end_of_the_range_stay_in_the_range():
    ramp = torch.arange(8.0) + torch.zeros(1, 1, 1)

    for total in (torch.zeros(1, 1, 8), ramp, ramp.flip(2)):
        assert 0 <= float(pick_planes(total)) <= 7


@pytest.mark.parametrize(("near", "far"), [(2.5, 6.0), (3.8, 4.2), (1.0, 300.0)])
def test_that_planes_move_the_image_by_less_than_a_pixel_at_a_time(near, far):
    planes = choose_planes(REFERENCE, [SOURCE], near, far)
    middle = [[0.0, 0.0, 1.0]]
    world_from_cam = REFERENCE.cam_from_world.inverse()
    seen = np.concatenate(
        [project(world_from_cam.apply(np.array(middle) / inverse), SOURCE) for inverse in planes]
    )

    assert planes[0] == pytest.approx(1 / near)
    assert planes[-1] == pytest.approx(1 / far)
    assert np.ptp(np.diff(planes)) < 1e-12
    assert 32 <= len(planes) <= 160
    assert np.linalg.norm(np.diff(seen, axis=0), axis=1).max() <= 1.0


def test_that_a_halved_frame_looks_from_the_same_place_with_exact_pixels():
    odd = Frame(IMAGE[:39, :59], Camera(lens_of((59, 39)), REFERENCE.cam_from_world))
    half = odd.halved()
    points = np.array([[0.1, 0.0, -0.2], [0.5, 0.3, 0.2]])

    assert half.grey.shape == (19, 29)
    np.testing.assert_allclose(
        half.grey.numpy(),
        IMAGE.numpy()[:38, :58].reshape(19, 2, 29, 2).mean(axis=(1, 3)),
        atol=1e-6,
    )
    np.testing.assert_allclose(project(points, half.camera), project(points, odd.camera) / 2)
