from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from da3studio.base.cancel import NEVER
from da3studio.base.errors import BadInput
from da3studio.base.progress import silent
from da3studio.engine.da3.engine import given_registration
from da3studio.engine.da3.gaussians import make_gaussians, moved, thinned, worth_keeping
from da3studio.engine.da3.memory import PassSize, pass_bytes
from da3studio.engine.da3.network_pass import Loaded, PassRecipe, pass_over
from da3studio.engine.gaussians import NetworkGaussians
from da3studio.engine.pinning import pinned
from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import Sim3
from da3studio.model.camera_heads import Cameras
from da3studio.model.config import GIANT
from da3studio.model.gaussian_head import GaussianTensors, RawGaussians, place_gaussians
from da3studio.model.network import Ask
from da3studio.model.precision import MIXED
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.view import ViewId
from da3studio.weights.adopt import adopt
from tests.engine.sets import PhotoSet, together, view_of
from tests.engine.splats import FREE, covariances, loaded
from tests.model.test_spherical_harmonics import basis
from tests.model.tiny import turned
from tests.synthetic.rigs import grid
from tests.weights.files import hollow

SIZE = (140, 70)  # of the photos and of what the network sees [px]
RECIPE = DepthRecipe(engine="da3", network_px=140, views_per_window=3)
PLENTY = 10**6


