"""Work over millions of points in blocks that stay in the processor's cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

BLOCK = 1 << 15  # points: with the arrays made on the way about 1 MB, a second-level cache
_MOST_THREADS = 8  # NumPy lets go of the interpreter inside its loops, but not between them


def by_blocks(
    n: int, work: Callable[[slice], NDArray[Any]], dtype: DTypeLike = np.bool_
) -> NDArray[Any]:
    """`(n,)` what `work` gives for all rows, asked slice by slice on several threads.

    Args:
        n: how many rows there are.
        work: gives the values of the rows of a slice; must not depend on other rows.
        dtype: of the values.
    """
    out = np.empty(n, dtype)

    def fill(rows: slice) -> None:
        # state of the thread: points behind a camera divide by next to nothing
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            out[rows] = work(rows)

    slices = [slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK)]
    n_threads = min(_MOST_THREADS, os.cpu_count() or 1, len(slices))
    if n_threads <= 1:
        for rows in slices:
            fill(rows)
        return out
    with ThreadPoolExecutor(n_threads, thread_name_prefix="edits") as pool:
        for _ in pool.map(fill, slices):  # going through them lets errors out
            pass
    return out
