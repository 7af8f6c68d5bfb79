"""How good depth of unknown scale is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_DELTA = 1.25


def depth_errors(ours: NDArray[np.floating], true: NDArray[np.floating]) -> tuple[float, float]:
    """AbsRel and delta1 of one photo, after its depth was scaled by the median ratio.

    Args:
        ours: `(N,)` > 0, in any unit; at least one.
        true: `(N,)` > 0, of the same places.

    Returns:
        The mean relative error, and the share (0 to 1) within a factor of 1.25.

    Source: Eigen et al. 2014, with the scale of the median.
    """
    scaled = ours * np.median(true / ours)
    within = np.maximum(scaled / true, true / scaled) < _DELTA
    return float((np.abs(scaled - true) / true).mean()), float(within.mean())
