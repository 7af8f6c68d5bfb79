import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.cloud_layer import CloudLayer
from da3studio.app.viewport.eye import Eye
from da3studio.app.viewport.gl_probe import gl_works
from da3studio.app.viewport.tools.tool import Pointer, Tool
from tests.app.viewport.scenes import painted, plane, tilted_camera
from tests.app.viewport.windows import (
    HEIGHT,
    WIDTH,
    held_canvas,
    middle_of,
    pixels_of,
    shown_canvas,
)

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def canvas(qtbot):
    with shown_canvas(qtbot) as canvas:
        yield canvas


def send(canvas: ViewportCanvas, kind: QEvent.Type, x: float, y: float, button, buttons=None):
    place = QPointF(x, y)
    held = buttons if buttons is not None else button
    modifiers = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, place, canvas.native.mapToGlobal(place), button, held, modifiers)
    QApplication.sendEvent(canvas.native, event)


def drag(canvas: ViewportCanvas, start: tuple[float, float], end: tuple[float, float], button):
    nothing = Qt.MouseButton.NoButton
    send(canvas, QEvent.Type.MouseButtonPress, *start, button)
    send(canvas, QEvent.Type.MouseMove, *end, nothing, button)
    send(canvas, QEvent.Type.MouseButtonRelease, *end, button, nothing)


def wheel(canvas: ViewportCanvas, x: float, y: float, notches: int, modifiers=None):
    place, none = QPointF(x, y), Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        place, canvas.native.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifiers or none, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.native, event)


def cloud_at(canvas: ViewportCanvas, xyz: np.ndarray, size_px: float = 9.0) -> CloudLayer:
    layer = CloudLayer(canvas.pace)
    layer.set_style(size_px, by_distance=False, eye_dome=False)
    layer.set_points(xyz.astype(np.float32), painted(len(xyz), (255, 0, 0)))
    canvas.add(layer, 0)
    return layer


def on_screen(canvas: ViewportCanvas) -> tuple[str, str]:
    """The colours that a person sees in the middle and in a corner."""
    picture = QApplication.primaryScreen().grabWindow(0).toImage()
    area = canvas.native.rect()
    middle, corner = map(canvas.native.mapToGlobal, (area.center(), area.topLeft()))
    return picture.pixelColor(middle).name(), picture.pixelColor(corner).name()


def is_red(canvas: ViewportCanvas) -> np.ndarray:
    picture = pixels_of(canvas.grab()).astype(int)
    return (picture[..., 0] > 200) & (picture[..., 1] < 60)


