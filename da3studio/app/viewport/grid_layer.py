"""The floor as a grid whose spacing follows the distance, with the axes at the origin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy import gloo

from da3studio.app.viewport.layer import Bounds
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.strokes import Strokes, gl_matrix, rgba

Rgb = tuple[float, float, float]  # in 0...1

_CELL_PX = 48.0  # a cell at the pivot is at least that wide
_REACH = 2.8  # distances to the pivot at which it has faded out: the canvas draws up to 4
_AXIS_PX = 110.0  # the axes at the pivot's distance are about that long
_TALLER = {1: 10, 2: 5, 5: 10}  # first digit of the spacing → every how many-th line is stronger

_VERTEX = """
uniform mat4 u_clip;
uniform vec3 u_origin;
uniform vec3 u_right;
uniform vec3 u_front;
attribute vec2 a_place;  // along right and front [world units]
varying vec2 v_place;

void main() {
    gl_Position = u_clip * vec4(u_origin + a_place.x * u_right + a_place.y * u_front, 1.0);
    v_place = a_place;
}
"""
_FRAGMENT = """
uniform float u_step;
uniform float u_taller;
uniform vec2 u_middle;
uniform float u_reach;
uniform float u_thick;  // [physical px]
uniform vec3 u_colour;
uniform vec3 u_red;
uniform vec3 u_blue;
varying vec2 v_place;

// cover of the lines across each of the two directions, gone where they would run together
vec2 lines(float spacing) {
    vec2 at = v_place / spacing;
    vec2 pixel = fwidth(at);
    vec2 off = abs(fract(at - 0.5) - 0.5) / max(pixel, 1e-9);
    return clamp(0.5 * u_thick + 0.5 - off, 0.0, 1.0) * (1.0 - smoothstep(0.12, 0.4, pixel));
}

void main() {
    vec2 weak = lines(u_step), strong = lines(u_step * u_taller);
    float alpha = max(0.30 * max(weak.x, weak.y), 0.60 * max(strong.x, strong.y));
    vec2 axis = clamp(0.75 * u_thick + 0.5 - abs(v_place) / max(fwidth(v_place), 1e-9), 0.0, 1.0);
    vec3 colour = mix(mix(u_colour, u_blue, axis.x), u_red, axis.y);
    alpha = max(alpha, 0.7 * max(axis.x, axis.y));
    alpha *= 1.0 - smoothstep(0.35, 1.0, length(v_place - u_middle) / u_reach);
    if (alpha < 0.004) discard;
    gl_FragColor = vec4(colour, alpha);
}
"""


class GridLayer:
    """Draws the floor through `origin`; the axes are the rows of `axes`: X, Y up, Z."""

    def __init__(self) -> None:
        self.visible = True
        self.colour: Rgb = (0.55, 0.57, 0.60)
        self.axis_colours: tuple[Rgb, Rgb, Rgb] = (
            (0.9, 0.3, 0.3),
            (0.35, 0.75, 0.3),
            (0.35, 0.55, 1),
        )
        self.per_unit = 1.0  # world units of the unit that spacings are round in
        self._origin = np.zeros(3)
        self._axes = np.diag([1.0, -1.0, -1.0])
        self._program: Any = gloo.Program(_VERTEX, _FRAGMENT)
        self._places: Any = gloo.VertexBuffer(np.zeros((4, 2), np.float32))
        self._program["a_place"] = self._places
        self._strokes = Strokes()

    @property
    def origin(self) -> NDArray[np.float64]:
        """`(3,)` where the axes stand."""
        return self._origin

    @property
    def axes(self) -> NDArray[np.float64]:
        """`(3, 3)` X, Y, Z as rows, world directions."""
        return self._axes

    def set_place(self, origin: ArrayLike, axes: ArrayLike) -> None:
        """Put the floor elsewhere.

        Args:
            origin: `(3,)` on the floor.
            axes: `(3, 3)` unit world directions X, Y (up), Z as rows.
        """
        self._origin = np.asarray(origin, np.float64)
        self._axes = np.asarray(axes, np.float64)

    def spacing(self, screen: Screen) -> float:
        """Distance between neighbouring lines in this view [world units]."""
        return self.per_unit * round_up(_CELL_PX * _units_per_px(screen) / self.per_unit)

    def axis_ends(self, screen: Screen) -> NDArray[np.float64]:
        """`(3, 3)` world points at the tips of X, Y and Z: where their letters stand."""
        return self._origin + _AXIS_PX * _units_per_px(screen) * self._axes

    def draw(self, screen: Screen, ratio: float) -> None:
        step = self.spacing(screen)
        middle = (_pivot(screen) - self._origin) @ self._axes[[0, 2]].T
        reach = _REACH * screen.focus
        square = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)])
        self._places.set_data((middle + reach * square).astype(np.float32))
        gloo.set_state(depth_test=True, blend=True, cull_face=False, depth_mask=False)
        gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
        program = self._program
        program["u_clip"] = gl_matrix(screen)
        program["u_origin"], program["u_right"] = self._origin, self._axes[0]
        program["u_front"] = self._axes[2]
        program["u_step"], program["u_taller"] = step, taller(step / self.per_unit)
        program["u_middle"], program["u_reach"] = middle, reach
        program["u_thick"] = ratio
        program["u_colour"] = self.colour
        program["u_red"], _, program["u_blue"] = self.axis_colours
        program.draw("triangle_strip")
        self._draw_axes(screen, ratio)
        gloo.set_depth_mask(True)

    def bounds(self) -> Bounds | None:
        return None

    def dispose(self) -> None:
        self._strokes.dispose()
        self._places.delete()
        self._program.delete()

    def _draw_axes(self, screen: Screen, ratio: float) -> None:
        colours = np.stack([rgba(colour) for colour in self.axis_colours])
        self._strokes.set(self._origin, np.zeros((3, 3)), self._axes, colours)
        length = _AXIS_PX * _units_per_px(screen)
        self._strokes.draw(screen, ratio, width_px=2.5, reach=length)


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... and their tenths that is not below `value` > 0."""
    power = 10.0 ** math.floor(math.log10(value))
    digit = next(digit for digit in (1, 2, 5, 10) if digit * power >= value * (1 - 1e-9))
    return digit * power


def taller(step: float) -> float:
    """After how many cells of a round size a stronger line makes sense: at tens."""
    digit = round(step / 10.0 ** math.floor(math.log10(step) + 1e-9))
    return float(_TALLER.get(digit, 10))


def _units_per_px(screen: Screen) -> float:
    return 1 / screen.fx if screen.ortho else screen.focus / screen.fx


def _pivot(screen: Screen) -> NDArray[np.float64]:
    """`(3,)` world point in the middle of the view at the depth that is looked at."""
    return screen.at_depth(screen.width / 2, screen.height / 2, screen.focus)
