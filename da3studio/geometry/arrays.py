"""Arrays that are checked once and read-only from then on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray


def frozen(
    values: ArrayLike, shape: tuple[int | None, ...], dtype: DTypeLike
) -> NDArray[Any]:  # fmt: skip
    """A read-only array of exactly this dtype and shape; `None` stands for any length.

    An array that is read-only already is shared, anything else is copied once.

    Raises:
        ValueError: the shape differs.
    """
    array = np.asarray(values, dtype)
    if array.ndim != len(shape) or any(
        want is not None and have != want for have, want in zip(array.shape, shape, strict=True)
    ):
        raise ValueError(f"expected an array of shape {shape}, got {array.shape}")
    if array.flags.writeable:
        if array is values or array.base is not None:
            array = array.copy()
        array.setflags(write=False)
    return array