class TestPictures:
    @pytest.mark.parametrize("ortho", [False, True])
    def test_that_a_point_is_drawn_where_the_screen_says(self, canvas, ortho):
        point = np.array([0.31, -0.22, 0.4])
        cloud_at(canvas, point[None])
        canvas.set_eye(Eye(distance=3, azimuth=0.5, elevation=0.3, ortho=ortho))

        x, y, _ = canvas.screen.project(point)
        seen = middle_of(is_red(canvas))
        assert abs(seen[0] - x) <= 0.75
        assert abs(seen[1] - y) <= 0.75
        under = canvas.point_under(x, y)
        assert under is not None
        assert np.linalg.norm(under - point) < 1.5 * canvas.screen.units_per_px(point)
        assert canvas.point_under(x + 60, y) is None

    def test_that_looking_through_a_photo_draws_points_on_their_photo_pixel(self, canvas):
        camera = tilted_camera()
        point = camera.centre + 1.5 * camera.cam_from_world.rotation.T @ [0.2, -0.1, 1.0]
        cloud_at(canvas, point[None])
        canvas.set_through(camera)

        lens, scale = camera.intrinsics, min(WIDTH / 640, HEIGHT / 480)
        x = (lens.fx * 0.2 + lens.cx) * scale + (WIDTH - 640 * scale) / 2
        y = (lens.fy * -0.1 + lens.cy) * scale + (HEIGHT - 480 * scale) / 2
        seen = middle_of(is_red(canvas))
        assert abs(seen[0] - x) <= 0.75
        assert abs(seen[1] - y) <= 0.75

    def test_that_nearer_layers_hide_farther_ones_whatever_the_order(self, canvas):
        near = CloudLayer(canvas.pace)
        near.set_points(plane(4_000, 0.2), painted(4_000, (0, 255, 0)))
        near.set_style(8, False, False)
        canvas.add(near, 0)
        cloud_at(canvas, plane(4_000, 0.2, z=1.0))  # added later, farther away
        canvas.set_eye(Eye(distance=3))

        picture = pixels_of(canvas.grab())
        assert picture[HEIGHT // 2, WIDTH // 2].tolist() == [0, 255, 0]

    def test_that_the_background_is_the_gradient_asked_for(self, canvas):
        canvas.set_background((1, 1, 1), (0, 0, 0))
        picture = pixels_of(canvas.grab()).astype(int)

        assert picture[2].min() > 245
        assert picture[-3].max() < 10
        assert abs(picture[HEIGHT // 2].mean() - 127) < 3

    def test_that_a_picture_beside_the_window_equals_the_window(self, canvas):
        cloud_at(canvas, plane(500))
        canvas.set_eye(Eye(distance=3, azimuth=0.3))
        window = pixels_of(canvas.grab()).astype(int)

        picture = canvas.render(canvas.eye, WIDTH, HEIGHT)
        assert picture.shape == (HEIGHT, WIDTH, 4)
        assert (np.abs(picture[..., :3].astype(int) - window).max(axis=-1) > 2).mean() < 1e-3
        assert (picture[..., 3] == 255).all()

    def test_that_a_picture_without_background_is_clear_there(self, canvas):
        cloud_at(canvas, np.zeros((1, 3)))
        canvas.set_eye(Eye(distance=3))
        large = canvas.render(canvas.eye, 2 * WIDTH, 2 * HEIGHT, ratio=2, transparent=True)

        assert large[0, 0].tolist() == [0, 0, 0, 0]
        assert large[HEIGHT, WIDTH].tolist() == [255, 0, 0, 255]
        assert (large[..., 3] > 0).sum() == pytest.approx(np.pi / 4 * 18**2, rel=0.1)

    def test_that_a_docked_and_a_floating_canvas_show_the_picture(self, qtbot):
        """Looks at the screen: a widget whose context was lost is black there and nowhere else."""
        with held_canvas(qtbot) as (canvas, dock):
            canvas.set_background((0, 0, 1), (0, 0, 1))
            cloud_at(canvas, plane(2_000, 0.5))
            canvas.set_eye(Eye(distance=3))
            qtbot.waitUntil(lambda: on_screen(canvas) == ("#ff0000", "#0000ff"))
            for floats in (True, False, True):
                dock.setFloating(floats)
                qtbot.waitUntil(lambda: on_screen(canvas) == ("#ff0000", "#0000ff"))
            other = QMainWindow()
            qtbot.addWidget(other)
            other.setCentralWidget(canvas.native.parentWidget())
            other.resize(WIDTH, HEIGHT)
            other.show()
            other.raise_()
            qtbot.waitUntil(lambda: on_screen(canvas) == ("#ff0000", "#0000ff"))

    def test_that_a_layers_error_is_heard(self, canvas, qtbot):
        class Broken:
            visible = True

            def draw(self, screen, ratio):
                self.visible = False  # once is enough
                raise ZeroDivisionError

            def bounds(self):
                return None

            def dispose(self):
                pass

        with qtbot.captureExceptions() as heard:
            canvas.add(Broken(), 0)
            qtbot.waitUntil(lambda: bool(heard))
        assert heard[0][0] is ZeroDivisionError

    def test_that_opengl_is_found(self, canvas):
        assert gl_works() is None


class TestNavigation:
    def test_that_a_left_drag_turns_about_the_point_under_the_pointer(self, canvas):
        cloud_at(canvas, plane(20_000, 0.5))
        canvas.set_eye(Eye(distance=3))
        canvas.grab()
        held = canvas.point_under(250, 180)
        drag(canvas, (250, 180), (300, 200), LEFT)

        assert held is not None
        assert canvas.eye.azimuth > 0.2
        x, y, _ = canvas.screen.project(held)
        assert (x, y) == pytest.approx((250, 180), abs=0.01)

    def test_that_a_right_drag_moves_the_scene_with_the_pointer(self, canvas):
        cloud_at(canvas, plane(20_000, 0.5))
        canvas.set_eye(Eye(distance=3))
        canvas.grab()
        held = canvas.point_under(200, 150)
        drag(canvas, (200, 150), (240, 130), RIGHT)

        assert canvas.screen.project(held)[:2] == pytest.approx((240, 130), abs=0.01)

    def test_that_the_wheel_zooms_to_the_pointer(self, canvas):
        cloud_at(canvas, plane(20_000, 0.5))
        canvas.set_eye(Eye(distance=3))
        canvas.grab()
        held = canvas.point_under(240, 120)
        wheel(canvas, 240, 120, 3)

        assert canvas.eye.distance == pytest.approx(3 / 1.15**3)
        assert canvas.screen.project(held)[:2] == pytest.approx((240, 120), abs=0.01)

    def test_that_wheel_with_ctrl_and_alt_changes_sizes_instead(self, canvas, qtbot):
        eye, navigator = canvas.eye, canvas.navigator
        with qtbot.waitSignal(navigator.point_size_turned) as turned:
            wheel(canvas, 100, 100, 2, Qt.KeyboardModifier.ControlModifier)
        assert turned.args == [2]
        with qtbot.waitSignal(navigator.frustum_size_turned) as turned:
            wheel(canvas, 100, 100, -1, Qt.KeyboardModifier.AltModifier)
        assert turned.args == [-1]
        assert canvas.eye == eye

    def test_that_a_double_click_makes_a_point_the_pivot(self, canvas, qtbot):
        point = np.array([0.3, 0.2, 0.1])
        cloud_at(canvas, point[None])
        canvas.set_eye(Eye(distance=3))
        canvas.grab()
        x, y, _ = canvas.screen.project(point)
        with qtbot.waitSignal(canvas.navigator.pivoted):
            send(canvas, QEvent.Type.MouseButtonDblClick, x, y, LEFT)

        assert canvas.eye.pivot == pytest.approx(point, abs=0.02)

    def test_that_a_click_is_no_drag(self, canvas, qtbot):
        eye = canvas.eye
        with qtbot.waitSignal(canvas.navigator.clicked) as clicked:
            drag(canvas, (100, 100), (102, 101), LEFT)
        assert clicked.args[0].xy == (102, 101)
        assert canvas.eye == eye

    def test_that_the_view_is_moving_until_it_has_stood_still(self, canvas, qtbot):
        drag(canvas, (100, 100), (150, 100), LEFT)
        assert canvas.moving
        qtbot.waitUntil(lambda: not canvas.moving, timeout=5000)

    def test_that_keys_show_the_sides(self, canvas, qtbot):
        canvas.native.setFocus()
        qtbot.keyClick(canvas.native, Qt.Key.Key_7)
        assert canvas.eye == canvas.eye.seen_from("top")
        qtbot.keyClick(canvas.native, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
        assert canvas.eye == canvas.eye.seen_from("left")
        qtbot.keyClick(canvas.native, Qt.Key.Key_5)
        assert canvas.eye.ortho

    def test_that_flying_keys_are_no_shortcuts_while_the_right_button_is_held(self, canvas, qtbot):
        action = QAction("scale", canvas.native)
        action.setShortcut("S")
        heard = []
        action.triggered.connect(lambda: heard.append("scale"))
        canvas.native.addAction(action)
        canvas.native.activateWindow()
        canvas.native.setFocus()
        before = canvas.eye
        send(canvas, QEvent.Type.MouseButtonPress, 100, 100, RIGHT)
        qtbot.keyPress(canvas.native, Qt.Key.Key_S)
        qtbot.waitUntil(lambda: canvas.eye.pivot[2] < before.pivot[2] - 0.02)
        qtbot.keyRelease(canvas.native, Qt.Key.Key_S)
        send(canvas, QEvent.Type.MouseButtonRelease, 100, 100, RIGHT, Qt.MouseButton.NoButton)
        assert not heard
        qtbot.keyClick(canvas.native, Qt.Key.Key_S)
        assert len(heard) == 1

    def test_that_home_frames_everything_but_strays(self, canvas, qtbot):
        xyz = np.concatenate([plane(5_000, 0.5), [[50, 0, 0]]])
        cloud_at(canvas, xyz)
        qtbot.keyClick(canvas.native, Qt.Key.Key_Home)

        assert 1.0 < canvas.eye.distance < 3.0
        assert canvas.eye.pivot == pytest.approx((0, 0, 0), abs=0.05)

    def test_that_navigation_leaves_a_photo_where_its_camera_stood(self, canvas, qtbot):
        camera = tilted_camera()
        canvas.set_through(camera)
        assert canvas.looks_through
        with qtbot.waitSignal(canvas.through_left):
            drag(canvas, (100, 100), (100, 140), RIGHT)
        assert not canvas.looks_through
        assert canvas.eye.rotation[2] == pytest.approx(camera.cam_from_world.rotation[2])

    def test_that_an_animation_arrives(self, canvas, qtbot):
        canvas.reduced_motion = False
        goal = replace(canvas.eye, azimuth=1.0, distance=2.0)
        canvas.set_eye(goal, animate=True)
        assert canvas.eye != goal
        qtbot.waitUntil(lambda: canvas.eye == goal, timeout=5000)


class Recording(Tool):
    def __init__(self, takes: bool) -> None:
        super().__init__()
        self.takes, self.heard = takes, []

    def press(self, at: Pointer) -> bool:
        self.heard.append("press")
        return self.takes

    def move(self, at: Pointer) -> bool:
        self.heard.append("move")
        return self.takes

    def release(self, at: Pointer) -> bool:
        self.heard.append("release")
        return self.takes


class TestTools:
    def test_that_a_tool_takes_the_left_button_and_navigation_the_others(self, canvas):
        tool, eye = Recording(True), canvas.eye
        canvas.set_tool(tool)
        drag(canvas, (100, 100), (150, 100), LEFT)
        assert tool.heard == ["press", "move", "release"]
        assert canvas.eye == eye

        drag(canvas, (100, 100), (150, 100), RIGHT)
        assert canvas.eye != eye
        assert tool.heard == ["press", "move", "release"]

    def test_that_what_a_tool_does_not_take_navigates(self, canvas):
        tool, eye = Recording(False), canvas.eye
        canvas.set_tool(tool)
        drag(canvas, (100, 100), (150, 100), LEFT)
        assert canvas.eye != eye

    def test_that_space_lends_the_left_button_to_navigation(self, canvas, qtbot):
        tool, eye = Recording(True), canvas.eye
        canvas.set_tool(tool)
        qtbot.keyPress(canvas.native, Qt.Key.Key_Space)
        drag(canvas, (100, 100), (150, 100), LEFT)
        qtbot.keyRelease(canvas.native, Qt.Key.Key_Space)
        assert canvas.eye != eye
        assert "press" not in tool.heard


@pytest.mark.parametrize("factor", ["2", "1.25"])
def test_that_points_are_on_their_pixel_on_a_dense_screen(screen, factor):
    """Qt reads the factor when it starts: another process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.viewport.dense_screen"],
        env={**os.environ, "QT_SCALE_FACTOR": factor},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ratio, off, picked, through = map(float, done.stdout.split())
    assert ratio == float(factor)
    assert off <= 0.75  # [logical px] of the drawn blob
    assert picked <= 1.5  # [logical px] of the point under the pointer
    assert through <= 0.75  # [logical px] of the blob as seen through a photo
