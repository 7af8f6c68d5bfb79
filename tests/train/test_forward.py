"""The pass that is trained is the pass that is shipped, and every weight learns."""

from __future__ import annotations

import pytest
import torch

from da3studio.model.camera_heads import decode_cameras
from da3studio.model.config import HEAD_WIDTH
from da3studio.model.network import Ask
from da3studio.train.forward import predict
from da3studio.train.head_turn import turned_heads
from da3studio.train.losses import Weights, losses
from da3studio.train.recipe import TINY
from da3studio.train.scenes.batch import batch
from da3studio.train.scenes.parts import Draw
from da3studio.train.start import fresh
from da3studio.train.targets import given_cameras, normalised, targets_of

ROUNDING = 2e-5  # float32 in two orders of summation, over all blocks


def test_that_the_trained_pass_says_what_the_product_says_with_and_without_known_cameras():
    torch.manual_seed(5)
    network = fresh(TINY, seed=3).eval()
    photos = torch.randn(2, 3, 3, 42, 56)
    views = torch.arange(3).expand(2, -1)
    known = torch.randn(2, 3, 9) * 0.3 + torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 1.0])
    known[..., 3:7] /= known[..., 3:7].norm(dim=-1, keepdim=True)
    known[..., 3:7] *= known[..., 6:7].sign()

    said = predict(
        network, photos, views, known=known, is_known=torch.tensor([False, True]), full=True
    )

    for scene in range(2):
        cameras = decode_cameras(known[scene], torch.tensor([[42.0, 56.0]] * 3))
        with torch.inference_mode():
            product = network(
                [*photos[scene]], cameras if scene else None, Ask(rays=True, reference="first")
            )
        for ours, theirs in (
            (said.log_depth[scene].exp(), torch.stack(product.depth)),
            (said.confidence[scene], torch.stack(product.confidence)),
            (said.rays[scene], torch.stack(product.rays)),
            (said.ray_confidence[scene], torch.stack(product.ray_confidence)),
            (said.cameras[scene], product.camera_encoding),
        ):
            torch.testing.assert_close(ours, theirs, atol=ROUNDING, rtol=ROUNDING)


def test_that_every_weight_has_a_gradient_and_no_unit_of_the_camera_decoder_starts_dead():
    torch.manual_seed(1)
    network = fresh(TINY, seed=1)
    made = batch({"street": 3}, 2, 28, 42, "cpu")  # of an even number, lenses may cancel out
    targets = targets_of(made)
    views = torch.zeros(3, 1, dtype=torch.long)

    said = predict(
        network,
        normalised(made.photos),
        views,
        known=given_cameras(targets, Draw(3, "cpu")),
        is_known=torch.tensor([True, False, False]),
    )
    losses(said, targets, views).total(Weights()).backward()

    still = [name for name, p in network.named_parameters() if not p.grad.abs().sum() > 0]
    assert still == []
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    alive = network.camera_decoder.hidden2.weight.grad.abs().sum(-1) > 0
    assert alive.float().mean() > 0.3


def test_that_the_same_seed_makes_the_same_network():
    one, other, third = (fresh(TINY, seed=seed).state_dict() for seed in (7, 7, 8))

    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["backbone.cls_token"], third["backbone.cls_token"])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="NO GPU: kernels not compared")
def test_that_the_kernel_turns_heads_as_torch_does():
    torch.manual_seed(0)
    places, heads = 7, 4
    angles = torch.rand(places, 1, 2, HEAD_WIDTH // 4) * 6
    qkv = torch.randn(places * 50, 3, heads, HEAD_WIDTH)
    weights = [torch.randn(HEAD_WIDTH) for _ in range(4)]
    given = [torch.randn(places * 50, heads, HEAD_WIDTH) for _ in range(3)]

    (here, by_torch), (there, by_kernel) = (
        _turned_with_gradients(qkv, weights, angles, given, device) for device in ("cpu", "cuda")
    )

    for one, other in zip([*here, *by_torch], [*there, *by_kernel], strict=True):
        assert torch.allclose(one, other.cpu(), rtol=1e-3, atol=1e-4 * float(one.abs().max()))


def _turned_with_gradients(qkv, weights, angles, given, device):
    asked = [x.to(device).requires_grad_() for x in (qkv, *weights)]
    cos, sin = angles.cos().to(device), angles.sin().to(device)
    turned = turned_heads(asked[0], asked[1:], cos, sin)
    return turned, torch.autograd.grad(turned, asked, [x.to(device) for x in given])
