"""Lines in space, such as those of measurements; dimmed where something is in front of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from da3studio.app.viewport.layer import Bounds
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.strokes import Strokes, rgba

Rgb = tuple[float, float, float]  # in 0...1

_WIDTH_PX = 2.5
_DOT_PX = 8.0  # a segment of no length is a square dot of this size
_BEHIND = 0.28  # opacity of what is hidden by the model


@dataclass(frozen=True, eq=False)
class Path:
    """A line through points, with a dot at each of them."""

    points: NDArray[np.float64]  # (M, 3) [world units]
    closed: bool = False
    colour: Rgb | None = None  # None = the layer's own
    dots: bool = True

    def segments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`(S, 3)` starts and `(S, 3)` ends."""
        if self.closed and len(self.points) > 2:
            return self.points, np.roll(self.points, -1, axis=0)
        return self.points[:-1], self.points[1:]


class LinesLayer:
    """Draws paths over the model: whole where they are free, faint where they are behind it."""

    def __init__(self) -> None:
        self.visible = True
        self.colour: Rgb = (1.0, 0.75, 0.2)
        self._paths: tuple[Path, ...] = ()
        self._lines, self._dots = Strokes(), Strokes()

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Show these instead."""
        self._paths = tuple(paths)
        starts, ends, colours, dots, dot_colours = [], [], [], [], []
        for path in self._paths:
            start, end = path.segments()
            colour = rgba(self.colour if path.colour is None else path.colour)
            starts.append(start)
            ends.append(end)
            colours.append(np.tile(colour, (len(start), 1)))
            if path.dots:
                dots.append(path.points)
                dot_colours.append(np.tile(colour, (len(path.points), 1)))
        self._lines.set(np.zeros(3), _joined(starts), _joined(ends), _joined(colours, 4))
        self._dots.set(np.zeros(3), _joined(dots), _joined(dots), _joined(dot_colours, 4))

    def draw(self, screen: Screen, ratio: float) -> None:
        if not self._paths:
            return
        gloo.set_state(depth_test=True, blend=True, cull_face=False, depth_mask=False)
        gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
        for compare, alpha in (("greater", _BEHIND), ("lequal", 1.0)):
            gloo.set_depth_func(compare)
            self._lines.draw(screen, ratio, width_px=_WIDTH_PX, alpha=alpha)
            self._dots.draw(screen, ratio, width_px=_DOT_PX, alpha=alpha)
        gloo.set_depth_func("less")
        gloo.set_depth_mask(True)

    def bounds(self) -> Bounds | None:
        if not self._paths:
            return None
        points = np.concatenate([path.points for path in self._paths])
        return points.min(axis=0), points.max(axis=0)

    def dispose(self) -> None:
        self._lines.dispose()
        self._dots.dispose()


def _joined(parts: Sequence[NDArray[Any]], width: int = 3) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = np.zeros((0, width), np.float32)
    return np.concatenate(parts).astype(np.float32) if parts else rows
