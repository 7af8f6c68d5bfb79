"""How the COLMAP process gets what only the process that started it can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from da3studio.engine.sfm.messages import Features, WantCodebook, WantFeatures


class Eyes(Protocol):
    """Looks at the photos of a task."""

    def features(self, view_idx: Sequence[int], *, affine: bool = False) -> Iterator[Features]:
        """Of one view after the other, in pixels of its lens's common size.

        Args:
            view_idx: indices of the task's views.
            affine: also as seen under many tilts, at a lower resolution: slow.
        """
        ...

    def codebook(self, sample: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        """`(K, 128)` typical ones among `(N, 128)` unit descriptors."""
        ...


class DistantEyes:
    """The `Eyes` of the process at the other end of a pipe."""

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        self._pipe = pipe

    def features(self, view_idx: Sequence[int], *, affine: bool = False) -> Iterator[Features]:
        self._pipe.send(WantFeatures(tuple(view_idx), affine))
        for _ in view_idx:
            found: Features = self._pipe.recv()
            yield found

    def codebook(self, sample: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        self._pipe.send(WantCodebook(sample, seed))
        centres: NDArray[np.float32] = self._pipe.recv()
        return centres
