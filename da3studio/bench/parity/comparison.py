"""One array against the stored one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RELATIVE_L2 = 1e-5
SOLVED = 1e-4  # arrays that come out of a singular value decomposition
_SINGLE_VALUE = 10  # a single value may be off by this many times the tolerance of the whole


@dataclass(frozen=True)
class Compared:
    """How far one array is from the stored one."""

    array: str
    relative_l2: float
    largest: float  # absolute difference over the largest absolute value
    tolerance: float  # of the relative L2 difference
    largest_tolerance: float

    @property
    def passes(self) -> bool:
        """Whether it is within its tolerances; NaN is not."""
        return self.relative_l2 <= self.tolerance and self.largest <= self.largest_tolerance

    @property
    def share(self) -> float:
        """How much of the tolerances is used up: the worst array has the largest share."""
        parts = ((self.relative_l2, self.tolerance), (self.largest, self.largest_tolerance))
        shares = [value / max(allowed, 1e-30) for value, allowed in parts]
        return max(share if share == share else float("inf") for share in shares)


def compare(name: str, ours: Any, stored: NDArray[Any], tolerance: float = RELATIVE_L2) -> Compared:
    """Compare arrays of equal shape; a NaN is equal to a NaN.

    Raises:
        ValueError: the shapes differ.
    """
    relative_l2, largest, _ = _differences(name, ours, stored)
    return Compared(name, relative_l2, largest, tolerance, _SINGLE_VALUE * tolerance)


def compare_exactly(name: str, ours: Any, stored: Any) -> Compared:
    """Compare whole numbers or choices, where nothing but equality passes."""
    relative_l2, largest, _ = _differences(name, ours, np.asarray(stored))
    return Compared(name, relative_l2, largest, 0.0, 0.0)


def compare_grey(name: str, ours: Any, stored: NDArray[Any]) -> Compared:
    """Compare pictures of 256 grey levels: every one may be off by one level.

    Versions of OpenCV round differently when they resize.
    """
    relative_l2, largest, peak = _differences(name, ours, stored)
    one_level = 1 / max(peak, 1.0)
    return Compared(name, relative_l2, largest, 2 * one_level, one_level)


def _differences(name: str, ours: Any, stored: NDArray[Any]) -> tuple[float, float, float]:
    """Relative L2, largest over peak, and the peak."""
    a, b = np.asarray(ours, np.float64), np.asarray(stored, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"{name}: ours is {a.shape}, the stored one {b.shape}")
    both = np.isnan(a) & np.isnan(b)
    a, b = np.where(both, 0, a), np.where(both, 0, b)
    peak = float(np.abs(b).max(initial=0))
    difference = a - b
    relative = float(np.linalg.norm(difference) / max(float(np.linalg.norm(b)), 1e-30))
    return relative, float(np.abs(difference).max(initial=0)) / max(peak, 1e-30), peak
