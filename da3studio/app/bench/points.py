"""How fast millions of points are: ours beside VisPy's own visual, in one run."""

from __future__ import annotations

import gc
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication
from vispy import gloo

from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.cloud_layer import CloudLayer
from da3studio.app.viewport.eye import Eye
from da3studio.app.viewport.gl_probe import gl_works
from da3studio.app.viewport.picking import HOVER_ROWS, pick_point
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.edits.base import Evidence, ListedEdit
from da3studio.edits.selection import DeleteSelected, SelectStep
from da3studio.edits.stack import EditStack
from da3studio.scene.cloud import PointCloud
from da3studio.scene.view import ViewId

SIZE = 1280, 800  # of the window [px]
POINT_PX = 2.0
_N_WARM, _N_ORBIT, _N_STILL = 15, 40, 3
_N_MARKERS = 3  # each takes seconds
_TURN = math.radians(3)
_LASSO_CORNERS = 64
_EYE = Eye(distance=12.0, azimuth=0.5, elevation=0.55)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class PointFigures:
    """What was measured; seconds are medians."""

    renderer: str
    n_points: int
    markers_orbit_s: float  # a frame of VisPy's Markers, which draw everything always
    markers_bytes: int  # per point
    orbit_s: float  # a frame of ours while the view moves
    orbit_points: int  # drawn in it
    still_s: float  # from the change of the view to the full picture, all parts together
    longest_wait_s: float  # of input, while that is drawn
    one_pass_s: float  # the full picture at once, as for a screenshot; measured once
    bytes_per_point: int
    lasso_s: float
    undo_s: float  # masks of the edits, set_keep and what the next moving frame uploads
    keep_s: float  # the same without the edits: a new mask
    pick_s: float
    hover_s: float  # a pick among the first rows


def measure_points(n_points: int, tell: Tell, token: CancelToken) -> PointFigures:
    """Measure on a window of its own.

    Args:
        n_points: of the cloud.
        tell: what is being measured, for the person who waits.
        token: checked between measurements.

    Raises:
        Missing: there is no screen, or no OpenGL on it.
        JobCancelled: by the token.
    """
    application = _application()
    tell(tr("Making {n} points").format(n=f"{n_points:,}"))
    xyz, rgb = landscape(n_points)
    token.check()
    with _shown(xyz, rgb) as (canvas, layer):
        renderer = str(gloo.gl.glGetParameter(gloo.gl.GL_RENDERER))
        tell(tr("Standing still and turning, on {renderer}").format(renderer=renderer))
        stills = [_still(application, canvas, layer) for _ in range(1 + _N_STILL)][1:]
        _turned(canvas)
        whole = _seconds(canvas.grab)
        token.check()
        orbit, drawn = _orbit(application, canvas, layer, token)
        tell(tr("Selecting, undoing and picking"))
        screen = canvas.screen
        lasso, undo, keep = _edits(canvas, layer, _cloud(xyz, rgb))
        token.check()
        picks = [_seconds(lambda: pick_point(screen, xyz, 640, 420)) for _ in range(5)]
        few = xyz[:HOVER_ROWS]
        hovers = [_seconds(lambda: pick_point(screen, few, 640, 420)) for _ in range(9)]
        bytes_per_point = layer.bytes_on_card() // n_points
    gc.collect()
    tell(tr("Turning with VisPy's own points; this takes a minute"))
    markers, marker_bytes = _markers(application, xyz, rgb, token)
    return PointFigures(
        renderer=renderer,
        n_points=n_points,
        markers_orbit_s=markers,
        markers_bytes=marker_bytes,
        orbit_s=orbit,
        orbit_points=drawn,
        still_s=statistics.median(seconds for seconds, _ in stills),
        longest_wait_s=max(longest for _, longest in stills),
        one_pass_s=whole,
        bytes_per_point=bytes_per_point,
        lasso_s=lasso,
        undo_s=undo,
        keep_s=keep,
        pick_s=statistics.median(picks),
        hover_s=statistics.median(hovers),
    )


