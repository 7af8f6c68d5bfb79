"""All cameras of a project as pyramids with their photos, drawn in two calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from da3studio.app.viewport.atlas import Atlas, fitted
from da3studio.app.viewport.layer import Bounds
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.strokes import Strokes, eye_place, gl_matrix, rgba
from da3studio.geometry.camera import Camera
from da3studio.geometry.spacing import nearest_distances
from da3studio.scene.view import ViewId

Rgb = tuple[float, float, float]  # in 0...1

_DEPTH = 0.45  # of the typical distance between cameras: neighbours just do not touch
_COMPARED = 2000  # cameras, each with each
_SMALLEST = 0.03  # of the rig's reach: the frames of a video would be specks otherwise
_HIT_PX = 9.0  # so near to the apex counts as on the camera, for pyramids of a few pixels
_LINES = ((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1), (1, 5), (5, 2))
_FACES = ((1, 2, 3), (1, 3, 4), (0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 1))

_VERTEX = """
uniform mat4 u_clip;
uniform float u_reach;
uniform vec4 u_eye;
attribute vec3 a_base;
attribute vec3 a_from;
attribute vec2 a_uv;
attribute vec2 a_look;  // has a picture, opacity
varying vec2 v_uv;
varying vec2 v_look;

void main() {
    gl_Position = u_clip * vec4(a_base + u_reach * a_from, 1.0);
    v_uv = a_uv;
    v_look = a_look;
    if (u_eye.w > 0.0) v_look.y *= smoothstep(0.5, 1.2, distance(a_base, u_eye.xyz) / u_eye.w);
}
"""
_FRAGMENT = """
uniform sampler2D u_atlas;
uniform float u_pictures;
uniform vec3 u_plain;
varying vec2 v_uv;
varying vec2 v_look;

