"""Which part of a picture is shown, and what is pointed at in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

MOST_ZOOM = 64.0  # times the size at which the whole picture fits


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """A `(H, W, 3)` sRGB array, or `(H, W, 4)` with alpha, as a picture of its own memory."""
    rows = np.ascontiguousarray(pixels)
    height, width, parts = rows.shape
    kind = QImage.Format.Format_RGB888 if parts == 3 else QImage.Format.Format_RGBA8888
    return QImage(rows.data, width, height, parts * width, kind).copy()


@dataclass(frozen=True)
class Mark:
    """A spot of the picture worth pointing at."""

    x: float  # [px] of the full-size picture
    y: float
    text: str = ""
    sure: bool = True  # False = drawn dashed


class Framing(QObject):
    """Which part of a picture is shown; views that share one stay linked.

    The centre is in parts of the picture, so that pictures of different sizes show the same part.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._zoom, self._x, self._y = 1.0, 0.5, 0.5

    @property
    def zoom(self) -> float:
        """Times the size at which the whole picture fits."""
        return self._zoom

    @property
    def centre(self) -> tuple[float, float]:
        """Part of the picture, 0 to 1, that lies in the middle of the view."""
        return self._x, self._y

    def show(self, zoom: float, x: float, y: float) -> None:
        """Show the part around (x, y); the centre stays inside the picture."""
        self._zoom = float(np.clip(zoom, 1.0, MOST_ZOOM))
        whole = self._zoom == 1.0
        self._x = 0.5 if whole else float(np.clip(x, 0.0, 1.0))
        self._y = 0.5 if whole else float(np.clip(y, 0.0, 1.0))
        self.changed.emit()

    def fit(self) -> None:
        """Show the whole picture."""
        self.show(1.0, 0.5, 0.5)
