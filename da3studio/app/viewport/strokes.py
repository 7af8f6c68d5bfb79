"""Lines of a width in pixels, anti-aliased, on every driver.

`glLineWidth` stops at one pixel on some drivers and multi-sampling is not there on software ones;
so each segment is a quad that the vertex shader widens on the screen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy import gloo

from da3studio.app.viewport.screen import Screen

_VERTEX = """
uniform mat4 u_clip;
uniform vec2 u_viewport;  // [physical px]
uniform float u_width;    // [physical px]
uniform float u_reach;
uniform vec4 u_eye;       // its place, and how near a base is seen through; 0 = never
attribute vec3 a_base;
attribute vec3 a_from;
attribute vec3 a_to;
attribute vec2 a_corner;  // 0 or 1 along the segment, -1 or 1 across
attribute vec4 a_colour;
varying vec4 v_colour;
varying vec2 v_side;

void main() {
    vec4 p = u_clip * vec4(a_base + u_reach * a_from, 1.0);
    vec4 q = u_clip * vec4(a_base + u_reach * a_to, 1.0);
    float p_near = p.z + p.w, q_near = q.z + q.w;  // > 0 in front of the near plane
    if (p_near <= 0.0 && q_near <= 0.0) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
        v_side = vec2(0.0, 1.0);
        v_colour = vec4(0.0);
        return;
    }
    if (p_near < 0.0) p = mix(p, q, p_near / (p_near - q_near));
    if (q_near < 0.0) q = mix(q, p, q_near / (q_near - p_near));
    vec2 along = (q.xy / q.w - p.xy / p.w) * u_viewport;
    float n = length(along);
    along = n > 1e-6 ? along / n : vec2(1.0, 0.0);
    float reach = 0.5 * u_width + 1.0;  // a pixel more, for the soft edge
    vec4 at = mix(p, q, a_corner.x);
    vec2 shift = a_corner.y * reach * vec2(-along.y, along.x)
        + (2.0 * a_corner.x - 1.0) * 0.5 * u_width * along;
    at.xy += 2.0 * shift / u_viewport * at.w;
    gl_Position = at;
    v_side = vec2(a_corner.y * reach * at.w, at.w);  // their ratio is linear on the screen
    v_colour = a_colour;
    if (u_eye.w > 0.0) v_colour.a *= smoothstep(0.5, 1.2, distance(a_base, u_eye.xyz) / u_eye.w);
}
"""
_FRAGMENT = """
uniform float u_width;
uniform float u_alpha;
varying vec4 v_colour;
varying vec2 v_side;

void main() {
    float cover = clamp(0.5 * u_width + 0.5 - abs(v_side.x / v_side.y), 0.0, 1.0);
    float alpha = cover * u_alpha * v_colour.a;
    if (alpha < 0.01) discard;
    gl_FragColor = vec4(v_colour.rgb, alpha);
}
"""
_CORNERS = np.array([(0, -1), (0, 1), (1, -1), (1, 1)], np.float32)
_TRIANGLES = np.array([0, 1, 2, 2, 1, 3], np.uint32)
_PLACES = np.dtype(
    [
        ("a_base", np.float32, 3),
        ("a_from", np.float32, 3),
        ("a_to", np.float32, 3),
        ("a_corner", np.float32, 2),
    ]
)


def gl_matrix(screen: Screen) -> NDArray[np.float32]:
    """The screen's matrix the way gloo hands a `mat4` to a shader that multiplies it on the left.

    OpenGL reads a matrix column by column, numpy stores it row by row.
    """
    return np.ascontiguousarray(screen.clip_from_world().T, np.float32)


def rgba(colour: tuple[float, float, float], alpha: float = 1.0) -> NDArray[np.float32]:
    """`(4,)` colour for a shader; `colour` in 0...1."""
    return np.array([*colour, alpha], np.float32)


def eye_place(screen: Screen, within: float) -> tuple[float, float, float, float]:
    """Where the eye is, for shaders that clear what is near it; a parallel view has no eye."""
    x, y, z = screen.centre
    return float(x), float(y), float(z), 0.0 if screen.ortho else within


class Strokes:
    """`S` segments; each runs from `base + reach * start` to `base + reach * end`."""

    def __init__(self) -> None:
        self._program: Any = gloo.Program(_VERTEX, _FRAGMENT)
        self._places: Any = gloo.VertexBuffer()
        self._colours: Any = gloo.VertexBuffer()
        self._index: Any = gloo.IndexBuffer()
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def set(
        self, base: ArrayLike, start: ArrayLike, end: ArrayLike, colour: NDArray[np.float32]
    ) -> None:
        """Show other segments.

        Args:
            base: `(S, 3)` or `(3,)`.
            start: `(S, 3)`.
            end: `(S, 3)`.
            colour: `(S, 4)` or `(4,)` in 0...1.
        """
        start = np.asarray(start, np.float32).reshape(-1, 3)
        self._n = len(start)
        if not self._n:
            return
        places = np.zeros((self._n, 4), _PLACES)
        places["a_base"] = np.broadcast_to(np.asarray(base, np.float32), start.shape)[:, None]
        places["a_from"] = start[:, None]
        places["a_to"] = np.asarray(end, np.float32).reshape(-1, 3)[:, None]
        places["a_corner"] = _CORNERS
        self._places.set_data(places.ravel())
        first = 4 * np.arange(self._n, dtype=np.uint32)[:, None]
        self._index.set_data((first + _TRIANGLES).ravel())
        self.recolour(colour)
        self._program.bind(self._places)
        self._program["a_colour"] = self._colours

    def recolour(self, colour: NDArray[np.float32]) -> None:
        """`colour`: `(S, 4)` or `(4,)` in 0...1."""
        if self._n:
            each = np.broadcast_to(np.asarray(colour, np.float32), (self._n, 4))
            self._colours.set_data(np.repeat(each, 4, axis=0))

    def draw(
        self,
        screen: Screen,
        ratio: float,
        *,
        width_px: float,
        reach: float = 1.0,
        alpha: float = 1.0,
        clear_within: float = 0.0,
    ) -> None:
        """Draw over what is there; blending on, depth tested by the state the caller set.

        Args:
            screen: how the world falls onto the viewport.
            ratio: physical per logical pixel.
            width_px: of the line [logical px].
            reach: what the segments' ends are multiplied with before the base is added.
            alpha: of the whole.
            clear_within: what has its base so near to the eye fades away [world units].
        """
        if not self._n:
            return
        self._program["u_clip"] = gl_matrix(screen)
        self._program["u_viewport"] = (screen.width * ratio, screen.height * ratio)
        self._program["u_width"] = width_px * ratio
        self._program["u_reach"] = reach
        self._program["u_alpha"] = alpha
        self._program["u_eye"] = eye_place(screen, clear_within)
        self._program.draw("triangles", self._index)

    def dispose(self) -> None:
        for one in (self._program, self._places, self._colours, self._index):
            one.delete()