void main() {
    float has = u_pictures * v_look.x;
    vec3 picture = texture2D(u_atlas, v_uv).rgb;
    float alpha = v_look.y * mix(0.12, 1.0, has);
    if (alpha < 0.01) discard;  // its depth must not hide what is behind
    gl_FragColor = vec4(mix(u_plain, picture, has), alpha);
}
"""
_VERTICES = np.dtype(
    [
        ("a_base", np.float32, 3),
        ("a_from", np.float32, 3),
        ("a_uv", np.float32, 2),
        ("a_look", np.float32, 2),
    ]
)


@dataclass(frozen=True)
class CameraLook:
    """What is shown of the cameras; the colours come from the theme."""

    normal: Rgb = (0.72, 0.74, 0.78)
    hovered: Rgb = (1.0, 1.0, 1.0)
    selected: Rgb = (0.30, 0.62, 1.0)
    size: float = 1.0  # 1 = about half the typical distance between neighbours
    pictures: bool = True


class FrustumLayer:
    """Shows cameras and finds the one under the pointer."""

    def __init__(self) -> None:
        self.visible = True
        self.is_framed = True  # "show everything" means the cameras, too
        self.look = CameraLook()
        self._ids: tuple[ViewId, ...] = ()
        self._base = np.zeros((0, 3))
        self._corners = np.zeros((0, 6, 3))  # apex, four corners from the top left on, tip above
        self._spacing = 1.0
        self._pictures: dict[ViewId, NDArray[np.uint8]] = {}
        self._selected: frozenset[ViewId] = frozenset()
        self._hidden: frozenset[ViewId] = frozenset()
        self._hovered: ViewId | None = None
        self._through: ViewId | None = None
        self._strokes = Strokes()
        self._chosen = Strokes()
        self._quads: NDArray[np.void] = np.zeros((0, 4), _VERTICES)
        self._program: Any = gloo.Program(_VERTEX, _FRAGMENT)
        self._buffer: Any = gloo.VertexBuffer()
        self._index: Any = gloo.IndexBuffer()
        self._atlas = Atlas(())
        self._is_stale = False

    @property
    def reach(self) -> float:
        """How far in front of its centre a camera's picture is drawn [world units]."""
        return _DEPTH * self._spacing * self.look.size

    def set_cameras(self, cameras: Mapping[ViewId, Camera]) -> None:
        """Show these instead; pictures of those that stay are kept."""
        self._ids = tuple(cameras)
        self._base = np.array([camera.centre for camera in cameras.values()]).reshape(-1, 3)
        self._corners = np.array([_pyramid(camera) for camera in cameras.values()]).reshape(
            -1, 6, 3
        )
        self._spacing = spacing_of(self._base)
        self._pictures = {key: rgb for key, rgb in self._pictures.items() if key in cameras}
        self._atlas.dispose()
        self._atlas = Atlas(self._ids)
        for view_id, rgb in self._pictures.items():
            self._atlas.put(view_id, rgb)
        self._is_stale = True

    def set_thumbnail(self, view_id: ViewId, rgb: NDArray[np.uint8]) -> None:
        """Show `(H, W, 3)` sRGB, upright, on a camera; ignored for views without one."""
        if view_id in self._ids and self._atlas.put(view_id, rgb):
            self._pictures[view_id] = fitted(rgb, self._atlas.cell)
            self._is_stale = True

    def set_states(
        self,
        *,
        selected: Iterable[ViewId] = (),
        hidden: Iterable[ViewId] = (),
        hovered: ViewId | None = None,
        through: ViewId | None = None,
    ) -> None:
        """Which cameras look special; the one looked through is not drawn at all."""
        states = frozenset(selected), frozenset(hidden), hovered, through
        if states != (self._selected, self._hidden, self._hovered, self._through):
            self._selected, self._hidden, self._hovered, self._through = states
            self._is_stale = True

    def set_look(self, **changes: Any) -> None:
        """Change fields of `look`; the size and whether there are pictures cost nothing."""
        before, self.look = self.look, replace(self.look, **changes)
        same = replace(before, size=self.look.size, pictures=self.look.pictures)
        self._is_stale |= same != self.look

    def has_picture(self, view_id: ViewId) -> bool:
        return view_id in self._pictures

    def hit(self, screen: Screen, x: float, y: float) -> ViewId | None:
        """The camera whose pyramid is seen at a pixel, the nearest one first."""
        if not len(self._ids) or not self.visible:
            return None
        world = self._base[:, None] + self.reach * self._corners[:, :5]
        seen = screen.project(world.reshape(-1, 3)).reshape(-1, 5, 3)
        pointer = np.array([x, y])
        on: NDArray[np.bool_] = np.zeros(len(seen), np.bool_)
        with np.errstate(invalid="ignore"):
            for face in _FACES:
                on |= _inside(seen[:, face, :2], pointer)
            on |= ((seen[:, 0, :2] - pointer) ** 2).sum(axis=1) <= _HIT_PX**2
        on &= (seen[..., 2] > screen.near).all(axis=1)
        on &= np.array([view_id != self._through for view_id in self._ids])
        if not screen.ortho:  # those have faded away
            on &= np.linalg.norm(self._base - screen.centre, axis=1) > 0.8 * self.reach
        if not on.any():
            return None
        depth = np.where(on, seen[..., 2].min(axis=1), np.inf)
        return self._ids[int(depth.argmin())]

    def draw(self, screen: Screen, ratio: float) -> None:
        if not self._ids:
            return
        if self._is_stale:
            self._rebuild()
        gloo.set_state(depth_test=True, blend=True, cull_face=False, depth_mask=True)
        gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
        if len(self._quads):
            self._program["u_clip"] = gl_matrix(screen)
            self._program["u_reach"] = self.reach
            self._program["u_eye"] = eye_place(screen, self.reach)
            self._program["u_pictures"] = float(self.look.pictures)
            self._program["u_plain"] = self.look.normal
            self._program["u_atlas"] = self._atlas.texture
            # pushed back a little: the outlines that run along their edges stay whole
            gloo.set_state(polygon_offset_fill=True)
            gloo.set_polygon_offset(1.0, 2.0)
            self._program.draw("triangles", self._index)
            gloo.set_state(polygon_offset_fill=False)
        gloo.set_depth_mask(False)
        gloo.set_depth_func("lequal")
        size = {"reach": self.reach, "clear_within": self.reach}
        self._strokes.draw(screen, ratio, width_px=1.25, alpha=0.9, **size)
        self._chosen.draw(screen, ratio, width_px=2.5, **size)
        gloo.set_depth_func("less")
        gloo.set_depth_mask(True)

    def bounds(self) -> Bounds | None:
        if not len(self._base):
            return None
        return self._base.min(axis=0), self._base.max(axis=0)

    def core(self) -> Bounds | None:
        """See `layer.Framed`: where there are points, they are what one wants to see."""
        return self.bounds() if self.is_framed else None

    def dispose(self) -> None:
        self._strokes.dispose()
        self._chosen.dispose()
        self._atlas.dispose()
        for one in (self._program, self._buffer, self._index):
            one.delete()

    def _rebuild(self) -> None:
        self._is_stale = False
        shown = [i for i, view_id in enumerate(self._ids) if view_id != self._through]
        special = [i for i in shown if self._ids[i] in self._selected | {self._hovered}]
        plain = sorted(set(shown) - set(special))
        faded, normal = rgba(self.look.normal, 0.35), rgba(self.look.normal)
        colours = [faded if self._ids[i] in self._hidden else normal for i in plain]
        self._set_lines(self._strokes, plain, colours)
        selected, hovered = rgba(self.look.selected), rgba(self.look.hovered)
        chosen = [selected if self._ids[i] in self._selected else hovered for i in special]
        self._set_lines(self._chosen, special, chosen)
        self._set_quads(shown)

    def _set_lines(
        self, strokes: Strokes, rows: list[int], colours: list[NDArray[np.float32]]
    ) -> None:
        corners, lines = self._corners[rows], np.array(_LINES)
        strokes.set(
            np.repeat(self._base[rows], len(lines), axis=0),
            corners[:, lines[:, 0]].reshape(-1, 3),
            corners[:, lines[:, 1]].reshape(-1, 3),
            np.repeat(np.array(colours).reshape(-1, 4), len(lines), axis=0),
        )

    def _set_quads(self, rows: list[int]) -> None:
        """One pane per camera; those with a picture come first, as the others are translucent."""
        rows = sorted(rows, key=lambda i: not self.has_picture(self._ids[i]))
        self._quads = quads = np.zeros((len(rows), 4), _VERTICES)
        if not rows:
            return
        quads["a_base"] = self._base[rows, None]
        quads["a_from"] = self._corners[rows, 1:5]
        uv = np.array([self._atlas.corners(self._ids[i]) for i in rows])
        quads["a_uv"] = np.stack(
            [uv[:, 0], np.stack([uv[:, 1, 0], uv[:, 0, 1]], axis=1), uv[:, 1],
             np.stack([uv[:, 0, 0], uv[:, 1, 1]], axis=1)], axis=1,
        )  # fmt: skip
        quads["a_look"][..., 0] = [[self.has_picture(self._ids[i])] for i in rows]
        quads["a_look"][..., 1] = [[0.25 if self._ids[i] in self._hidden else 1.0] for i in rows]
        self._buffer.set_data(quads.ravel())
        self._program.bind(self._buffer)
        first = 4 * np.arange(len(rows), dtype=np.uint32)[:, None]
        self._index.set_data((first + np.array([0, 1, 2, 0, 2, 3], np.uint32)).ravel())


