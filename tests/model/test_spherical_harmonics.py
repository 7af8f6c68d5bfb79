"""Turned harmonics say of a turned direction what the old ones said of it before."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from da3studio.model.spherical_harmonics import rotate_harmonics
from tests.model.tiny import turned


def basis(directions: Tensor) -> Tensor:
    """`(N, 9)` values of the real harmonics of 3D Gaussian splatting, by their definition."""
    x, y, z = directions.unbind(-1)
    c1, c2 = 0.4886025119029199, 1.0925484305920792
    return torch.stack(
        [
            torch.full_like(x, 0.28209479177387814), -c1 * y, c1 * z, -c1 * x,
            c2 * x * y, -c2 * y * z, 0.31539156525252005 * (2 * z * z - x * x - y * y),
            -c2 * x * z, 0.5462742152960396 * (x * x - y * y),
        ],
        dim=-1,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_that_a_turned_colour_is_seen_from_the_turned_direction(seed):
    random = torch.Generator().manual_seed(seed)
    f = torch.randn(3, 9, generator=random, dtype=torch.float64)
    directions = torch.randn(200, 3, generator=random, dtype=torch.float64)
    directions /= directions.norm(dim=-1, keepdim=True)
    rotation = turned(seed)

    g = rotate_harmonics(f, rotation)

    before, after = basis(directions) @ f.T, basis(directions @ rotation.T) @ g.T
    assert (before - after).abs().max() < 1e-12


def test_that_turns_add_up():
    f = torch.randn(4, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    a, b = turned(1), turned(2)

    once, twice = rotate_harmonics(f, b @ a), rotate_harmonics(rotate_harmonics(f, a), b)

    assert (once - twice).abs().max() < 1e-12