def photo_set(n: int, size: tuple[int, int] = SIZE, prefix: str = "") -> PhotoSet:
    """Noise, from places that no two directions tell apart."""
    rig = grid(2, -(-n // 2), distance=3, spacing=0.4, size=size)
    cameras = {ViewId(prefix + name): camera for name, camera in list(rig.items())[:n]}
    rng = np.random.default_rng(n)
    pictures = {name: rng.integers(0, 256, (*size[::-1], 3)).astype(np.uint8) for name in cameras}
    views = tuple(view_of(name, *size) for name in cameras)
    return PhotoSet(views, pictures, cameras)


def made(
    photos: PhotoSet,
    scratch: Path,
    *,
    network: Loaded | None = None,
    cameras: Mapping[ViewId, Camera] | None = None,
    recipe: DepthRecipe = RECIPE,
    per_view: int = PLENTY,
    finished: Collection[ViewId] = (),
) -> dict[ViewId, Gaussians]:
    """The Gaussians of every view; fails if one is handed out twice."""
    pieces = make_gaussians(
        network or loaded(),
        recipe,
        photos.views,
        photos,
        given_registration(photos.views, cameras or photos.cameras),
        per_view=per_view,
        scratch=scratch,
        finished=finished,
        report=silent,
        token=NEVER,
    )
    found: dict[ViewId, Gaussians] = {}
    for piece in pieces:
        assert piece.view_id not in found
        found[piece.view_id] = piece.gaussians
    return found


def random_gaussians(n: int, seed: int = 0) -> GaussianTensors:
    random = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(n, *shape, generator=random, dtype=torch.float64)

    quaternions = normal(4)
    quaternions /= quaternions.norm(dim=1, keepdim=True)
    return GaussianTensors(
        normal(3), normal(3).exp(), quaternions, normal(3, 9), torch.sigmoid(normal())
    )


def similarity(seed: int = 1) -> Sim3:
    return Sim3(2.5, turned(seed).numpy(), np.array([3.0, -1.0, 0.5]))


def test_that_a_moved_gaussian_covers_the_moved_ellipsoid():
    before, world = random_gaussians(200), similarity()

    after = moved(before, world)

    turn = world.scale * world.rotation
    expected = turn @ covariances(before.scales.numpy(), before.rotations.numpy()) @ turn.T
    shown = covariances(after.scales.numpy(), after.rotations.numpy())
    np.testing.assert_allclose(shown, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(after.means.numpy(), world.apply(before.means.numpy()), atol=1e-12)


def test_that_a_moved_gaussian_shows_its_colour_to_the_moved_viewer():
    before, world = random_gaussians(20), similarity()
    directions = torch.nn.functional.normalize(random_gaussians(50, 7).means, dim=1)

    after = moved(before, world)

    seen = before.harmonics @ basis(directions).T
    turned_directions = directions @ torch.tensor(world.rotation).T
    assert (after.harmonics @ basis(turned_directions).T - seen).abs().max() < 1e-12
    assert torch.equal(after.opacities, before.opacities)


def test_that_moving_back_is_where_it_was():
    before, world = random_gaussians(50), similarity()

    after = moved(moved(before, world), world.inverse())

    for name in ("means", "scales", "harmonics"):
        assert (getattr(after, name) - getattr(before, name)).abs().max() < 1e-12
    same = (after.rotations * before.rotations).sum(dim=1).abs()  # q and -q are one rotation
    assert (same - 1).abs().max() < 1e-12


def test_that_border_far_faint_and_impossible_gaussians_are_left_out():
    height, width = 64, 96
    pixels = random_gaussians(height * width)
    depth = torch.arange(height * width, dtype=torch.float32).reshape(height, width)
    opacities = torch.ones(height * width)
    scales = pixels.scales.clone()
    middle = 20 * width + 30
    opacities[middle], opacities[middle + 1] = 0.9 / 255, 1.1 / 255
    scales[middle + 2, 1] = -0.1
    means = pixels.means.clone()
    means[middle + 3, 0] = torch.nan

    kept = worth_keeping(replace(pixels, opacities=opacities, scales=scales, means=means), depth)

    expected = torch.zeros(height, width, dtype=torch.bool)
    expected[2:62, 3:93] = True  # 8/256 of 64 and of 96
    expected[depth > 0.9 * (height * width - 1)] = False  # the quantile of equal steps
    expected = expected.flatten()
    expected[[middle, middle + 2, middle + 3]] = False
    assert torch.equal(kept, expected)


def test_that_thinning_keeps_the_number_the_spread_and_the_covered_area():
    height, width, most = 80, 120, 1000
    every = random_gaussians(height * width)

    kept = thinned(every, torch.arange(height * width), width, most)

    assert len(kept.means) == most
    row_of = {tuple(mean): i for i, mean in enumerate(every.means.tolist())}
    pixels = np.array([row_of[tuple(mean)] for mean in kept.means.tolist()])
    assert (np.diff(pixels) > 0).all()
    tiles = np.bincount(pixels // width // 20 * 4 + pixels % width // 30, minlength=16)
    assert np.abs(tiles - most / 16).max() < 6  # by chance 8 are usual, 20 the worst
    before, after = (g.sort(dim=1).values for g in (every.scales[pixels], kept.scales))
    grown = (after / before).sort(dim=1).values
    growth = np.sqrt(height * width / most)
    area = every.scales[pixels].sort(dim=1).values[:, 1:].prod(dim=1) * growth**2
    assert torch.allclose(after[:, 1:].prod(dim=1), area)
    assert torch.allclose(grown[:, 0], torch.ones(most, dtype=torch.float64))


def test_that_few_are_not_thinned():
    every = random_gaussians(50)
    assert thinned(every, torch.arange(50), 10, 50) is every


def test_that_every_photo_gives_its_gaussians_once_from_overlapping_windows(tmp_path):
    photos = photo_set(5)

    found = made(photos, tmp_path)

    assert set(found) == set(photos.cameras)
    inner = (140 - 2 * 4) * (70 - 2 * 2)
    for gaussians in found.values():
        assert 0.5 * inner < len(gaussians) <= inner
        assert all(np.isfinite(getattr(gaussians, f.name)).all() for f in fields(gaussians))


def test_that_a_photo_gets_no_more_than_its_share(tmp_path):
    found = made(photo_set(3), tmp_path, per_view=500)
    assert [len(gaussians) for gaussians in found.values()] == [500] * 3


def test_that_upright_and_wide_photos_each_get_their_own(tmp_path):
    photos = together(photo_set(2, prefix="a"), photo_set(2, SIZE[::-1], "b"))
    mixed = replace(photos, views=tuple(photos.views[i] for i in (0, 2, 1, 3)))
    recipe = replace(RECIPE, views_per_window=4)

    found = made(mixed, tmp_path / "mixed", network=loaded(FREE), recipe=recipe)

    seen = pass_over(
        loaded(FREE), pass_recipe(), mixed.views, mixed, mixed.cameras, silent
    )  # fmt: skip
    raw = seen.output.raw_gaussians
    assert raw is not None
    for i, view in enumerate(mixed.views):
        group, place = (0, i // 2) if view.id.startswith("a") else (1, i // 2)
        opacity = raw[group].opacity[place].flatten().numpy()
        assert np.isin(found[view.id].opacities, opacity).all()


def test_that_gaussians_move_with_the_cameras(tmp_path):
    photos, world = photo_set(5), similarity()
    elsewhere = {name: world.apply_to_camera(camera) for name, camera in photos.cameras.items()}
    # The network is told the same: cameras farther apart than a tenth are brought to one size.
    here = made(photos, tmp_path / "a", per_view=3000)
    there = made(photos, tmp_path / "b", per_view=3000, cameras=elsewhere)

    for name, before in here.items():
        after = there[name]
        expected = world.apply(before.means)
        size = np.abs(expected).max()
        assert np.abs(after.means - expected).max() < 1e-3 * size
        turn = world.scale * world.rotation
        ellipsoids = turn @ covariances(before.scales, before.rotations) @ turn.T
        shown = covariances(after.scales, after.rotations)
        worst = np.abs(shown - ellipsoids).max(axis=(1, 2)) / np.abs(ellipsoids).max(axis=(1, 2))
        assert np.quantile(worst, 0.99) < 1e-2


def pass_recipe() -> PassRecipe:
    return PassRecipe(RECIPE.network_px, False, Ask(gaussians=True, head_views=8), 0)


def test_that_cameras_as_the_network_predicts_them_leave_gaussians_where_it_put_them(tmp_path):
    photos = photo_set(3)
    free = pass_over(loaded(FREE), pass_recipe(), photos.views, photos, None, silent)
    sizes = [camera.resized(*SIZE) for camera in free.predicted]
    predicted = {view.id: camera for view, camera in zip(photos.views, sizes, strict=True)}

    found = made(photos, tmp_path, network=loaded(FREE), cameras=predicted)

    assert free.output.cameras is not None
    assert free.output.raw_gaussians is not None
    (raw,) = free.output.raw_gaussians
    for i, view in enumerate(photos.views):
        camera = Cameras(*(part[i : i + 1] for part in vars(free.output.cameras).values()))
        depth = free.output.depth[i]
        view_raw = RawGaussians(raw.values[i : i + 1], raw.opacity[i : i + 1])
        placed = place_gaussians(view_raw, depth[None], camera)
        keep = worth_keeping(placed, depth)
        means, gaussians = placed.means[keep].numpy(), found[view.id]
        assert np.abs(gaussians.means - means).max() < 1e-4 * np.abs(means).max()
        np.testing.assert_allclose(gaussians.scales, placed.scales[keep].numpy(), rtol=1e-4)
        q = placed.rotations[keep].numpy()
        assert np.abs(np.abs((gaussians.rotations * q).sum(axis=1)) - 1).max() < 1e-5


def test_that_finished_photos_are_not_made_again_and_the_rest_comes_out_equal(tmp_path):
    photos = photo_set(5)
    whole = made(photos, tmp_path / "a")
    finished = [view.id for view in photos.views[:3]]
    photos.asked.clear()

    rest = made(photos, tmp_path / "b", finished=finished)

    assert set(rest) == set(photos.cameras) - set(finished)
    assert photos.asked[0] != photos.views[0].id  # the first window was not looked at
    for name, gaussians in rest.items():
        for field in fields(gaussians):
            assert np.array_equal(getattr(gaussians, field.name), getattr(whole[name], field.name))


def test_that_windows_that_are_too_large_still_give_every_photo_once(tmp_path):

    network = loaded().any_view
    passes: list[int] = []

    def begin(_: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        passes.append(len(inputs[0]))
        if len(passes) > 1 and len(inputs[0]) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    photos, hook = photo_set(10), network.register_forward_pre_hook(begin)
    try:
        recipe = replace(RECIPE, views_per_window=8)
        found = made(photos, tmp_path, recipe=recipe, per_view=100)
    finally:
        hook.remove()

    assert set(found) == set(photos.cameras)
    assert passes[0] == 8
    assert passes[-1] <= 4


def test_that_windows_are_planned_with_the_memory_that_gaussians_take():
    one = PassSize(32, 378, 504, 8)
    plain, more = (pass_bytes(GIANT, MIXED, replace(one, gaussians=yes)) for yes in (False, True))
    # Of all pixels 38 values in float32, and of eight views four maps of 128 channels.
    assert more > 378 * 504 * 4 * (32 * 38 + 8 * 4 * 128)
    assert more > 1.5 * plain


def test_that_the_classical_engine_is_refused_with_what_can_and_its_licence():
    with pytest.raises(BadInput) as caught:
        NetworkGaussians().check(DepthRecipe())
    assert "classical" in caught.value.what
    assert "da3-giant-1.1 and da3nested-giant-large-1.1" in caught.value.why
    assert "non-commercial" in caught.value.why
    assert "models download da3-giant-1.1" in caught.value.fix


def test_that_a_network_without_the_head_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path / "data"))
    small = adopt(hollow(tmp_path / "model.safetensors", "da3-small"), agree=lambda _: None)
    recipe = DepthRecipe(engine="da3", checkpoint=pinned(small))
    with pytest.raises(BadInput, match=f"{small.id} makes no Gaussians"):
        NetworkGaussians().check(recipe)
