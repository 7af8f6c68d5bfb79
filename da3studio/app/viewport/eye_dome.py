"""Points drawn into a picture of their own, then shaded by the steps between their depths.

Eye-dome lighting: a pixel is darker the more its neighbours are in front of it, so that bare points
without normals show their shape. Source: Boucheny, "Visualisation scientifique de grands volumes
de données", 2009. One pass over the points suffices: the picture is RGBA in 32-bit floats, whose
alpha is the depth; a pass over the pixels then shades them and writes their depth for what is drawn
afterwards. The picture can grow over several frames and is kept while nothing changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from da3studio.app.viewport.backdrop import CORNERS
from da3studio.app.viewport.screen import Screen

_DEPTH24 = 0x81A6  # GL_DEPTH_COMPONENT24

_VERTEX = """
#version 120
attribute vec2 a_corner;
varying vec2 v_place;
void main() {
    v_place = a_corner * 0.5 + 0.5;
    gl_Position = vec4(a_corner, 0.0, 1.0);
}
"""
_FRAGMENT = """
#version 120
uniform sampler2D u_points;
uniform vec2 u_step;       // to a neighbour, in parts of the picture
uniform float u_strength;  // 0 = plain colours
uniform float u_shift;     // stored depth minus real one
uniform vec3 u_depth;      // clip z = x * depth + y; clip w = depth if z is 1, else 1
varying vec2 v_place;

float behind(float own, vec2 to) {
    float other = texture2D(u_points, v_place + to * u_step).a;
    return other > 0.0 ? max(0.0, own - log2(other)) : 0.0;
}

void main() {
    vec4 point = texture2D(u_points, v_place);
    if (point.a <= 0.0) discard;
    float shade = 1.0;
    if (u_strength > 0.0) {
        float own = log2(point.a);
        float sum = behind(own, vec2(1.0, 0.0)) + behind(own, vec2(-1.0, 0.0))
                  + behind(own, vec2(0.0, 1.0)) + behind(own, vec2(0.0, -1.0))
                  + behind(own, vec2(0.7, 0.7)) + behind(own, vec2(-0.7, 0.7))
                  + behind(own, vec2(0.7, -0.7)) + behind(own, vec2(-0.7, -0.7));
        shade = exp(-u_strength * sum / 8.0);
    }
    float depth = point.a - u_shift;
    float z = (u_depth.x * depth + u_depth.y) / mix(1.0, depth, u_depth.z);
    gl_FragDepth = clamp(z * 0.5 + 0.5, 0.0, 1.0);
    gl_FragColor = vec4(point.rgb * shade, 1.0);
}
"""
_STRENGTH = 60.0  # a step of 1 % of the depth on one side darkens by a tenth


class EyeDome:
    """The picture of the points, and how it comes onto the screen."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._frame: Any = None
        self._program = gloo.Program(_VERTEX, _FRAGMENT)
        self._program["a_corner"] = gloo.VertexBuffer(CORNERS)

    def open(self, size_px: tuple[int, int]) -> bool:
        """Make the picture this large (width, height); True if it is a new, empty one."""
        if size_px == self._size:
            return False
        self._release()
        width, height = size_px
        colour = gloo.Texture2D(
            shape=(height, width, 4), format="rgba", internalformat="rgba32f",
            interpolation="nearest", wrapping="clamp_to_edge",
        )  # fmt: skip
        self._frame = gloo.FrameBuffer(colour, gloo.RenderBuffer((height, width), _DEPTH24))
        self._program["u_points"] = colour
        self._size = size_px
        return True

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture [physical px]."""
        return self._size

    @property
    def frame(self) -> Any:
        """The gloo.FrameBuffer to draw points into: colour and `stored depth` as alpha."""
        return self._frame

    def clear(self) -> None:
        """No points; to be called while `frame` is active."""
        gloo.set_clear_color((0, 0, 0, 0))
        gloo.clear(color=True, depth=True)

    def show(self, screen: Screen, ratio: float, strength: float) -> None:
        """Draw the picture, with depths, over what is on the screen.

        Args:
            screen: with which the points were drawn.
            ratio: physical pixels per logical one.
            strength: of the shading, 1 is usual, 0 none.
        """
        width, height = self._size
        step = max(1.0, round(ratio))
        span = screen.far - screen.near
        if screen.ortho:
            depth = (2 / span, -(screen.far + screen.near) / span, 0.0)
        else:
            depth = ((screen.far + screen.near) / span, -2 * screen.far * screen.near / span, 1.0)
        self._program["u_step"] = (step / width, step / height)
        self._program["u_strength"] = strength * _STRENGTH
        self._program["u_shift"] = depth_shift(screen)
        self._program["u_depth"] = depth
        gloo.set_state(depth_test=True, blend=False, cull_face=False)
        self._program.draw("triangle_strip")

    def depths_around(self, x_px: int, y_px: int, reach_px: int) -> NDArray[np.float32]:
        """Stored depths of a square about a physical pixel, rows downwards; 0 = no point.

        Returns:
            `(n, m)`, at most `2 * reach_px + 1` each way, less at the edge; empty outside.
        """
        width, height = self._size
        left, right = max(x_px - reach_px, 0), min(x_px + reach_px + 1, width)
        top, bottom = max(y_px - reach_px, 0), min(y_px + reach_px + 1, height)
        if right <= left or bottom <= top:
            return np.zeros((0, 0), np.float32)
        with self._frame:
            area = (left, height - bottom, right - left, bottom - top)
            pixels: NDArray[np.float32] = gloo.read_pixels(area, out_type="float")[..., 3]
        return pixels

    def dispose(self) -> None:
        self._release()
        self._program.delete()

    def _release(self) -> None:
        if self._frame is not None:
            for part in (self._frame, self._frame.color_buffer, self._frame.depth_buffer):
                part.delete()
        self._frame, self._size = None, (0, 0)


def depth_shift(screen: Screen) -> float:
    """What is added to a depth before it is stored, so that it is positive: 0 in perspective.

    A parallel view has negative depths, too; shifted by one focus they have about the steps that
    they would have in perspective, so that the shading looks alike.
    """
    return screen.focus - screen.near if screen.ortho else 0.0
