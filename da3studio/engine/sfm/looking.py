"""What the COLMAP process asks for: it has no photos and no OpenCV of its own."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.engine.protocol import Photos
from da3studio.engine.sfm.features import affine_sift, codebook, in_common_size, sift
from da3studio.engine.sfm.lenses import Lens
from da3studio.engine.sfm.messages import Features
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.view import View

_AFFINE_FEATURES = 2000  # for each of some twenty simulated tilts
_AFFINE_PX = 1000  # grazing views have no finer detail to match
_LOOK_EVERY_S = 0.1


class PhotoEyes:
    """Looks at the photos of this process; an `Eyes` of the COLMAP process.

    Args:
        views: all of the task.
        lenses: their groups.
        photos: reads pixels.
        recipe: number and resolution of features.
        token: checked ten times a second and between photos.
    """

    def __init__(
        self,
        views: Sequence[View],
        lenses: Sequence[Lens],
        photos: Photos,
        recipe: DepthRecipe,
        token: CancelToken,
    ) -> None:
        self._views, self._photos, self._recipe, self._token = views, photos, recipe, token
        self._lens_of = {idx: lens for lens in lenses for idx in lens.view_idx}

    def features(self, view_idx: Sequence[int], *, affine: bool = False) -> Iterator[Features]:
        """Of one view after the other, one per core at a time; few wait to be taken.

        Raises:
            JobCancelled: by the token; what is looked at in that moment goes on to its end.
            Missing: see `Photos.read`.
        """
        n_workers = 1 if affine else os.cpu_count() or 1  # affine SIFT takes all cores by itself
        look = self._look_closely if affine else self._look
        running: deque[Future[Features]] = deque()
        pool = ThreadPoolExecutor(n_workers)
        try:
            for idx in view_idx:
                running.append(pool.submit(look, idx))
                if len(running) > 2 * n_workers:
                    yield self._wait(running.popleft())
            while running:
                yield self._wait(running.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def codebook(self, sample: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        """See `features.codebook`."""
        return codebook(sample, seed)

    def _wait(self, found: Future[Features]) -> Features:
        self._token.check()
        while not found.done():
            wait([found], _LOOK_EVERY_S)
            self._token.check()
        return found.result()

    def _look(self, idx: int) -> Features:
        self._token.check()
        photo = self._photos.read(self._views[idx], self._recipe.feature_px)
        return in_common_size(sift(photo, self._recipe.features), photo, self._lens_of[idx])

    def _look_closely(self, idx: int) -> Features:
        photo = self._photos.read(self._views[idx], min(_AFFINE_PX, self._recipe.feature_px))
        return in_common_size(affine_sift(photo, _AFFINE_FEATURES), photo, self._lens_of[idx])
