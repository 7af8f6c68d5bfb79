"""Real spherical harmonics up to degree 2, as 3D Gaussians use them, and how they turn.

Basis and signs of Kerbl et al. 2023 (3D Gaussian splatting). A band is turned by turning what it
stands for: degree 1 is a vector, degree 2 a symmetric matrix without trace.
"""

from __future__ import annotations

import torch
from torch import Tensor

_C2 = (1.0925484305920792, 0.31539156525252005, 0.5462742152960396)


def rotate_harmonics(coefficients: Tensor, rotation: Tensor) -> Tensor:
    """Coefficients g with g(rotation @ d) = f(d) for every direction d.

    Args:
        coefficients: `(..., 9)` of f.
        rotation: `(..., 3, 3)`, broadcast against the leading axes.
    """
    constant, vector, matrix = coefficients.split([1, 3, 5], dim=-1)
    # Degree 1: -y, z, -x.
    xyz = torch.stack([-vector[..., 2], -vector[..., 0], vector[..., 1]], dim=-1)
    x, y, z = (rotation @ xyz[..., None])[..., 0].unbind(-1)
    turned = rotation @ _as_matrix(matrix) @ rotation.transpose(-1, -2)
    return torch.cat([constant, torch.stack([-y, z, -x], dim=-1), _as_band(turned)], dim=-1)


def _as_matrix(band: Tensor) -> Tensor:
    """`(..., 5)` degree-2 coefficients → `(..., 3, 3)` M with f(d) = d^T M d."""
    xy, yz, zz, xz, xx_yy = band.unbind(-1)
    a, b, c = _C2
    xx, yy = -b * zz + c * xx_yy, -b * zz - c * xx_yy
    half_xy, half_yz, half_xz = a * xy / 2, -a * yz / 2, -a * xz / 2
    rows = [xx, half_xy, half_xz, half_xy, yy, half_yz, half_xz, half_yz, 2 * b * zz]
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def _as_band(matrix: Tensor) -> Tensor:
    a, b, c = _C2
    xx, yy, zz = matrix.diagonal(dim1=-2, dim2=-1).unbind(-1)
    parts = [
        2 * matrix[..., 0, 1] / a,
        -2 * matrix[..., 1, 2] / a,
        zz / (2 * b),
        -2 * matrix[..., 0, 2] / a,
        (xx - yy) / (2 * c),
    ]
    return torch.stack(parts, dim=-1)