def landscape(n: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """`(n, 3)` places and colours of hills and posts, in random order."""
    rng = np.random.default_rng(0)
    x, z = rng.random((2, n), dtype=np.float32) * 10 - 5
    height = 0.6 * np.sin(1.5 * x) * np.cos(1.2 * z) + 0.02 * rng.random(n, dtype=np.float32)
    on_post = (np.abs(x - np.round(x)) < 0.08) & (np.abs(z - np.round(z)) < 0.08)
    height[on_post] += rng.random(int(on_post.sum()), dtype=np.float32)
    xyz = np.stack([x, -height, z], axis=1)
    rgb = np.empty((n, 3), np.uint8)
    for channel, (base, swing) in enumerate(((120, 60), (140, 50), (110, 30))):
        rgb[:, channel] = base + swing * np.sin(x * (1 + channel) + z)
    return xyz, rgb


def _cloud(xyz: NDArray[np.float32], rgb: NDArray[np.uint8]) -> PointCloud:
    """Places and colours with everything else a cloud has, all alike."""
    n = len(xyz)
    return PointCloud(
        xyz, rgb, np.zeros((n, 3), np.float32), np.ones(n, np.float32),
        np.ones(n, np.float32), np.ones(n, np.uint8), np.zeros(n, np.int32), (ViewId("one"),),
    )  # fmt: skip


def _application() -> QApplication:
    """Qt's application; its absence of a screen is told as an error, where Qt would abort.

    Raises:
        Missing: see `measure_points`.
    """
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(map(os.environ.get, screens)):
        raise Missing(
            tr("Points cannot be drawn."),
            why=tr("There is no screen here."),
            fix=tr("Start it on a virtual screen: xvfb-run -a da3studio bench points"),
        )
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
        application = QApplication([])
    reason = gl_works()
    if reason is not None:
        raise Missing(
            tr("Points cannot be drawn."), why=reason, fix=tr("Use a computer with OpenGL 2.1.")
        )
    return application


@contextmanager
def _shown(
    xyz: NDArray[np.float32], rgb: NDArray[np.uint8]
) -> Iterator[tuple[ViewportCanvas, CloudLayer]]:
    canvas = ViewportCanvas()
    canvas.reduced_motion = True
    canvas.native.resize(*SIZE)
    layer = CloudLayer(canvas.pace)
    layer.set_style(POINT_PX, by_distance=True, eye_dome=True)
    layer.set_points(xyz, rgb)
    canvas.add(layer, 0)
    canvas.set_eye(_EYE)
    canvas.native.show()
    try:
        yield canvas, layer
    finally:
        canvas.close()
        canvas.native.deleteLater()


def _turned(canvas: ViewportCanvas) -> None:
    canvas.set_eye(canvas.eye.orbit(_TURN, 0))


def _still(
    application: QApplication, canvas: ViewportCanvas, layer: CloudLayer
) -> tuple[float, float]:
    """Seconds from another view to its full picture, and the longest that input had to wait."""
    canvas.pace.moving = False
    _turned(canvas)
    started, longest = time.perf_counter(), 0.0
    longest = _frame(application, canvas)
    while layer.unfinished:
        before = time.perf_counter()
        application.processEvents()
        longest = max(longest, time.perf_counter() - before)
    _frame(application, canvas)  # the finished picture is on the screen
    return time.perf_counter() - started, longest


def _orbit(
    application: QApplication, canvas: ViewportCanvas, layer: CloudLayer, token: CancelToken
) -> tuple[float, int]:
    """Median seconds of a frame while turning, and the points drawn in it."""
    seconds, points = [], []
    for number in range(_N_WARM + _N_ORBIT):
        token.check()
        canvas.stir()
        _turned(canvas)
        took = _frame(application, canvas)
        if number >= _N_WARM:
            seconds.append(took)
            points.append(layer.n_drawn)
    return statistics.median(seconds), round(statistics.median(points))


def _frame(application: QApplication, canvas: ViewportCanvas) -> float:
    """Seconds until the next frame is drawn."""
    drawn: list[float] = []
    connection = canvas.drawn.connect(lambda: drawn.append(time.perf_counter()))
    started = time.perf_counter()
    canvas.redraw()
    while not drawn:
        application.processEvents()
    canvas.drawn.disconnect(connection)
    return drawn[0] - started


def _edits(
    canvas: ViewportCanvas, layer: CloudLayer, cloud: PointCloud
) -> tuple[float, float, float]:
    """Seconds of a lasso, of its undoing, and of a new mask."""
    screen, (width, height) = canvas.screen, SIZE
    turns = np.linspace(0, 2 * np.pi, _LASSO_CORNERS, endpoint=False)
    wobble = 1 + 0.3 * np.sin(5 * turns)
    outline = tuple(
        (width / 2 + 250 * float(r * np.cos(t)), height / 2 + 180 * float(r * np.sin(t)))
        for t, r in zip(turns, wobble, strict=True)
    )
    matrix = tuple(map(float, screen.matrix().ravel()))
    evidence = Evidence(cloud, {}, lambda _digest: np.zeros((1, 1), np.bool_))
    lasso = DeleteSelected((SelectStep("add", outline, matrix),))
    lassos = [_seconds(lambda: lasso.removes(evidence)) for _ in range(3)]
    stack = EditStack(evidence)
    lists: tuple[list[ListedEdit], ...] = ([ListedEdit("a", lasso)], [])
    for edits in lists:
        stack.keep(edits)
    mask = lasso.removes(evidence)

    def show(keep: NDArray[np.bool_]) -> None:
        layer.set_keep(keep)
        layer.prepare(canvas.pace.n_moving)  # what the next frame while moving needs
        gloo.get_current_canvas().context.finish()

    def undo(edits: list[ListedEdit]) -> None:
        show(stack.keep(edits))

    undos = [_seconds(partial(undo, edits)) for edits in lists * 5]
    keeps = [_seconds(lambda: show(mask)) for _ in range(9)]
    return statistics.median(lassos), statistics.median(undos), statistics.median(keeps)


def _markers(
    application: QApplication,
    xyz: NDArray[np.float32],
    rgb: NDArray[np.uint8],
    token: CancelToken,
) -> tuple[float, int]:
    """Median seconds of a frame of VisPy's Markers as they come, and their bytes per point."""
    from vispy import scene

    canvas = scene.SceneCanvas(app="pyside6", size=SIZE, autoswap=False, dpi=96)
    view = canvas.central_widget.add_view()
    view.camera = scene.TurntableCamera(fov=45, distance=12, elevation=30, center=(0, 0, 0))
    colours = np.ones((len(rgb), 4), np.float32)
    colours[:, :3] = rgb / np.float32(255)
    markers = scene.visuals.Markers(parent=view.scene)
    turned = np.stack([xyz[:, 0], xyz[:, 2], -xyz[:, 1]], axis=1)  # Markers' up is z
    markers.set_data(turned, face_color=colours, edge_width=0, size=POINT_PX)
    del colours, turned
    canvas.show()
    seconds = []
    for number in range(1 + _N_MARKERS):
        token.check()
        view.camera.azimuth += math.degrees(_TURN)
        took = _markers_frame(application, canvas)
        if number:
            seconds.append(took)
    n_bytes = int(markers._data.dtype.itemsize)
    canvas.close()
    return statistics.median(seconds), n_bytes


def _markers_frame(application: QApplication, canvas: Any) -> float:
    drawn: list[float] = []

    def note(_event: object) -> None:
        canvas.context.finish()
        drawn.append(time.perf_counter())

    canvas.events.draw.connect(note, position="last")
    started = time.perf_counter()
    canvas.update()
    while not drawn:
        application.processEvents()
    canvas.events.draw.disconnect(note)
    return drawn[0] - started


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
