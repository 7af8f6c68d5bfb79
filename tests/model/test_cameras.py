"""Cameras into numbers and back, cameras out of rays, metres out of depth."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from da3studio.model.camera_heads import Cameras, decode_cameras, encode_cameras, quaternion_of
from da3studio.model.metric import NoSurfaceError, metres_per_unit, to_metres
from da3studio.model.ray_pose import cameras_from_rays, draw_subsets, split_qr
from da3studio.model.reference_view import choose_reference_view
from tests.model.tiny import turned

SIZE = (98, 140)


def some_cameras(n: int) -> Cameras:
    poses = torch.stack(
        [torch.cat([turned(i), torch.tensor([[i], [0.5], [-1]])], dim=1).float() for i in range(n)]
    )
    lens = torch.tensor([[150.0, 0, 70], [0, 120, 49], [0, 0, 1]])
    return Cameras(poses, lens.repeat(n, 1, 1))


def test_that_a_camera_is_decoded_from_its_nine_numbers():
    cameras, sizes = some_cameras(40), torch.tensor([SIZE]).float().expand(40, 2)

    again = decode_cameras(encode_cameras(cameras, sizes), sizes)

    assert (again.cam_from_world - cameras.cam_from_world).abs().max() < 1e-4
    assert (again.intrinsics - cameras.intrinsics).abs().max() < 1e-3  # px


def test_that_a_half_turn_about_any_axis_has_a_unit_quaternion():
    for axis in range(3):
        half_turn = -torch.eye(3)
        half_turn[axis, axis] = 1

        assert quaternion_of(half_turn).abs().tolist() == [float(i == axis) for i in range(4)]


def rays_of(
    rotation: Tensor, focal: Tensor, point: Tensor, centre: Tensor, m: int, n: int
) -> Tensor:
    """`(m, n, 6)` what a perfect ray head says of a camera; lens for pixels in [-1, 1]."""
    y = (2 * torch.arange(m, dtype=torch.float64) + 1) / m - 1
    x = (2 * torch.arange(n, dtype=torch.float64) + 1) / n - 1
    v, u = torch.meshgrid(y, x, indexing="ij")
    in_camera = torch.stack([(u - point[0]) / focal[0], (v - point[1]) / focal[1]], dim=-1)
    in_camera = torch.cat([in_camera, torch.ones_like(in_camera[..., :1])], dim=-1)
    return torch.cat([in_camera @ rotation.T, centre.expand(m, n, 3)], dim=-1)


def test_that_rays_give_back_a_camera_whose_principal_point_is_far_off_the_centre():
    focal, point = torch.tensor([1.2, 1.5]).double(), torch.tensor([0.2, -0.15]).double()
    centre = torch.tensor([1.0, -2.0, 0.5]).double()
    angle = 0.4
    rotation = torch.tensor(
        [[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]]
    ).double()
    rays = rays_of(rotation, focal, point, centre, 24, 32)

    found = cameras_from_rays([rays], [torch.ones(24, 32)], [SIZE])

    pose, lens = found.cam_from_world[0].double(), found.intrinsics[0].double()
    half = torch.tensor([SIZE[1] / 2, SIZE[0] / 2]).double()
    assert (pose[:, :3].T - rotation).abs().max() < 1e-6
    assert (-pose[:, :3].T @ pose[:, 3] - centre).abs().max() < 1e-6
    assert (lens.diagonal()[:2] / half - focal).abs().max() < 1e-5
    assert (lens[:2, 2] / half - 1 - point).abs().max() < 1e-5


def test_that_a_third_of_wild_rays_does_not_matter():
    random = torch.Generator().manual_seed(1)
    rotation, centre = torch.eye(3).double(), torch.zeros(3).double()
    rays = rays_of(rotation, torch.ones(2).double(), torch.zeros(2).double(), centre, 24, 32)
    wild = torch.rand(24, 32, generator=random) < 0.3
    rays[wild, :3] = torch.randn(int(wild.sum()), 3, generator=random).double()
    rays[..., 2] = rays[..., 2].abs().clamp(min=0.2)

    found = cameras_from_rays([rays], [torch.ones(24, 32)], [SIZE])

    assert (found.cam_from_world[0, :, :3] - torch.eye(3)).abs().max() < 0.1  # the noise is in it


def test_that_the_factorisation_undoes_the_product():
    lens = torch.tensor([[1.2, 0, 0.2], [0, 1.5, -0.15], [0, 0, 1]]).double()
    rotation = turned(3)

    q, focal, point = split_qr(0.37 * rotation @ torch.linalg.inv(lens))

    assert (q - rotation).abs().max() < 1e-12
    assert (focal - lens.diagonal()[:2]).abs().max() < 1e-12
    assert (point - lens[:2, 2]).abs().max() < 1e-12


def test_that_random_choices_come_from_their_seed():
    assert torch.equal(draw_subsets(500, 1), draw_subsets(500, 1))
    assert not torch.equal(draw_subsets(500, 1), draw_subsets(500, 2))
    assert draw_subsets(500, 1).max() < 150  # of the surest 30 %
    assert all(len(set(row)) == 8 for row in draw_subsets(500, 1).tolist())


def test_that_metres_are_found_where_some_depth_is_sky():
    random = torch.Generator().manual_seed(0)
    relative = [torch.rand(20, 30, generator=random) + 0.5 for _ in range(2)]
    sky = [torch.zeros(20, 30), torch.zeros(20, 30)]
    sky[0][:5], relative[0][:5] = 1.0, 77.0
    confidence = [torch.rand(20, 30, generator=random) + 1 for _ in range(2)]
    lens = torch.tensor([[400.0, 0, 15], [0, 200, 10], [0, 0, 1]])  # mean focal 300: factor 1
    metres = [to_metres(2.5 * depth, lens) for depth in relative]
    metres[0][:5] = 1.0

    assert metres_per_unit(relative, confidence, metres, sky) == pytest.approx(2.5, rel=1e-6)


def test_that_photos_of_nothing_but_sky_have_no_metres():
    maps = [torch.ones(4, 4)]
    with pytest.raises(NoSurfaceError):
        metres_per_unit(maps, maps, maps, maps)


@pytest.mark.parametrize(("strategy", "chosen"), [("first", 0), ("middle", 2), (3, 3)])
def test_that_the_reference_view_can_be_said(strategy, chosen):
    assert choose_reference_view(torch.randn(5, 16), strategy) == chosen


@pytest.mark.parametrize("strategy", ["last", 5, -1])
def test_that_a_reference_view_that_is_not_there_is_refused(strategy):
    with pytest.raises(ValueError, match=r"no such choice|no view"):
        choose_reference_view(torch.randn(5, 16), strategy)


def test_that_a_tie_goes_to_the_first_view():
    tokens = torch.randn(4, 16, generator=torch.Generator().manual_seed(0))
    tokens[3] = tokens[1]  # the most similar pair: both have the same range

    assert choose_reference_view(tokens, "saddle_sim_range") == 1
