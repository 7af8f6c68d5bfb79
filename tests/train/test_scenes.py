"""Made scenes are exact: depth, cameras and what one view shows of another."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from da3studio.train.scenes.batch import batch, made, shares
from da3studio.train.scenes.cameras import Views, looking_at, pixel_places, projected, rays
from da3studio.train.scenes.layouts import LAYOUTS
from da3studio.train.scenes.parts import BALL, BOX, CONE, bodies_of, parts
from da3studio.train.scenes.patterns import FAMILIES, HELD_OUT, TRAINED, noise, worn
from da3studio.train.scenes.render import Made, by_torch, picture
from da3studio.train.scenes.shading import Look
from da3studio.train.scenes.tracing import MISS, nearest


def _bodies(shape: int):
    """One solid of half extents 1, 2 and 3 around (5, 0, 0)."""
    solid = parts(torch.tensor([[[5.0, 0, 0]]]), torch.tensor([[[1.0, 2, 3]]]), shape=shape)
    return bodies_of(solid, slots=3)[0]


def _hit(shape: int, origin: list[float], direction: list[float]) -> float:
    distance, _ = nearest(_bodies(shape), torch.tensor([[origin]]), torch.tensor([[direction]]))
    return float(distance)


@pytest.mark.parametrize(
    ("shape", "origin", "direction", "distance"),
    [
        (BOX, [0, 0, 0], [1, 0, 0], 4.0),
        (BOX, [0, 0, 0], [0.5, 0, 0], 8.0),  # in lengths of the direction
        (BOX, [5, 0, 0], [0, 0, 1], 3.0),  # from inside, the far wall
        (BOX, [0, 2.5, 0], [1, 0, 0], MISS),
        (BALL, [0, 0, 0], [1, 0, 0], 4.0),
        (BALL, [5, 0, -10], [0, 0, 1], 7.0),
        (BALL, [0, 1, 0], [1, 0, 0], 5 - (1 - 0.25) ** 0.5),
        (CONE, [0, 0, 0], [1, 0, 0], 4.5),  # half as wide at half its height
        (CONE, [5, 0, 10], [0, 0, -1], 7.0),  # its tip
        (CONE, [5.5, 0, 10], [0, 0, -1], 10.0),  # steeper than its side
    ],
)
def test_that_rays_meet_solids_where_geometry_says(shape, origin, direction, distance):
    assert _hit(shape, origin, direction) == pytest.approx(distance, rel=2e-5)


@pytest.mark.parametrize("kind", ["figure", "street", "terrain"])
def test_that_depth_of_one_view_is_where_another_view_sees_the_same_point(kind):
    torch.manual_seed(2)
    scenes, views = made(kind, 3, 2, 1.5, TRAINED, "cpu")
    x, y = pixel_places(10, 15, "cpu")
    origins, directions = rays(views, x, y)
    distance, _ = nearest(scenes.bodies, origins, directions)
    points = (origins + distance[..., None] * directions).unflatten(1, (2, -1))[:, 0]
    seen_first = distance.unflatten(1, (2, -1))[:, 0] < MISS / 2

    across, down, z = projected(views, points)
    inside = (across > 0) & (across < 1) & (down > 0) & (down < 1) & (z > 0)
    eye = views.position[:, 1:].expand_as(points)
    again, _ = nearest(scenes.bodies, eye, points - eye)

    here = inside[:, 1] & seen_first
    # 1 = the other view's ray ends at the point; less = something stands before it.
    off = again[here] - 1
    assert here.float().mean() > 0.1
    assert (off > 1e-3).float().mean() < 0.02  # where a ray grazes a lump, it may pass it by
    assert off[off > -0.01].abs().median() < 1e-4


def test_that_pictures_show_depth_along_the_optical_axis_and_nothing_where_nothing_is():
    torch.manual_seed(3)
    scenes, views = made("figure", 2, 2, 1.0, TRAINED, "cpu")

    light, depth = picture(scenes, views, 28, 28)

    x, y = pixel_places(28, 28, "cpu")
    distance, _ = nearest(scenes.bodies, *rays(views, x, y))
    expected = torch.where(distance < MISS / 2, distance, 0.0).view(2, 2, 28, 28)
    torch.testing.assert_close(depth, expected)
    assert light.shape == (2, 2, 3, 28, 28)
    assert torch.isfinite(light).all()
    assert light.min() >= 0
    assert 0.02 < light.mean() < 5


def test_that_views_of_a_scene_overlap():
    torch.manual_seed(4)
    scenes, views = made("street", 6, 3, 1.5, TRAINED, "cpu")
    x, y = pixel_places(8, 12, "cpu")
    origins, directions = rays(views, x, y)
    distance, _ = nearest(scenes.bodies, origins, directions)
    points = origins + distance.clamp(max=1e4)[..., None] * directions

    across, down, z = projected(views, points)
    inside = (across > 0) & (across < 1) & (down > 0) & (down < 1) & (z > 0)
    # Of each view, the share that any other view has in its picture.
    shared = inside.unflatten(-1, (3, -1)).float().mean(-1)
    others = shared * (1 - torch.eye(3))
    assert others.amax(1).mean() > 0.3


def test_that_a_camera_looks_at_its_target_with_the_world_upright():
    position, target = torch.tensor([[1.0, -4, 2]]), torch.tensor([[1.0, 3, 2]])
    turn = looking_at(position, target, torch.zeros(1))
    views = Views(turn[None], position[None], torch.tensor([[[1.0, 1.5, 0.5, 0.5]]]))

    across, down, z = projected(views, torch.tensor([[[1.0, 3, 2], [2.0, 3, 3]]]))

    assert torch.linalg.det(turn).item() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(across[0, 0], [0.5, 0.5 + 1 / 7], atol=1e-6)
    np.testing.assert_allclose(down[0, 0], [0.5, 0.5 - 1.5 / 7], atol=1e-6)
    np.testing.assert_allclose(z[0, 0], [7, 7], atol=1e-5)


def test_that_the_same_seed_makes_the_same_batch_and_photos_are_photos():
    batches = []
    for seed in (9, 9, 10):
        torch.manual_seed(seed)
        batches.append(batch({"street": 1}, 2, 28, 28, "cpu"))
    one, other, third = batches

    assert torch.equal(one.photos, other.photos)
    assert torch.equal(one.depth, other.depth)
    assert not torch.equal(one.photos, third.photos)
    assert 0 <= one.photos.min() < one.photos.max() <= 1


def test_that_patterns_held_out_are_never_trained_on():
    assert set(TRAINED) | set(HELD_OUT) == set(FAMILIES)
    assert not set(TRAINED) & set(HELD_OUT)
    torch.manual_seed(1)
    scenes, _ = made("street", 20, 1, 1.0, TRAINED, "cpu")
    used = {FAMILIES[int(i)] for i in scenes.look.materials[..., 0].unique()}
    assert used <= set(TRAINED)
    assert len(used) == len(TRAINED)


def test_that_noise_is_the_same_on_every_device():
    x = torch.tensor([0.25, -3.75, 1000.5])
    seed = torch.tensor([1, 77, 60000], dtype=torch.int32)

    # Recorded once; integer arithmetic, so nothing may differ but the last bits of a blend.
    np.testing.assert_allclose(noise(x, x * 0.5, seed), [0.871164, 0.7142588, 0.4904234], atol=1e-6)


def test_that_the_relief_a_light_sees_is_the_slope_of_what_is_worn():
    torch.manual_seed(5)
    x, y = torch.rand(2, 400) * 4
    seed = torch.full_like(x, 31, dtype=torch.int32)
    step = 1e-3

    def height(dx: float, dy: float) -> torch.Tensor:
        grain = [noise(k * (x + dx), k * (y + dy), seed + 8 + i) for i, k in enumerate((5, 11, 23))]
        return sum(one / k for one, k in zip(grain, (5, 11, 23), strict=True))

    _, by_x, by_y = worn(x, y, torch.zeros_like(x), seed)

    for slope, dx, dy in ((by_x, step, 0.0), (by_y, 0.0, step)):
        expected = (height(dx, dy) - height(-dx, -dy)) / (2 * step)
        assert slope.std() > 0.5
        assert (slope - expected).abs().median() < 1e-3
        assert (slope - expected).abs().max() < 0.05  # where a knot lies between the two places


def test_that_grain_finer_than_a_pixel_is_not_seen():
    x = torch.linspace(0, 9, 50)
    seed = torch.zeros_like(x, dtype=torch.int32)

    near, far = (worn(x, x, torch.full_like(x, size), seed) for size in (0.0, 0.2))

    assert near[1].abs().max() > 0.1
    assert far[1].abs().max() == 0
    assert far[2].abs().max() == 0


def test_that_relief_is_seen_and_changes_no_depth():
    torch.manual_seed(6)
    scenes, views = made("table", 2, 1, 1.5, TRAINED, "cpu")
    flat = scenes.look.materials.clone()
    flat[..., 6] = 0
    rough = flat.clone()
    rough[..., 6] = 0.8
    seen = [
        picture(Made(scenes.bodies, Look(material, scenes.look.light)), views, 42, 63)
        for material in (flat, rough)
    ]

    assert torch.equal(seen[0][1], seen[1][1])
    assert (seen[0][0] - seen[1][0]).abs().mean() > 0.005


@pytest.mark.parametrize("kind", list(LAYOUTS))
def test_that_every_kind_is_photographed_with_every_lens(kind):
    torch.manual_seed(7)
    _, views = made(kind, 60, 1, 1.5, TRAINED, "cpu")
    focal = views.lens[:, 0, 0]

    assert focal.min() < 0.65
    assert 0.7 < focal.median() < 1.3
    assert focal.max() > 1.8


def test_that_scenes_are_shared_out_as_asked():
    assert shares({"room": 1, "street": 1, "terrain": 2}, 8) == {
        "room": 2, "street": 2, "terrain": 4,
    }  # fmt: skip
    assert sum(shares({"room": 0.3, "street": 0.33, "terrain": 0.37}, 7).values()) == 7


@pytest.mark.skipif(not torch.cuda.is_available(), reason="NO GPU: kernels not compared")
@pytest.mark.parametrize("kind", ["room", "street", "terrain"])
def test_that_kernels_draw_the_same_picture_as_torch(kind):
    torch.manual_seed(0)
    scenes, views = made(kind, 4, 2, 1.5, FAMILIES, "cuda")

    light, depth = picture(scenes, views, 56, 84)
    same_light, same_depth = by_torch(scenes, views, 56, 84)

    off = (depth - same_depth).abs() > 1e-3 * same_depth
    assert off.float().mean() < 1e-3
    assert ((light - same_light).abs() > 0.02).float().mean() < 5e-3
