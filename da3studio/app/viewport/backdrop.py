"""The gradient behind everything."""

from __future__ import annotations

import numpy as np
from vispy import gloo

Rgb = tuple[float, float, float]

CORNERS = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)
"""Of the whole viewport in clip coordinates, as a triangle strip."""

_VERTEX = """
#version 120
attribute vec2 a_corner;
varying float v_height;
void main() {
    v_height = a_corner.y * 0.5 + 0.5;
    gl_Position = vec4(a_corner, 1.0, 1.0);
}
"""
# Adjacent steps of 8 bits are wide bands on a dark gradient: half a step of noise hides them.
# Interleaved gradient noise, Jimenez 2014: no sine, which software renderers are slow at.
_FRAGMENT = """
#version 120
uniform vec3 u_top;
uniform vec3 u_bottom;
varying float v_height;
void main() {
    float noise = fract(52.98 * fract(dot(gl_FragCoord.xy, vec2(0.0671, 0.00584)))) - 0.5;
    gl_FragColor = vec4(mix(u_bottom, u_top, v_height) + noise / 255.0, 1.0);
}
"""


class Backdrop:
    """Two colours, top and bottom."""

    def __init__(self, top: Rgb, bottom: Rgb) -> None:
        self._program = gloo.Program(_VERTEX, _FRAGMENT)
        self._program["a_corner"] = gloo.VertexBuffer(CORNERS)
        self.set(top, bottom)

    def set(self, top: Rgb, bottom: Rgb) -> None:
        """Other colours, sRGB from 0 to 1."""
        self._program["u_top"], self._program["u_bottom"] = top, bottom

    def draw(self) -> None:
        gloo.set_state(depth_test=False, blend=False, cull_face=False)
        gloo.set_depth_mask(False)
        self._program.draw("triangle_strip")
        gloo.set_depth_mask(True)

    def dispose(self) -> None:
        self._program.delete()