def spacing_of(centres: NDArray[np.float64]) -> float:
    """Usual distance from one of the `(N, 3)` cameras to the next one [world units]."""
    if len(centres) < 2:
        return 1.0
    nearest = nearest_distances(centres[:: -(-len(centres) // _COMPARED)])
    reach = np.percentile(np.linalg.norm(centres - np.median(centres, axis=0), axis=1), 90)
    return max(float(np.median(nearest)), _SMALLEST / _DEPTH * float(reach)) or 1.0


def _pyramid(camera: Camera) -> NDArray[np.float64]:
    """`(6, 3)` from the camera's centre: itself, the picture's corners, the mark above its top.

    For a picture plane at distance 1, without lens distortion; corners run from the top left
    clockwise as the photo is seen.
    """
    lens = camera.intrinsics
    x = (np.array([0.0, lens.width, lens.width, 0.0, lens.width / 2]) - lens.cx) / lens.fx
    y = (np.array([0.0, 0.0, lens.height, lens.height, -0.16 * lens.height]) - lens.cy) / lens.fy
    in_camera = np.column_stack([x, y, np.ones(5)])
    return np.concatenate([np.zeros((1, 3)), in_camera @ camera.cam_from_world.rotation])


def _inside(triangles: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.bool_]:
    """`(N,)` which of the `(N, 3, 2)` triangles, of either turn, hold the point."""
    edges = np.roll(triangles, -1, axis=1) - triangles
    to_point = point - triangles
    side = edges[..., 0] * to_point[..., 1] - edges[..., 1] * to_point[..., 0]
    turns = [np.logical_and.reduce(way, axis=1) for way in (side >= 0, side <= 0)]
    held: NDArray[np.bool_] = np.logical_or(*turns)
    return held
