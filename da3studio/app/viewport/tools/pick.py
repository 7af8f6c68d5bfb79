"""From a click to a place on the surface."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from da3studio.app.session import Session
from da3studio.app.viewport.picking import HOVER_ROWS, points_around
from da3studio.app.viewport.screen import Screen
from da3studio.geometry.measuring import SurfacePoint, surface_under

_RADII_PX = (
    3.0,
    5.0,
    8.0,
    12.0,
)  # of the surface looked at, as large as it takes for enough points
_ENOUGH = 16  # points for a plane
_DEEP = 6.0  # pixels of depth, per pixel of radius, that one surface may fill
_AT_ONCE = 1_000_000  # points whose search takes less time than a person notices


class SurfacePicker(QObject):
    """Answers clicks one after the other, in their order; large clouds are searched on a thread."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._scene = session, session.scene
        self._waiting: deque[tuple[Callable[[], SurfacePoint | None], _Done]] = deque()
        self._is_busy = False

    def ask(self, screen: Screen, x: float, y: float, done: _Done) -> None:
        """Find the surface under a pixel.

        Args:
            screen: the view in which it was clicked.
            x: [logical px].
            y: [logical px].
            done: gets the place, or `None` where there is no surface.
        """
        cloud = self._scene.cloud
        if cloud is None:
            done(None)
            return
        shown = self._shown()
        xyz = cloud.xyz

        def work() -> SurfacePoint | None:
            return surface_at(screen, xyz, x, y, shown)

        if len(cloud) <= _AT_ONCE and not self._is_busy:
            done(work())
        else:
            self._waiting.append((work, done))
            self._next()

    def hover(self, screen: Screen, x: float, y: float) -> SurfacePoint | None:
        """About what `ask` would answer, at once, from a part of the points."""
        cloud = self._scene.cloud
        if cloud is None:
            return None
        return surface_at(screen, cloud.xyz[:HOVER_ROWS], x, y, self._shown())

    def drop(self) -> None:
        """Answer nothing that was asked so far."""
        self._waiting.clear()

    def _shown(self) -> NDArray[np.bool_] | None:
        return self._scene.keep

    def _next(self) -> None:
        if self._is_busy or not self._waiting:
            return
        work, done = self._waiting.popleft()
        self._is_busy = True

        def answer(found: SurfacePoint | None) -> None:
            self._is_busy = False
            done(found)
            self._next()

        self._session.in_background(work, answer)


_Done = Callable[[SurfacePoint | None], None]


def surface_at(
    screen: Screen,
    xyz: NDArray[np.float32],
    x: float,
    y: float,
    shown: NDArray[np.bool_] | None = None,
) -> SurfacePoint | None:
    """The front-most surface under a pixel, from all points that lie on it there.

    Args:
        screen: the view.
        xyz: `(N, 3)` [world units].
        x: [logical px].
        y: [logical px].
        shown: `(N,)` or longer, False = is not there.
    """
    points = xyz[points_around(screen, xyz, x, y, _RADII_PX[-1], shown)].astype(np.float64)
    if not len(points):
        return None
    x_px, y_px, depth = screen.project(points).T
    off = np.hypot(x_px - x, y_px - y)
    front = int(np.argmin(depth))
    px_size = screen.units_per_px(points[front])
    # Of what is in front the nearest to the pixel, which itself may be empty, is what is meant.
    in_front = depth <= depth[front] + _DEEP * _RADII_PX[-1] * px_size
    meant = int(np.argmin(np.where(in_front, off, np.inf)))
    chosen = in_front
    for radius in _RADII_PX:
        deep = np.abs(depth - depth[meant]) <= _DEEP * radius * px_size
        chosen = (off <= max(radius, off[meant])) & deep
        if chosen.sum() >= _ENOUGH:
            break
    origin, direction = screen.ray(x, y)
    return surface_under(points[chosen], origin, direction, px_size)
