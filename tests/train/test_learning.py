"""Losses, optimiser, recipe: each against something known."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from da3studio.base.errors import BadInput
from da3studio.model.config import MINI
from da3studio.train.forward import Prediction
from da3studio.train.losses import _pairs, losses
from da3studio.train.optimiser import Optimiser, Rates, _evened
from da3studio.train.recipe import TINY, parsed, read_recipe
from da3studio.train.scenes.batch import batch
from da3studio.train.scenes.parts import Draw
from da3studio.train.start import fresh
from da3studio.train.targets import directions_of, encoded, given_cameras, targets_of
from tests.conftest import ROOT

RECIPES = sorted((ROOT / "da3studio" / "train" / "recipes").glob("*.toml"))


def _truth():
    torch.manual_seed(1)
    targets = targets_of(batch({"street": 2}, 2, 28, 42, "cpu"))
    views = torch.arange(2).expand(2, -1)
    directions = directions_of(targets.rotation, targets.lens, 16, 24)
    origins = targets.position[:, :, None, None].expand_as(directions)
    said = Prediction(
        targets.depth.clamp(min=1e-3).log(),
        torch.ones_like(targets.depth),
        torch.cat([directions, origins], dim=-1),
        torch.ones(2, 2, 16, 24),
        targets.cameras,
        torch.zeros(4, 8),
    )
    return said, targets, views


def test_that_the_truth_has_no_loss():
    said, targets, views = _truth()

    told = vars(losses(said, targets, views))

    assert {name: round(float(value), 5) for name, value in told.items()} == dict.fromkeys(told, 0)


def test_that_depth_twice_as_far_errs_by_the_logarithm_of_two():
    said, targets, views = _truth()
    far = Prediction(said.log_depth + 0.6931472, *list(vars(said).values())[1:])

    told = losses(far, targets, views)

    assert float(told.log_depth_error) == pytest.approx(0.6931472, rel=1e-5)
    assert float(told.points) > 0.1
    assert float(told.position) == pytest.approx(0, abs=1e-6)


def test_that_pairs_of_cameras_err_by_their_angles_whatever_the_first_one_says():
    torch.manual_seed(2)
    targets = targets_of(batch({"street": 2}, 3, 28, 42, "cpu"))
    turn = torch.linalg.matrix_exp(
        torch.tensor([[0.0, -0.2, 0.0], [0.2, 0.0, 0.0], [0.0, 0.0, 0.0]])
    )
    together = encoded(turn @ targets.rotation, 1.5 * targets.position @ turn.T, targets.lens)
    one = torch.cat([targets.rotation[:, :2], targets.rotation[:, 2:] @ turn], dim=1)
    alone = encoded(one, targets.position, targets.lens)

    moved, turned = (_pairs(cameras, targets) for cameras in (together, alone))

    assert max(map(float, moved)) == pytest.approx(0, abs=2e-3)
    # Of six pairs four are with the camera that turned, two of them seen in its own frame.
    assert float(turned[0]) == pytest.approx(4 / 6 * 2 * math.sin(0.1), abs=2e-3)
    assert 0.01 < float(turned[1]) < 2 / 6 * 0.21


def test_that_targets_are_in_the_first_camera_at_unit_scale():
    _, targets, _ = _truth()

    assert targets.position[:, 0].abs().max() < 1e-5
    torch.testing.assert_close(targets.rotation[:, 0], torch.eye(3).expand(2, 3, 3))
    assert 0.2 < targets.depth[targets.valid].median() < 5


def test_that_given_cameras_are_scaled_as_the_product_scales_them():
    torch.manual_seed(0)
    targets = targets_of(batch({"street": 2}, 4, 28, 28, "cpu"))
    # Far enough apart for none to fall under what the product divides by at least.
    targets = dataclasses.replace(targets, position=100 * targets.position)

    given = given_cameras(targets, Draw(2, "cpu"))

    away = given[..., :3].norm(dim=-1).sort(dim=-1).values[:, 1]  # lower median of four
    assert ((away - 1).abs() < 1e-4).all()
    assert given[:, 0, :3].abs().max() < 1e-5


def test_that_what_is_no_matrix_moves_as_by_torchs_adamw():
    networks = [fresh(TINY, seed=1) for _ in range(2)]
    ours = Optimiser(networks[0], Rates(others=1e-3, decoder=1.0, decay=0.1, clip=1e9))
    ours.rate.fill_(1.0)
    names = ("head.depth_neck.weight", "camera_decoder.position.weight")
    theirs = torch.optim.AdamW(
        [dict(networks[1].named_parameters())[name] for name in names],
        lr=1e-3, betas=(0.9, 0.98), weight_decay=0.1,
    )  # fmt: skip
    for step in range(3):
        torch.manual_seed(step)
        gradients = {n: torch.randn_like(p) for n, p in networks[0].named_parameters()}
        for network in networks:
            for name, parameter in network.named_parameters():
                parameter.grad = gradients[name].clone()
        ours.step()
        theirs.step()

    a, b = (dict(network.named_parameters()) for network in networks)
    for name in names:
        torch.testing.assert_close(a[name], b[name], atol=1e-6, rtol=1e-5)


def test_that_matrices_move_equally_in_all_directions():
    torch.manual_seed(0)
    singular = torch.linalg.svdvals(_evened(torch.randn(3, 96, 64)))

    assert 0.6 < singular.min() < singular.max() < 1.4


def test_that_a_gradient_that_is_no_number_changes_nothing():
    network = fresh(TINY, seed=1)
    optimiser = Optimiser(network, Rates(decay=0.0))
    optimiser.rate.fill_(1.0)
    before = [p.detach().clone() for p in network.parameters()]
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, float("nan"))

    optimiser.step()

    for old, new in zip(before, network.parameters(), strict=True):
        torch.testing.assert_close(new, old, atol=1e-7, rtol=0)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_that_recipes_of_the_program_can_be_followed(path):
    recipe = read_recipe(path)

    assert recipe.config in (MINI, TINY)
    assert recipe.rate_at(0) < recipe.rate_at(recipe.warm_up) == 1.0
    assert recipe.rate_at(recipe.steps - 1) < 0.02
    assert recipe.stage_at(recipe.steps - 1).full


def test_that_a_wrong_recipe_is_refused_by_name(tmp_path):
    text = RECIPES[0].read_text("utf-8")
    for wrong, said in (
        (text.replace("[scenes]", "[scenes]\nmoon = 1.0"), "moon"),
        (text.replace("steps =", "stops ="), "stops"),
        (text.replace("[[28, 28]]", "[[28, 30]]"), "30"),
    ):
        with pytest.raises(ValueError, match=said):
            parsed(wrong)
    (tmp_path / "recipe.toml").write_text("variant = ", "utf-8")
    with pytest.raises(BadInput):
        read_recipe(tmp_path / "recipe.toml")
