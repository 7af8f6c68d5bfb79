"""The mesh: textured, shaded, as wires, or coloured by its normals."""

from __future__ import annotations

from typing import Any

import numpy as np
from vispy import gloo

from da3studio.app.viewmodels.view_state import Shading
from da3studio.app.viewport.layer import Bounds
from da3studio.app.viewport.mesh_arrays import MeshArrays
from da3studio.app.viewport.screen import Screen

_VERTEX = """
uniform mat4 u_clip;
uniform mat4 u_view;
attribute vec3 a_xyz;
attribute vec3 a_normal;
attribute float a_colour;
attribute vec2 a_uv;
varying vec3 v_in_view;
varying vec3 v_normal;
varying vec3 v_colour;
varying vec2 v_uv;

void main() {
    gl_Position = u_clip * vec4(a_xyz, 1.0);
    v_in_view = (u_view * vec4(a_xyz, 1.0)).xyz;
    v_normal = a_normal;
    v_colour = vec3(floor(a_colour / 65536.0), mod(floor(a_colour / 256.0), 256.0),
                    mod(a_colour, 256.0)) / 255.0;
    v_uv = a_uv;
}
"""
_FRAGMENT = """
uniform mat4 u_view;
uniform sampler2D u_texture;
uniform float u_textured;
uniform int u_shading;    // 0 colours, 1 smooth, 2 flat, 3 normals, 4 one colour
uniform vec3 u_grey;
uniform float u_ortho;
varying vec3 v_in_view;   // x right, y down, z forward
varying vec3 v_normal;
varying vec3 v_colour;
varying vec2 v_uv;

void main() {
    vec3 across = cross(dFdx(v_in_view), dFdy(v_in_view));
    vec3 flat_normal = length(across) > 0.0 ? normalize(across) : vec3(0.0, 0.0, -1.0);
    vec3 away = mix(normalize(v_in_view), vec3(0.0, 0.0, 1.0), u_ortho);
    if (dot(flat_normal, away) > 0.0) flat_normal = -flat_normal;  // it is seen: towards the eye
    vec3 own = length(v_normal) > 0.0 ? v_normal : vec3(0.0, 0.0, 1.0);
    vec3 colour;
    if (u_shading == 4) {
        colour = u_grey;
    } else if (!gl_FrontFacing) {
        // the inner side: plain dark grey
        colour = vec3(0.30) * (0.55 - 0.45 * dot(flat_normal, away));
    } else if (u_shading == 0) {
        colour = mix(v_colour, texture2D(u_texture, v_uv).rgb, u_textured);
    } else if (u_shading == 3) {
        vec3 n = normalize(own);
        colour = 0.5 + 0.5 * vec3(n.x, -n.y, -n.z);
    } else {
        vec3 n = u_shading == 1 ? normalize((u_view * vec4(own, 0.0)).xyz) : flat_normal;
        // a lamp above the left shoulder, a weak one from below on the right
        float key = max(dot(n, normalize(vec3(-0.4, -0.6, -0.75))), 0.0);
        float fill = max(dot(n, normalize(vec3(0.6, 0.4, -0.6))), 0.0);
        colour = u_grey * min(0.22 + 0.72 * key + 0.18 * fill, 1.0);
    }
    gl_FragColor = vec4(colour, 1.0);
}
"""
_SHADINGS: dict[str, int] = {"textured": 0, "smooth": 1, "flat": 2, "normals": 3}
_PLAIN = 4
_GREY = (0.82, 0.82, 0.80)
_WIRE = (0.62, 0.72, 0.86)


