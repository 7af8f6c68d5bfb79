"""Real spherical harmonics of degree 0 to 2, and how their coefficients turn with the world.

Order and signs of Kerbl et al. 2023, "3D Gaussian Splatting".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_C0 = 0.28209479177387814
_C1 = 0.4886025119029199
_C2 = (1.0925484305920792, 0.31539156525252005, 0.5462742152960396)
_N_DIRECTIONS = 64  # nine would do; more make the fit well conditioned


def harmonics(directions: ArrayLike) -> NDArray[np.float64]:
    """`(..., 9)` values of the basis in `(..., 3)` unit directions."""
    x, y, z = np.moveaxis(np.asarray(directions, np.float64), -1, 0)
    a, b, c = _C2
    return np.stack(
        [
            np.full_like(x, _C0),
            -_C1 * y, _C1 * z, -_C1 * x,
            a * x * y, -a * y * z, b * (2 * z * z - x * x - y * y), -a * x * z,
            c * (x * x - y * y),
        ],
        axis=-1,
    )  # fmt: skip


def harmonics_turned(b_from_a: NDArray[np.float64]) -> NDArray[np.float64]:
    """The `(9, 9)` matrix that turns coefficients of world a into those of world b, as rows.

    Args:
        b_from_a: `(3, 3)` rotation.

    Returns:
        T with `(f @ T) @ harmonics(R d) = f @ harmonics(d)` for every f and every direction d.
    """
    d_in_a = np.random.default_rng(0).normal(size=(_N_DIRECTIONS, 3))
    d_in_a /= np.linalg.norm(d_in_a, axis=1, keepdims=True)
    in_a, in_b = harmonics(d_in_a), harmonics(d_in_a @ b_from_a.T)
    turned = np.asarray(np.linalg.lstsq(in_b, in_a, rcond=None)[0].T, np.float64)
    return np.where(np.abs(turned) < 1e-12, 0.0, turned)  # what rounding left between the degrees
