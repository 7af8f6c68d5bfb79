"""Two windows of a known room, brought together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.join import CannotJoinError, Link, join
from da3studio.geometry.rigid import angle_between
from da3studio.scene.depth import DepthMap
from tests.engine.long.said import A, B, Seen, around, forward, said

TRUE = A @ B.inverse()


def error(link: Link) -> float:
    """How far the anchors are from where they belong / typical depth."""
    off = link.a_from_b.apply(link.anchors) - TRUE.apply(link.anchors)
    return float(np.sqrt((off**2).sum(axis=1).mean()) / link.reach)


def both(room: Seen, shared: int, **errors: float) -> tuple[WindowResult, WindowResult]:
    """Two windows that share some views."""
    n, middle = len(room.names), len(room.names) // 2
    first = said(room, range(middle + (shared + 1) // 2), A, seed=1, **errors)
    return first, said(room, range(middle - shared // 2, n), B, seed=2, **errors)


@pytest.mark.parametrize("room", [around(), forward()], ids=["around", "straight ahead"])
@pytest.mark.parametrize("shared", [1, 4])
def test_that_exact_windows_are_joined_exactly(room, shared):
    link = join(*both(room, shared))

    assert error(link) < 1e-5  # float32
    assert link.spread < 1e-5
    assert link.n_views == shared
    assert link.a_from_b.scale == pytest.approx(TRUE.scale, rel=1e-5)


@pytest.mark.parametrize("room", [around(), forward()], ids=["around", "straight ahead"])
def test_that_one_shared_view_is_enough_under_noise_of_two_percent(room):
    link = join(*both(room, 1, noise=0.02))

    assert error(link) < 0.004  # sixth of the noise: 2352 pixels vote
    assert link.a_from_b.scale == pytest.approx(TRUE.scale, rel=0.01)
    assert angle_between(link.a_from_b.rotation, TRUE.rotation) < 0.01
    assert link.spread == pytest.approx(0.02 * np.sqrt(2) * 0.67, rel=0.3)


@pytest.mark.parametrize("shared", [1, 4])
def test_that_thirty_percent_of_outliers_in_one_window_cost_little(shared):
    a, _ = both(around(), shared, noise=0.01)
    _, b = both(around(), shared, noise=0.01, outliers=0.3)
    link = join(a, b)

    assert error(link) < 0.006
    assert link.a_from_b.scale == pytest.approx(TRUE.scale, rel=0.01)


def test_that_one_wrong_camera_of_four_is_outvoted():
    a, b = both(around(), 4, noise=0.01)
    cameras = (b.cameras[3], *b.cameras[1:])
    link = join(a, replace(b, cameras=cameras))

    assert error(link) < 0.01


def test_that_sky_and_what_is_not_certain_do_not_count():
    a, b = both(around(), 1, noise=0.01)
    (depth, *others), top = b.depths, np.arange(42)[:, None] < 16
    z = np.where(top, depth.z * 3, depth.z)
    for unsure in (
        DepthMap(z, depth.confidence, depth.sky | top),
        DepthMap(z, np.where(top, depth.confidence * 0.01, depth.confidence), depth.sky),
    ):
        link = join(a, replace(b, depths=(unsure, *others)))
        assert error(link) < 0.004
        assert link.n_pairs <= 26 * 56


def test_that_a_window_of_other_resolution_is_joined():
    fine, coarse = forward(8, (112, 84)), forward(8)
    link = join(said(fine, range(5), A), said(coarse, range(3, 8), B))

    assert error(link) < 0.01  # a pixel of the coarse one is 2 % of the depth


def test_that_the_number_of_pairs_is_bounded():
    room = forward(3, (336, 252))
    assert 10_000 < join(said(room, range(3), A), said(room, range(3), B)).n_pairs <= 22_000


def test_that_the_same_windows_give_the_same_bits():
    links = [join(*both(around(), 3, noise=0.02)) for _ in range(2)]
    bits = [(link.a_from_b.scale, link.a_from_b.rotation.tobytes()) for link in links]
    assert bits[0] == bits[1]


def test_that_what_cannot_be_joined_says_why():
    room = around()
    a, b = both(room, 2)
    blind = [DepthMap(d.z * 0, d.confidence * 0, ~d.sky) for d in b.depths]
    scrambled = said(room, range(3, 8), B, outliers=1.0)
    strange = [replace(d, z=d.z * np.random.default_rng(0).uniform(0.1, 9, d.z.shape).astype("f4"))
               for d in scrambled.depths]  # fmt: skip

    with pytest.raises(CannotJoinError, match="share no photo"):
        join(a, said(room, range(6, 8), B))
    with pytest.raises(CannotJoinError, match="too little"):
        join(a, replace(b, depths=tuple(blind)))
    with pytest.raises(CannotJoinError, match="do not agree"):
        join(a, replace(scrambled, depths=tuple(strange)))
