"""One array against the stored one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RELATIVE_L2 = 1e-5
SOLVED = 1e-4  # arrays that come out of a singular value decomposition


@dataclass(frozen=True)
class Compared:
    """How far one array is from the stored one."""

    array: str
    relative_l2: float
    largest: float  # absolute difference over the largest absolute value
    tolerance: float  # of the relative L2 difference

    @property
    def passes(self) -> bool:
        """Whether it is within its tolerance; NaN is not."""
        return self.relative_l2 <= self.tolerance and self.largest <= 10 * self.tolerance


def compare(
    name: str, ours: Any, stored: NDArray[Any], tolerance: float = RELATIVE_L2
) -> Compared:
    """Compare arrays of equal shape.

    Raises:
        ValueError: the shapes differ.
    """
    a, b = np.asarray(ours, np.float64), np.asarray(stored, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"{name}: ours is {a.shape}, the stored one {b.shape}")
    scale, peak = np.linalg.norm(b), np.abs(b).max(initial=0)
    difference = a - b
    return Compared(
        name,
        float(np.linalg.norm(difference) / max(scale, 1e-30)),
        float(np.abs(difference).max(initial=0) / max(peak, 1e-30)),
        tolerance,
    )
