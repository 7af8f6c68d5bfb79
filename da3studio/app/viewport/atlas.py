"""Many small pictures in one texture, so that a thousand cameras are one draw call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from da3studio.scene.view import ViewId

SIDE_PX = 4096  # of the texture at most; every card of the last fifteen years takes that
_CELLS = ((128, 96), (64, 48), (32, 24))  # width, height; the largest that lets all fit


class Atlas:
    """A cell for each view; a picture fills its cell, whatever its own aspect."""

    def __init__(self, view_ids: Sequence[ViewId]) -> None:
        n = max(len(view_ids), 1)
        self.cell = next((cell for cell in _CELLS if _room(cell) >= n), _CELLS[-1])
        self._columns = min(n, SIDE_PX // self.cell[0])
        rows = min(-(-n // self._columns), SIDE_PX // self.cell[1])
        self._size = (self._columns * self.cell[0], rows * self.cell[1])
        self._row_of = {view_id: i for i, view_id in enumerate(view_ids[: _room(self.cell)])}
        self.texture: Any = gloo.Texture2D(
            np.zeros((self._size[1], self._size[0], 3), np.uint8), interpolation="linear"
        )

    def corners(self, view_id: ViewId) -> NDArray[np.float32]:
        """`(2, 2)` texture coordinates of the top-left and bottom-right corner of a view's cell.

        Half a texel inside the cell, so that no neighbour shines in.
        """
        left, top = self._place(view_id)
        low = np.array([left + 0.5, top + 0.5])
        high = np.array([left + self.cell[0] - 0.5, top + self.cell[1] - 0.5])
        return (np.stack([low, high]) / self._size).astype(np.float32)

    def put(self, view_id: ViewId, rgb: NDArray[np.uint8]) -> bool:
        """Show `(H, W, 3)` sRGB, upright, in a view's cell; False = it has no cell."""
        if view_id not in self._row_of:
            return False
        left, top = self._place(view_id)
        self.texture.set_data(fitted(rgb, self.cell), offset=(top, left))
        return True

    def dispose(self) -> None:
        self.texture.delete()

    def _place(self, view_id: ViewId) -> tuple[int, int]:
        row, column = divmod(self._row_of.get(view_id, 0), self._columns)
        return column * self.cell[0], row * self.cell[1]


def fitted(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """`(H, W, 3)` stretched or shrunk to `size` (width, height)."""
    import cv2  # not at the top: the window is drawn before it is loaded

    if (rgb.shape[1], rgb.shape[0]) == size:
        return np.ascontiguousarray(rgb)
    shrinks = rgb.shape[1] >= size[0] and rgb.shape[0] >= size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    result: NDArray[np.uint8] = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=how)
    return result


def _room(cell: tuple[int, int]) -> int:
    return (SIDE_PX // cell[0]) * (SIDE_PX // cell[1])
