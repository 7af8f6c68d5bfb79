"""A bare OpenGL window for the tests of layers, without the canvas of the program.

easel = Easel(qtbot, 400, 300)
picture = easel.picture([layer], screen)     # (300, 400, 4) uint8
"""

from __future__ import annotations

import numpy as np
import vispy
from vispy import app, gloo

from da3studio.app.viewport.screen import Screen
from da3studio.geometry.camera import Camera
from da3studio.geometry.rigid import Rigid3
from tests.synthetic.rigs import lens_of, look_at


class Easel:
    def __init__(self, qtbot, width: int, height: int) -> None:
        vispy.use("pyside6")
        self.width, self.height = width, height
        self.canvas = app.Canvas(size=(width, height), show=True, autoswap=False)
        qtbot.addWidget(self.canvas.native, before_close_func=lambda _: self.canvas.close())
        with qtbot.waitExposed(self.canvas.native):
            pass
        colour = gloo.Texture2D((height, width, 4))
        self._target = gloo.FrameBuffer(colour, gloo.RenderBuffer((height, width), "depth"))

    def picture(self, layers, screen: Screen, ratio: float = 1.0) -> np.ndarray:
        """What the layers draw on black, `(H, W, 4)`."""
        self.canvas.set_current()
        with self._target:
            gloo.set_viewport(0, 0, self.width, self.height)
            gloo.set_state(depth_test=True, blend=False, depth_mask=True)
            gloo.clear(color=(0, 0, 0, 1), depth=True)
            for layer in layers:
                gloo.set_state(depth_test=True, blend=False, depth_mask=True)
                layer.draw(screen, ratio)
            return gloo.read_pixels((0, 0, self.width, self.height), alpha=True)


def screen_from(
    eye, target=(0.0, 0.0, 0.0), size=(400, 300), up=(0.0, 0.0, 1.0), ortho=False
) -> Screen:
    """The view of an eye that looks at a target."""
    camera: Camera = look_at(eye, target, lens_of(size, 1.0), up=up)
    lens, (width, height) = camera.intrinsics, size
    distance = float(np.linalg.norm(np.subtract(eye, target)))
    f = lens.fx / distance if ortho else lens.fx
    pose: Rigid3 = camera.cam_from_world
    return Screen(
        pose, f, f, lens.cx, lens.cy, width, height, ortho, 0.01 * distance, 100.0, distance
    )


def near(picture: np.ndarray, colour, within: int = 40) -> np.ndarray:
    """`(H, W)` which pixels have about this colour."""
    return (np.abs(picture[..., :3].astype(int) - colour) <= within).all(axis=-1)


def middle_of(mask: np.ndarray) -> tuple[float, float]:
    """x, y of the centre of a mask's pixels."""
    y, x = np.nonzero(mask)
    return float(x.mean() + 0.5), float(y.mean() + 0.5)
