"""What the canvas asks of the things it draws."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from da3studio.app.viewport.screen import Screen

Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]
"""`(3,)` lowest and `(3,)` highest corner of a box along the world's axes."""


class Layer(Protocol):
    """One kind of thing in the viewport, drawn with its own OpenGL program."""

    visible: bool

    def draw(self, screen: Screen, ratio: float) -> None:
        """Draw it all. The OpenGL context is current, its depth test is on, its blending off.

        A layer may change these states as it likes; the canvas sets them again for the next one.

        Args:
            screen: the view, with the depths of the moment.
            ratio: physical pixels per logical one; `gl_PointSize` and line widths are physical.
        """

    def bounds(self) -> Bounds | None:
        """The box around what is shown, `None` without anything that the view must enclose."""

    def dispose(self) -> None:
        """Let go of what is on the graphics card. The layer is not drawn again."""


@runtime_checkable
class Refining(Protocol):
    """A layer that draws a rough picture first and completes it while the view stands still."""

    unfinished: bool  # `refine` is wanted

    def refine(self) -> bool:
        """Draw another part of the last picture, unseen; True if it is worth showing by now.

        The OpenGL context is current. The next `draw` shows all parts.
        """


@runtime_checkable
class Solid(Protocol):
    """A layer with surfaces that can be pointed at."""

    def depth_under(self, screen: Screen, x: float, y: float) -> float | None:
        """Depth [world units] of what is seen at a pixel; `None` where nothing is."""


@runtime_checkable
class Framed(Protocol):
    """A layer that may have strays: framing everything must not make the subject a speck."""

    def core(self) -> Bounds | None:
        """The box around nearly all of what is shown."""
