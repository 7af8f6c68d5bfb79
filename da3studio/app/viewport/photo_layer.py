"""The photo of the camera that is looked through, laid over the picture of the model.

The model is drawn without lens distortion, as OpenGL cannot have it; so the photo is straightened
here, by a fine grid whose texture coordinates go through the lens.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from da3studio.app.viewport.layer import Bounds
from da3studio.app.viewport.screen import Screen
from da3studio.geometry.camera import Camera, Intrinsics

SIDE_PX = 2048  # of the texture at most: more than a viewport shows of a whole photo
_STEPS = 32  # cells of the grid each way; the bow of a lens inside a cell is far below a pixel
_SAME_VIEW = 1e-6  # of the rotation's entries and of the distance, while an animation still runs

_VERTEX = """
uniform vec2 u_scale;
uniform vec2 u_shift;
attribute vec2 a_place;  // x / z, y / z in the camera's frame
attribute vec2 a_uv;
varying vec2 v_uv;

void main() {
    gl_Position = vec4(u_scale * a_place + u_shift, 0.0, 1.0);
    v_uv = a_uv;
}
"""
_FRAGMENT = """
uniform sampler2D u_photo;
uniform float u_opacity;
varying vec2 v_uv;

void main() {
    if (any(lessThan(v_uv, vec2(0.0))) || any(greaterThan(v_uv, vec2(1.0)))) discard;
    gl_FragColor = vec4(texture2D(u_photo, v_uv).rgb, u_opacity);
}
"""


class PhotoLayer:
    """Blends between the model and one photo: opacity 0 shows the model, 1 the photo."""

    def __init__(self) -> None:
        self.visible = True
        self.opacity = 0.5
        self._camera: Camera | None = None
        self._program: Any = gloo.Program(_VERTEX, _FRAGMENT)
        self._texture: Any = None
        self._index: Any = gloo.IndexBuffer(_grid_triangles())

    @property
    def is_shown(self) -> bool:
        return self._camera is not None

    def set_photo(self, camera: Camera | None, rgb: NDArray[np.uint8] | None) -> None:
        """Show `(H, W, 3)` sRGB, upright and as it was taken, or nothing.

        Args:
            camera: of the view, with its lens distortion, at any size of the same aspect.
            rgb: the photo, large ones are made smaller before; see `SIDE_PX`.
        """
        self._camera = camera if rgb is not None else None
        if self._texture is not None:
            self._texture.delete()
            self._texture = None
        if camera is None or rgb is None:
            return
        self._texture = gloo.Texture2D(np.ascontiguousarray(rgb), interpolation="linear")
        places, uv = lens_grid(camera.intrinsics)
        self._program["a_place"] = places
        self._program["a_uv"] = uv
        self._program["u_photo"] = self._texture

    def draw(self, screen: Screen, ratio: float) -> None:  # noqa: ARG002  all of it is relative
        camera = self._camera
        if camera is None or self.opacity <= 0 or not _is_through(screen, camera):
            return
        gloo.set_state(depth_test=False, blend=True, cull_face=False)
        gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
        self._program["u_scale"] = (2 * screen.fx / screen.width, -2 * screen.fy / screen.height)
        self._program["u_shift"] = (
            2 * screen.cx / screen.width - 1, 1 - 2 * screen.cy / screen.height
        )  # fmt: skip
        self._program["u_opacity"] = self.opacity
        self._program.draw("triangles", self._index)

    def bounds(self) -> Bounds | None:
        return None

    def dispose(self) -> None:
        self.set_photo(None, None)
        self._program.delete()
        self._index.delete()


def lens_grid(lens: Intrinsics) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where the points of a grid over the straightened photo lie in the photo as taken.

    Returns:
        `(P, 2)` x / z, y / z in the camera's frame; `(P, 2)` texture coordinates, some outside
        0...1 where the lens did not see what a straight picture of the same size would show.
    """
    x, y = np.meshgrid(
        np.linspace(0, lens.width, _STEPS + 1), np.linspace(0, lens.height, _STEPS + 1)
    )
    places = np.stack([(x.ravel() - lens.cx) / lens.fx, (y.ravel() - lens.cy) / lens.fy], axis=1)
    r2 = (places**2).sum(axis=1, keepdims=True)
    bent = places * (1 + lens.k1 * r2 + lens.k2 * r2**2)
    uv = (bent * (lens.fx, lens.fy) + (lens.cx, lens.cy)) / (lens.width, lens.height)
    return places.astype(np.float32), uv.astype(np.float32)


def _grid_triangles() -> NDArray[np.uint32]:
    n = _STEPS + 1
    first = (np.arange(_STEPS)[:, None] * n + np.arange(_STEPS)).ravel()[:, None]
    rows: NDArray[np.uint32] = (first + np.array([0, 1, n, n, 1, n + 1])).ravel().astype(np.uint32)
    return rows


def _is_through(screen: Screen, camera: Camera) -> bool:
    """Whether the screen looks through this camera now, not only on the way there."""
    ours, its = screen.cam_from_world, camera.cam_from_world
    reach = 1 + float(np.abs(its.translation).max())
    return (
        not screen.ortho
        and bool(np.abs(ours.rotation - its.rotation).max() < _SAME_VIEW)
        and bool(np.abs(ours.translation - its.translation).max() < _SAME_VIEW * reach)
    )
