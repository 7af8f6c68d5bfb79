"""Millions of points at 16 bytes each: 12 for the place, 4 for the colour.

Rows are in random order, so any first part of them is a fair sample. While the view moves only as
many are drawn as a frame's time allows; standing still, the rest follows in parts into the same
picture (see `eye_dome`). What is hidden, marked or coloured is packed into the four bytes of a
point just before its part is drawn: a change costs its caller nothing, whatever the cloud's size.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from da3studio.app.viewport.budget import Pace
from da3studio.app.viewport.eye_dome import EyeDome, depth_shift
from da3studio.app.viewport.layer import Bounds
from da3studio.app.viewport.screen import Screen, physical_px
from da3studio.geometry.spacing import nearest_distances

Rgb8 = tuple[int, int, int]

_SAMPLE = 100_000  # rows that stand for all
_SPACING_ROWS = 1_000
_STRAYS = 0.5  # [%] of the sample that a framed box may leave out at each end
_CLOSING = 2.5  # distances to the nearest neighbour that a point covers: a surface has no holes
_MOST_PX = 24.0  # points near the eye grow no larger [logical px]
_LEAST_PX = 1.0  # [physical px]
_ROUND_FROM_PX = 4.0  # [physical px] smaller discs are squares anyway
_DENSER = 2.0  # a sample's points are drawn this much larger at most: fewer gaps
_MARK_SHARE = 0.7  # of the accent colour in a marked point: a trace of its own stays
_UPLOAD = 1 << 20  # rows packed at a time
_REACH_PX = 6  # a pointer this close to a point points at it [logical px]
_HIDDEN = np.float32(-1)

_VERTEX = """
#version 120
uniform mat4 u_clip;
uniform vec4 u_depth;       // stored depth = dot(u_depth, (xyz, 1))
uniform float u_focus;      // stored depth at which a point has u_px, 0 = at any
uniform float u_px;
uniform vec2 u_px_range;
attribute vec3 a_xyz;
attribute float a_rgb;      // red * 65536 + green * 256 + blue, negative = hidden
varying vec4 v_point;
void main() {
    float depth = dot(u_depth, vec4(a_xyz, 1.0));
    float blue = mod(a_rgb, 256.0);
    float rest = (a_rgb - blue) / 256.0;
    float green = mod(rest, 256.0);
    v_point = vec4(vec3((rest - green) / 256.0, green, blue) / 255.0, depth);
    gl_Position = a_rgb < 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : u_clip * vec4(a_xyz, 1.0);
    float px = u_focus > 0.0 ? u_px * u_focus / max(depth, 1e-30) : u_px;
    gl_PointSize = clamp(px, u_px_range.x, u_px_range.y);
}
"""
_SQUARE = """
#version 120
varying vec4 v_point;
void main() { gl_FragColor = v_point; }
"""
_ROUND = """
#version 120
varying vec4 v_point;
void main() {
    vec2 aside = gl_PointCoord - 0.5;
    if (dot(aside, aside) > 0.25) discard;
    gl_FragColor = v_point;
}
"""


class CloudLayer:
    """Draws one cloud. Arrays that are handed over are kept, not copied: do not change them."""

    def __init__(self, pace: Pace) -> None:
        self.visible = True
        self.unfinished = False
        self._pace = pace
        self._xyz = np.zeros((0, 3), np.float32)
        self._rgb = np.zeros((0, 3), np.uint8)
        self._keep: NDArray[np.bool_] | None = None
        self._marked: NDArray[np.bool_] | None = None
        self._accent: Rgb8 = (255, 140, 0)
        self._measure: NDArray[Any] | None = None
        self._floor = -math.inf
        self._origin = np.zeros(3, np.float32)
        self._spacing: float | None = None
        self._bounds: Bounds | None = None
        self._core: Bounds | None = None
        self._point_px, self._by_distance, self._strength = 2.0, True, 1.0
        self._version = 0  # of everything that the picture shows, besides the view
        self._n_placed = self._n_coloured = 0  # rows that the graphics card has
        self._n_drawn = self._n_shown = 0  # rows that are in the picture, and on the screen
        self._picture: tuple[object, ...] = ()  # what the picture shows
        self._screen: Screen | None = None  # with which it was drawn
        self._ratio = 1.0
        self._boost = 1.0  # of the size of points in it
        self._dome: EyeDome | None = None
        self._programs: dict[bool, Any] = {}  # round or not
        self._buffers: tuple[Any, Any] | None = None

    def __len__(self) -> int:
        return len(self._xyz)

    @property
    def n_drawn(self) -> int:
        """Points in the picture as it is now."""
        return self._n_drawn

    # What is shown

    def set_points(self, xyz: NDArray[np.float32], rgb: NDArray[np.uint8]) -> None:
        """Another cloud; masks and measure of the last one are forgotten.

        Args:
            xyz: `(N, 3)` [world units], rows in random order.
            rgb: `(N, 3)` sRGB.
        """
        self._xyz, self._rgb = xyz, rgb
        self._keep = self._marked = self._measure = None
        self._bounds = self._core = self._spacing = None
        if len(xyz):
            self._origin = np.median(xyz[:_SAMPLE], axis=0).astype(np.float32)
            self._bounds = xyz.min(axis=0).astype(np.float64), xyz.max(axis=0).astype(np.float64)
        self._n_placed = 0
        self._release_buffers()
        self._recolour()

    def set_colours(self, rgb: NDArray[np.uint8]) -> None:
        """`(N, 3)` sRGB of the same points."""
        self._check(rgb)
        self._rgb = rgb
        self._recolour()

    def set_keep(self, keep: NDArray[np.bool_] | None) -> None:
        """`(N,)` points to draw; `None` for all."""
        self._check(keep)
        self._keep, self._core = keep, None
        self._recolour()

    def set_marked(self, marked: NDArray[np.bool_] | None, colour: Rgb8) -> None:
        """`(N,)` points to show in an accent colour; `None` for none."""
        self._check(marked)
        self._marked, self._accent = marked, colour
        self._recolour()

    def set_measure(self, measure: NDArray[Any] | None) -> None:
        """`(N,)` of whatever `set_floor` is about."""
        self._check(measure)
        self._measure = measure
        self._recolour()

    def set_floor(self, floor: float) -> None:
        """Draw only points whose measure is at least this: follows a slider at any size."""
        self._floor = floor
        self._recolour()

    def set_style(self, point_px: float, by_distance: bool, eye_dome: bool) -> None:
        """How points look.

        Args:
            point_px: size [logical px], at the pivot if it depends on the distance.
            by_distance: nearer points are larger, and large enough to close their surface.
            eye_dome: shade steps of depth.
        """
        self._point_px, self._by_distance = point_px, by_distance
        self._strength = float(eye_dome)
        self._version += 1

    def bytes_on_card(self) -> int:
        """What the points take there, without the picture."""
        return sum(int(buffer.nbytes) for buffer in self._buffers or ())

    def bounds(self) -> Bounds | None:
        return self._bounds

    def core(self) -> Bounds | None:
        if self._core is None and len(self):
            xyz = self._xyz[:_SAMPLE]
            shown = ~self._hidden(0, len(xyz))
            sample = xyz[shown] if shown.any() else xyz
            low, high = np.percentile(sample, [_STRAYS, 100 - _STRAYS], axis=0)
            self._core = low, high
        return self._core

    def _check(self, rows: NDArray[Any] | None) -> None:
        if rows is not None and len(rows) != len(self):
            raise ValueError(f"{len(rows)} rows for {len(self)} points")

    def _recolour(self) -> None:
        self._n_coloured = 0
        self._version += 1

    # Drawing

    def draw(self, screen: Screen, ratio: float) -> None:
        n = len(self)
        self.unfinished = False
        if n == 0:
            return
        dome = self._dome = self._dome or EyeDome()
        size = physical_px(screen.width, ratio), physical_px(screen.height, ratio)
        view = (self._version, ratio, screen.matrix().tobytes(), screen.near, screen.far)
        is_new = dome.open(size) or view != self._picture
        is_rough = self._boost != 1 and not self._pace.moving
        if is_new or is_rough:
            self._picture, self._n_drawn, self._screen = view, 0, screen
            self._ratio = ratio
        until = self._until(n, is_new)
        if until > self._n_drawn:
            if self._n_drawn == 0:
                self._boost = self._boost_for(until, n)
            self._draw_points(dome, screen, ratio, until)
        dome.show(screen, ratio, self._strength)
        self._n_shown = self._n_drawn
        self.unfinished = self._n_drawn < n

    def refine(self) -> bool:
        """Another part of the picture, see `layer.Refining`: shown when its points doubled."""
        if self._dome is None or self._screen is None or self._picture[:1] != (self._version,):
            return True
        until = min(len(self), self._n_drawn + self._pace.n_part)
        self._draw_points(self._dome, self._screen, self._ratio, until)
        self.unfinished = until < len(self)
        return not self.unfinished or until >= 2 * self._n_shown

    def _until(self, n: int, is_new: bool) -> int:
        """Up to which row the picture is drawn in this frame."""
        if self._pace.complete:
            return n
        if self._n_drawn:
            return self._n_drawn
        # At once something. After a movement there is something, and more than that is wanted.
        return min(n, self._pace.n_moving if is_new else self._pace.n_part)

    def _boost_for(self, until: int, n: int) -> float:
        return min(math.sqrt(n / until), _DENSER) if self._pace.moving else 1.0

    def _draw_points(self, dome: EyeDome, screen: Screen, ratio: float, until: int) -> None:
        """Rows up to this one into the picture, which is cleared for the first one."""
        self.prepare(until)
        program = self._program(screen, ratio)
        gl_context = gloo.get_current_canvas().context
        with dome.frame:
            gloo.set_viewport(0, 0, *dome.size)
            gloo.set_state(depth_test=True, blend=False, cull_face=False)
            gloo.set_depth_mask(True)
            if self._n_drawn == 0:
                dome.clear()
            gl_context.finish()  # the clock starts when everything else is done
            started = time.perf_counter()
            gl_context.glir.associate(program.glir)
            # gloo itself can only draw whole buffers.
            first, count = self._n_drawn, until - self._n_drawn
            gl_context.glir.command("DRAW", program.id, "points", (first, count), 1)
            gl_context.finish()
            self._pace.drew(count, time.perf_counter() - started)
        self._n_drawn = until

    def _program(self, screen: Screen, ratio: float) -> Any:
        px = self._point_px
        if self._by_distance:
            if self._spacing is None:
                self._spacing = typical_spacing(self._xyz)
            px_per_unit = screen.fx if screen.ortho else screen.fx / screen.focus
            px = min(max(px, _CLOSING * self._spacing * px_per_unit), _MOST_PX)
        px *= ratio * self._boost
        is_round = px >= _ROUND_FROM_PX
        if is_round not in self._programs:
            program = gloo.Program(_VERTEX, _ROUND if is_round else _SQUARE)
            self._programs[is_round] = program
        program = self._programs[is_round]
        if self._buffers is not None:
            program["a_xyz"], program["a_rgb"] = self._buffers
        shift = depth_shift(screen)
        row = screen.cam_from_world.rotation[2]
        depth = float(screen.cam_from_world.apply(self._origin)[2]) + shift
        program["u_clip"] = screen.clip_from_world(self._origin).T
        program["u_depth"] = (*row.tolist(), depth)
        program["u_focus"] = screen.focus if self._by_distance and not screen.ortho else 0.0
        program["u_px"] = px
        program["u_px_range"] = (_LEAST_PX, max(_MOST_PX * ratio, px))
        return program

    def prepare(self, until: int) -> None:
        """Bring rows up to this one onto the graphics card, as far as they are not there."""
        n, until = len(self), min(until, len(self))
        if self._buffers is None:
            places = gloo.VertexBuffer(np.zeros((1, 3), np.float32))
            colours = gloo.VertexBuffer(np.zeros(1, np.float32))
            places.resize_bytes(12 * n)
            colours.resize_bytes(4 * n)
            self._buffers = places, colours
        places, colours = self._buffers
        while self._n_placed < until:
            start, stop = self._n_placed, min(self._n_placed + _UPLOAD, until)
            places.set_subdata(self._xyz[start:stop] - self._origin, start)
            self._n_placed = stop
        while self._n_coloured < until:
            start, stop = self._n_coloured, min(self._n_coloured + _UPLOAD, until)
            colours.set_subdata(self._packed(start, stop), start)
            self._n_coloured = stop

    def _hidden(self, start: int, stop: int) -> NDArray[np.bool_]:
        hidden = np.zeros(stop - start, np.bool_)
        if self._keep is not None:
            np.logical_not(self._keep[start:stop], out=hidden)
        if self._measure is not None and self._floor > -math.inf:
            hidden |= self._measure[start:stop] < self._floor
        return hidden

    def _packed(self, start: int, stop: int) -> NDArray[np.float32]:
        """Colours of these rows as the shader wants them: 24 bits fit a float exactly."""
        packed = packed_colours(self._rgb[start:stop])
        if self._marked is not None:
            rows = np.flatnonzero(self._marked[start:stop])
            own = self._rgb[start:stop][rows].astype(np.float32)
            mixed = own * (1 - _MARK_SHARE) + np.float32(_MARK_SHARE) * np.array(self._accent)
            packed[rows] = packed_colours(mixed.astype(np.uint8))
        packed[self._hidden(start, stop)] = _HIDDEN
        return packed

    # Pointing

    def depth_under(self, screen: Screen, x: float, y: float) -> float | None:
        """Depth of the front-most point drawn within a few pixels, see `layer.Solid`."""
        if self._dome is None or self._dome.frame is None or not len(self):
            return None
        ratio = self._dome.size[0] / screen.width
        reach = max(round(_REACH_PX * ratio), 1)
        stored = self._dome.depths_around(int(x * ratio), int(y * ratio), reach)
        stored = stored[stored > 0]
        if not stored.size or self._screen is None:
            return None
        # The view may be newer than the picture, as several events come between two frames.
        point = self._screen.at_depth(x, y, float(stored.min()) - depth_shift(self._screen))
        return float(screen.cam_from_world.apply(point)[2])

    def dispose(self) -> None:
        self._release_buffers()
        for program in self._programs.values():
            program.delete()
        self._programs = {}
        if self._dome is not None:
            self._dome.dispose()
            self._dome = None

    def _release_buffers(self) -> None:
        for buffer in self._buffers or ():
            buffer.delete()
        self._buffers = None


def typical_spacing(xyz: NDArray[np.float32]) -> float:
    """Median distance of points `(N, 3)` to their nearest neighbour [world units], from a sample.

    A sample of a surface is wider apart than the surface's points by the root of its share.
    """
    sample = xyz[:: -(-len(xyz) // _SPACING_ROWS)]
    if len(sample) < 2:
        return 0.0
    return float(np.median(nearest_distances(sample))) * math.sqrt(len(sample) / len(xyz))


def packed_colours(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`(N, 3)` 8-bit colours → `(N,)` floats `red * 65536 + green * 256 + blue`."""
    packed = rgb[:, 0].astype(np.float32)
    packed *= 256
    packed += rgb[:, 1]
    packed *= 256
    packed += rgb[:, 2]
    return packed
