"""How views of any size meet in one pass."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from da3studio.model.camera_heads import Cameras
from da3studio.model.network import DA3, Ask
from da3studio.model.packing import Packing, Span
from da3studio.model.rope import rotation_at
from tests.model.tiny import ANY_VIEW, MONOCULAR, largest_difference, network, photos

WIDE, TALL = (28, 56), (70, 42)


def camera_encoding_by_hand(net: DA3, images: list[Tensor]) -> Tensor:
    """The any-view backbone written down view by view, without packing; view 0 is the reference."""
    backbone = net.backbone
    first = backbone.config.cross_view_from
    views, places = [], []
    for image in images:
        grid = backbone.patch_embed(image[None])
        patches = grid.flatten(2).transpose(1, 2)
        tokens = torch.cat([backbone.cls_token, patches], dim=1)
        views.append((tokens + backbone.position_embedding(*grid.shape[-2:]))[0])
        places.append(Packing([tuple(image.shape[-2:])]).positions())
    local = views
    for i, block in enumerate(backbone.blocks):
        if i == first:
            for v in range(len(views)):
                views[v] = torch.cat([backbone.camera_token[0, min(v, 1)][None], views[v][1:]])
        if backbone.config.is_cross_view(i):
            x, at = torch.cat(views), torch.cat(places).clamp(max=1)
            x = block(x, [Span(0, len(x), len(x))], rotation_at(at, torch.float32))
            views = list(x.split([len(view) for view in views]))
        else:
            spans = [[Span(0, len(view), len(view))] for view in views]
            turns = [rotation_at(at, torch.float32) if i >= first else None for at in places]
            views = [block(*one) for one in zip(views, spans, turns, strict=True)]
            local = views
    both = [torch.cat([a[0], b[0]]) for a, b in zip(local, views, strict=True)]
    return net.camera_decoder(torch.stack(both))


@torch.inference_mode()
def test_that_views_of_two_sizes_give_what_the_backbone_gives_written_down_view_by_view():
    images = photos(WIDE, TALL, WIDE, TALL, TALL)
    net = network(ANY_VIEW)

    ours = net(images, ask=Ask(reference=0)).camera_encoding
    by_hand = camera_encoding_by_hand(net, images)

    assert ours is not None
    assert largest_difference(ours, by_hand) < 1e-5


@torch.inference_mode()
def test_that_the_order_of_the_views_changes_nothing_but_the_order_of_the_answers():
    images, order = photos(WIDE, TALL, WIDE, TALL), [3, 0, 2, 1]

    straight = network(ANY_VIEW)(images, ask=Ask(rays=True, reference=1))
    permuted = network(ANY_VIEW)([images[i] for i in order], ask=Ask(rays=True, reference=3))

    for place, view in enumerate(order):
        for name in ("depth", "confidence", "rays", "ray_confidence"):
            a, b = (getattr(output, name) for output in (permuted, straight))
            assert a[place].shape == b[view].shape
            assert largest_difference(a[place], b[view]) < 1e-5
        a, b = permuted.camera_encoding[place], straight.camera_encoding[view]
        assert largest_difference(a, b) < 1e-5


@torch.inference_mode()
def test_that_a_chosen_reference_view_stays_the_same_photo_in_any_order():
    images = photos(WIDE, TALL, WIDE, TALL, WIDE)

    straight = network(ANY_VIEW)(images)
    reversed_ = network(ANY_VIEW)(images[::-1])

    assert reversed_.reference == len(images) - 1 - straight.reference


@torch.inference_mode()
def test_that_monocular_views_do_not_know_of_each_other():
    images = photos(WIDE, TALL, WIDE)

    together = network(MONOCULAR)(images)
    for view, image in enumerate(images):
        alone = network(MONOCULAR)([image])
        assert largest_difference(together.depth[view], alone.depth[0]) < 1e-5
        assert largest_difference(together.sky[view], alone.sky[0]) < 1e-5
    assert together.cameras is None
    assert together.confidence is None


@torch.inference_mode()
def test_that_heads_give_the_same_for_one_view_at_a_time():
    images = photos(WIDE, TALL, WIDE, WIDE, TALL)

    one = network(ANY_VIEW)(images, ask=Ask(rays=True, head_views=1))
    all_ = network(ANY_VIEW)(images, ask=Ask(rays=True, head_views=9))

    for a, b in zip((*one.depth, *one.rays), (*all_.depth, *all_.rays), strict=True):
        assert largest_difference(a, b) < 1e-5


@torch.inference_mode()
def test_that_depth_is_the_same_without_the_ray_branch():
    images = photos(WIDE, TALL)

    without, with_ = (network(ANY_VIEW)(images, ask=Ask(rays=rays)) for rays in (False, True))

    assert without.rays is None
    assert all(torch.equal(a, b) for a, b in zip(without.depth, with_.depth, strict=True))


def known(n_views: int) -> Cameras:
    poses = torch.eye(3, 4).repeat(n_views, 1, 1)
    poses[:, 0, 3] = torch.arange(n_views) / n_views
    lens = torch.tensor([[60.0, 0, 28], [0, 60, 14], [0, 0, 1]])
    return Cameras(poses, lens.repeat(n_views, 1, 1))


@torch.inference_mode()
def test_that_known_cameras_count_and_make_the_first_view_the_reference():
    images = photos(WIDE, WIDE, WIDE, WIDE)

    free, given = (network(ANY_VIEW)(images, cameras) for cameras in (None, known(4)))

    assert given.reference == 0
    assert largest_difference(given.depth[0], free.depth[0]) > 1e-3


def test_that_a_monocular_network_refuses_cameras():
    with pytest.raises(ValueError, match="tiny-mono takes no known cameras"):
        network(MONOCULAR)(photos(WIDE), known(1))


@pytest.mark.parametrize("sizes", [[], [(28, 57)], [(0, 28)], [(28, 28), (13, 28)]])
def test_that_sizes_are_multiples_of_14(sizes):
    with pytest.raises(ValueError, match="multiples of 14"):
        Packing(sizes)


def test_that_every_token_has_one_place_in_the_sequence():
    packing = Packing([WIDE, TALL, WIDE])

    assert packing.n_tokens == 2 * (1 + 2 * 4) + (1 + 5 * 3)
    assert packing.camera_tokens.tolist() == [0, 18, 9]
    positions = packing.positions()
    assert positions[packing.camera_tokens].abs().max() == 0
    assert positions[18:].max(dim=0).values.tolist() == [5, 3]
