"""The viewport: an OpenGL widget that draws layers as an eye sees them.

VisPy gives the widget and the OpenGL calls (gloo); scene graph, cameras and visuals are ours.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid
from vispy import app, gloo

from da3studio.app.viewport.backdrop import Backdrop, Rgb
from da3studio.app.viewport.bindings import Preset
from da3studio.app.viewport.budget import Pace, rhythm_of
from da3studio.app.viewport.extent import core_of, union, with_depths_around
from da3studio.app.viewport.eye import Eye, Side, between
from da3studio.app.viewport.layer import Layer, Refining, Solid
from da3studio.app.viewport.navigation import Navigator
from da3studio.app.viewport.pointer_events import PointerEvents
from da3studio.app.viewport.screen import Screen, physical_px
from da3studio.app.viewport.tools.tool import Tool
from da3studio.geometry.camera import Camera

_SETTLED_MS = 200  # after the last movement: the full picture is drawn
_ANIMATION_S = 0.25
_TICK_MS = 16
_DEPTH24 = 0x81A6  # GL_DEPTH_COMPONENT24
_DARK: Rgb = (0.11, 0.12, 0.13)


class ViewportCanvas(QObject):
    """Draws what was added, in order, and lets the person move about it."""

    eye_changed = Signal()  # the eye, the photo looked through, or the size of the viewport
    through_left = Signal()  # navigation went away from the photo that was looked through
    drawn = Signal()  # a frame is on the screen

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pace = Pace()
        self.reduced_motion = False  # no animations
        self._eye = Eye()
        self._through: Camera | None = None
        self._layers: list[tuple[int, Layer]] = []
        self._backdrop_colours = _DARK, _DARK
        self._backdrop: Backdrop | None = None
        self._is_closed = False
        self._known_size = (0.0, 0.0)
        self._started_at, self._goal, self._from = 0.0, self._eye, self._eye
        self._settle = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settle.timeout.connect(self._settled)
        self._refining = QTimer(self, singleShot=True, interval=0)
        self._refining.timeout.connect(self._refine)
        self._animation = QTimer(self, interval=_TICK_MS)
        self._animation.timeout.connect(self._animate)
        # The window system swaps: vispy must not. Its default dpi is asked of another program.
        self._gl = app.Canvas(app="pyside6", autoswap=False, dpi=96, config={"depth_size": 24})
        self._gl.events.draw.ignore_callback_errors = False
        self._gl.events.draw.connect(self._draw)
        self._gl.events.initialize.connect(self._initialize)
        self.native: QWidget = self._gl.native
        self.navigator = Navigator(self, self)
        self.pointer = PointerEvents(self.navigator, self)
        self.native.installEventFilter(self.pointer)

    # What is drawn

    def add(self, layer: Layer, order: int) -> None:
        """Draw a layer from now on, after those with a lower order."""
        self._layers.append((order, layer))
        self._layers.sort(key=lambda entry: entry[0])
        self.redraw()

    def remove(self, layer: Layer) -> None:
        """No longer draw a layer; what it has on the graphics card goes, too."""
        self._layers = [entry for entry in self._layers if entry[1] is not layer]
        self._gl.set_current()
        layer.dispose()
        self.redraw()

    def set_background(self, top: Rgb, bottom: Rgb) -> None:
        """The gradient behind everything, sRGB from 0 to 1."""
        self._backdrop_colours = top, bottom
        if self._backdrop is not None:
            self._backdrop.set(top, bottom)
        self.redraw()

    def redraw(self) -> None:
        """Ask for a frame: any number of times, it is one."""
        if not self._is_closed:
            self._gl.update()

    # Where it is seen from

    @property
    def eye(self) -> Eye:
        return self._eye

    @property
    def size(self) -> tuple[float, float]:
        """Width and height [logical px]."""
        return max(self.native.width(), 1), max(self.native.height(), 1)

    @property
    def ratio(self) -> float:
        """Physical pixels per logical one."""
        return self.native.devicePixelRatioF()

    @property
    def moving(self) -> bool:
        """Whether the view moves or did so just now."""
        return self.pace.moving

    @property
    def looks_through(self) -> bool:
        return self._through is not None

    @property
    def screen(self) -> Screen:
        """How the world falls onto the viewport now."""
        return self._screen_for(*self.size)

    def set_eye(self, eye: Eye, animate: bool = False) -> None:
        """Look from elsewhere. A photo's camera is left for it.

        Args:
            eye: the new one.
            animate: on the way there for a quarter of a second, unless motion is reduced.
        """
        self._animation.stop()
        if self._through is not None:
            self._through = None
            self.through_left.emit()
        if animate and not self.reduced_motion and eye != self._eye:
            self._from, self._goal, self._started_at = self._eye, eye, time.monotonic()
            self._animation.start()
            return
        self._show(eye)

    @property
    def goal(self) -> Eye:
        """Where an animation ends; the present eye without one."""
        return self._goal if self._animation.isActive() else self._eye

    def set_through(self, camera: Camera | None) -> None:
        """Look through a photo's camera, or with `None` freely again from where it stood."""
        self._animation.stop()
        self._through = camera
        if camera is not None:
            self._eye = Eye.of_camera(camera, self._focus_of(camera), self._eye)
        self.eye_changed.emit()
        self.redraw()

    def look_at(self, low: ArrayLike, high: ArrayLike, animate: bool = True) -> None:
        """Frame the box between two corners `(3,)`."""
        self.set_eye(self.goal.framing(low, high, *self.size), animate)

    def frame_all(self) -> None:
        """Frame everything that is shown, without what lies far off."""
        bounds = union(core_of(layer) for layer in self._shown())
        if bounds is not None:
            self.look_at(*bounds)

    def see_from(self, side: Side) -> None:
        """From the front, the top and so on."""
        self.set_eye(self.goal.seen_from(side), animate=True)

    def toggle_ortho(self) -> None:
        """Parallel or perspective."""
        self.set_eye(replace(self.goal, ortho=not self.goal.ortho))

    def point_under(self, x: float, y: float) -> NDArray[np.float64] | None:
        """`(3,)` world point of the surface that is drawn at a pixel, `None` where nothing is.

        As exact as the picture. Tools that measure use `picking` instead.
        """
        if self._is_closed or not self.native.isValid():  # type: ignore[attr-defined]
            return None
        screen = self.screen
        self._gl.set_current()
        depths = [
            depth
            for layer in self._shown()
            if isinstance(layer, Solid) and (depth := layer.depth_under(screen, x, y)) is not None
        ]
        return screen.at_depth(x, y, min(depths)) if depths else None

    # Navigation

    def set_preset(self, preset: Preset) -> None:
        """Which program's mouse habits hold."""
        self.navigator.preset = preset

    def set_tool(self, tool: Tool | None) -> None:
        """The tool that is asked before navigation; `None` for none."""
        self.pointer.set_tool(tool)
        if tool is None:
            self.native.unsetCursor()
        else:
            self.native.setCursor(tool.cursor)

    def stir(self) -> None:
        """The view moves: fewer points, until it has stood still for a fifth of a second."""
        self.pace.moving = True
        self._settle.start()

    def _settled(self) -> None:
        self.pace.moving = False
        self.redraw()

    def _animate(self) -> None:
        t = min((time.monotonic() - self._started_at) / _ANIMATION_S, 1.0)
        if t >= 1:
            self._animation.stop()
        self.stir()
        self._show(between(self._from, self._goal, t * t * (3 - 2 * t)))

    def _show(self, eye: Eye) -> None:
        self._eye = eye
        self.eye_changed.emit()
        self.redraw()

    # Pictures

    def grab(self) -> QImage:
        """What is seen now, complete and in physical pixels."""
        self.pace.complete = True
        try:
            picture = self.native.grabFramebuffer()  # type: ignore[attr-defined]
        finally:
            self.pace.complete = False
        return cast(QImage, picture)

    def render(
        self, eye: Eye | Screen, width: int, height: int, ratio: float = 1.0,
        transparent: bool = False,
    ) -> NDArray[np.uint8]:  # fmt: skip
        """A complete picture of any size, drawn beside the window.

        Args:
            eye: from where, or the whole projection; its size is `width / ratio` then.
            width: of the picture [physical px].
            height: of the picture [physical px].
            ratio: physical pixels per logical one: how thick lines and points are.
            transparent: no background.

        Returns:
            `(height, width, 4)` RGBA.
        """
        self._gl.set_current()
        target = gloo.FrameBuffer(
            gloo.Texture2D(shape=(height, width, 4), format="rgba"),
            gloo.RenderBuffer((height, width), _DEPTH24),
        )
        if isinstance(eye, Eye):
            eye = self._with_depths(eye.screen(width / ratio, height / ratio))
        self.pace.complete = True
        try:
            with target:
                self._paint(eye, ratio, (width, height), transparent)
                pixels: NDArray[np.uint8] = gloo.read_pixels((0, 0, width, height))
        finally:
            self.pace.complete = False
            for part in (target, target.color_buffer, target.depth_buffer):
                part.delete()
            self.redraw()
        return pixels

    # Frames

    def _initialize(self, _event: Any) -> None:
        renderer = str(gloo.gl.glGetParameter(gloo.gl.GL_RENDERER))
        self.pace.set_rhythm(rhythm_of(renderer))

    def _draw(self, _event: Any) -> None:
        size = self.size
        if size != self._known_size:
            self._known_size = size
            self.eye_changed.emit()
        ratio = self.ratio
        size_px = physical_px(size[0], ratio), physical_px(size[1], ratio)
        self._paint(self.screen, ratio, size_px, transparent=False)
        self.drawn.emit()
        if self._unfinished() and not self.pace.moving:
            self._refining.start()

    def _unfinished(self) -> list[Refining]:
        return [one for one in self._shown() if isinstance(one, Refining) and one.unfinished]

    def _refine(self) -> None:
        """Between two frames: parts are drawn unseen, as showing each one would take longer."""
        if self.pace.moving or not self.native.isValid():  # type: ignore[attr-defined]
            return
        self._gl.set_current()
        worth = [layer.refine() for layer in self._unfinished()]
        if any(worth):
            self.redraw()  # and goes on after it
        elif self._unfinished():
            self._refining.start()

    def _paint(
        self, screen: Screen, ratio: float, size_px: tuple[int, int], transparent: bool
    ) -> None:
        if self._backdrop is None:
            self._backdrop = Backdrop(*self._backdrop_colours)
        gloo.set_viewport(0, 0, *size_px)
        alpha = 0.0 if transparent else 1.0
        gloo.set_clear_color((0, 0, 0, alpha))
        gloo.set_color_mask(True, True, True, True)
        gloo.set_depth_mask(True)
        gloo.clear(color=True, depth=True)
        if not transparent:
            self._backdrop.draw()
        for layer in self._shown():
            gloo.set_state(depth_test=True, blend=False, cull_face=False)
            gloo.set_depth_mask(True)
            layer.draw(screen, ratio)
        # vispy clears the widget's alpha with the present clear colour.
        gloo.set_clear_color((0, 0, 0, alpha))

    def _shown(self) -> list[Layer]:
        return [layer for _, layer in self._layers if layer.visible]

    def _screen_for(self, width: float, height: float) -> Screen:
        if self._through is not None:
            focus = self._eye.distance
            screen = Screen.of_camera(self._through, width, height, focus * 1e-3, focus, focus)
        else:
            screen = self._eye.screen(width, height)
        return self._with_depths(screen)

    def _with_depths(self, screen: Screen) -> Screen:
        return with_depths_around(screen, union(layer.bounds() for layer in self._shown()))

    def _focus_of(self, camera: Camera) -> float:
        """Depth of the pivot as this camera sees it, or of the middle of what is shown."""
        rotation = camera.cam_from_world.rotation
        depth = float(rotation[2] @ (np.array(self._eye.pivot) - camera.centre))
        return depth if depth > 0 else self._eye.distance

    def close(self) -> None:
        """Let go of everything on the graphics card; the widget is not used again."""
        if self._is_closed:
            return
        self._is_closed = True
        self._settle.stop()
        self._animation.stop()
        self._refining.stop()
        self.navigator.stop()
        if not isValid(self.native):  # its window took it along, and the context with it
            return
        self.native.removeEventFilter(self.pointer)
        self._gl.set_current()
        for _, layer in self._layers:
            layer.dispose()
        self._layers = []
        if self._backdrop is not None:
            self._backdrop.dispose()
        self._gl.context.flush_commands()
        self._gl.close()