class MeshLayer:
    """Draws one mesh; its arrays are made in the background, see `mesh_arrays`."""

    def __init__(self) -> None:
        self.visible = True
        self.shading: Shading = "textured"
        self.behind_wires = (0.13, 0.14, 0.16)  # the background's colour: wires hide each other
        self._arrays: MeshArrays | None = None
        self._program: Any = gloo.Program(_VERTEX, _FRAGMENT)
        self._buffers: list[Any] = []
        self._faces: Any = None
        self._edges: Any = None
        self._textures: list[Any] = [gloo.Texture2D(np.zeros((1, 1, 3), np.uint8))]

    def set_mesh(self, arrays: MeshArrays | None) -> None:
        """Show another mesh, or none."""
        self._release()
        self._arrays = arrays
        if arrays is None or not len(arrays.faces):
            self._arrays = None
            return
        for name, values in (
            ("a_xyz", arrays.xyz),
            ("a_normal", arrays.normals),
            ("a_colour", arrays.colours),
            ("a_uv", arrays.uv),
        ):
            buffer = gloo.VertexBuffer(values)
            self._program[name] = buffer
            self._buffers.append(buffer)
        self._faces = gloo.IndexBuffer(arrays.faces.ravel())
        if arrays.textures:
            self._textures = [
                gloo.Texture2D(image, interpolation="linear", wrapping="clamp_to_edge")
                for image in arrays.textures
            ]

    def draw(self, screen: Screen, ratio: float) -> None:
        arrays = self._arrays
        if arrays is None:
            return
        view = np.eye(4)
        view[:3, :3] = screen.cam_from_world.rotation
        view[:3, 3] = screen.cam_from_world.apply(arrays.origin)
        self._program["u_clip"] = screen.clip_from_world(arrays.origin).T
        self._program["u_view"] = view.T.astype(np.float32)
        self._program["u_ortho"] = float(screen.ortho)
        self._program["u_textured"] = float(bool(arrays.textures))
        self._program["u_texture"] = self._textures[self._level(arrays, screen, ratio)]
        gloo.set_state(depth_test=True, blend=False, cull_face=False, depth_mask=True)
        if self.shading == "wireframe":
            self._draw_wires(arrays)
            return
        self._program["u_grey"] = _GREY
        self._program["u_shading"] = _SHADINGS[self.shading]
        self._program.draw("triangles", self._faces)

    def bounds(self) -> Bounds | None:
        if self._arrays is None:
            return None
        origin, xyz = self._arrays.origin, self._arrays.xyz
        return origin + xyz.min(axis=0), origin + xyz.max(axis=0)

    def depth_under(self, screen: Screen, x: float, y: float) -> float | None:
        """Depth [world units] of the surface at a pixel."""
        if self._arrays is None:
            return None
        return self._arrays.blocks.depth_under(screen, x, y)

    def dispose(self) -> None:
        self._release()
        self._textures[0].delete()
        self._program.delete()

    def _draw_wires(self, arrays: MeshArrays) -> None:
        """Edges over the mesh in the background's colour, pushed back a little."""
        if self._edges is None:
            edges = np.ascontiguousarray(arrays.faces[:, [0, 1, 1, 2, 2, 0]])
            self._edges = gloo.IndexBuffer(edges.ravel())
        gloo.set_state(polygon_offset_fill=True)
        gloo.set_polygon_offset(1.0, 2.0)
        self._program["u_shading"] = _PLAIN
        self._program["u_grey"] = self.behind_wires
        self._program.draw("triangles", self._faces)
        gloo.set_state(polygon_offset_fill=False)
        self._program["u_grey"] = _WIRE
        self._program.draw("lines", self._edges)

    def _level(self, arrays: MeshArrays, screen: Screen, ratio: float) -> int:
        """The texture whose texels are about as large as the screen's pixels."""
        if not arrays.texel:
            return 0
        per_pixel = screen.units_per_px(arrays.origin) / ratio
        wanted = int(np.floor(np.log2(max(per_pixel / arrays.texel, 1.0))))
        return min(wanted, len(arrays.textures) - 1)

    def _release(self) -> None:
        for one in (*self._buffers, self._faces, self._edges):
            if one is not None:
                one.delete()
        self._buffers, self._faces, self._edges = [], None, None
        if self._arrays is not None and self._arrays.textures:
            for texture in self._textures:
                texture.delete()
            self._textures = [gloo.Texture2D(np.zeros((1, 1, 3), np.uint8))]
