"""Zooming, panning and pointing at pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication

from da3studio.app.widgets.framing import Framing, Mark, image_of
from da3studio.app.widgets.photo_view import PhotoView

SIZE = (400, 300)


def chart() -> np.ndarray:
    """Red in the top left quarter, else blue."""
    pixels = np.zeros((300, 400, 3), np.uint8)
    pixels[..., 2] = 255
    pixels[:150, :200] = (255, 0, 0)
    return pixels


@pytest.fixture
def view(qtbot) -> PhotoView:
    view = PhotoView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.set_picture(image_of(chart()))
    view.show()
    qtbot.waitExposed(view)
    return view


def wheel(view: PhotoView, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, QPointF(view.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_that_the_whole_picture_is_fitted_upright_and_centred(view):
    rect = view.picture_rect()
    assert rect.height() == pytest.approx(400)
    assert rect.width() == pytest.approx(400 * 4 / 3)
    assert rect.center().x() == pytest.approx(300)
    shot = view.grab().toImage()
    assert QColor(shot.pixel(100, 100)).red() > 200
    assert QColor(shot.pixel(100, 300)).blue() > 200


def test_that_pixels_and_positions_are_inverse_when_zoomed_in(view):
    for zoom in (3.7, 40.0):
        view.show_around(123, 210, zoom)
        at = view.from_pixel(123, 210)
        assert view.to_pixel(at) == pytest.approx((123, 210))
        assert (at.x(), at.y()) == pytest.approx((300, 200), abs=1e-6)


def test_that_the_wheel_keeps_the_pixel_under_the_pointer(view):
    view.show_around(200, 150, 4.0)
    at = QPointF(410, 130)
    before = view.to_pixel(at)
    wheel(view, at, 3)

    assert view.framing.zoom == pytest.approx(4.0 * 1.25**3)
    assert view.to_pixel(at) == pytest.approx(before, abs=1e-6)


def test_that_zooming_out_ends_at_the_whole_picture(view):
    wheel(view, QPointF(10, 10), 5)
    wheel(view, QPointF(500, 300), -50)
    assert view.framing.zoom == 1.0
    assert view.framing.centre == (0.5, 0.5)


def test_that_dragging_moves_the_picture_with_the_pointer(view, qtbot):
    view.show_around(200, 150, 4.0)
    before = view.to_pixel(QPointF(300, 200))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    qtbot.mouseMove(view, QPoint(350, 180))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(350, 180))

    assert view.to_pixel(QPointF(350, 180)) == pytest.approx(before, abs=1e-6)


def test_that_dragging_stops_at_the_edge_and_comes_back_at_once(view, qtbot):
    view.show_around(200, 150, 2.0)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 200))
    for x in (400, 700, 1000):
        qtbot.mouseMove(view, QPoint(x, 200))
    assert view.picture_rect().left() == pytest.approx(0)
    qtbot.mouseMove(view, QPoint(990, 200))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert view.picture_rect().left() == pytest.approx(-10)


def test_that_linked_views_of_different_sizes_show_the_same_part(qtbot):
    framing = Framing()
    big, small = PhotoView(framing), PhotoView(framing)
    for one, step in ((big, 1), (small, 4)):
        qtbot.addWidget(one)
        one.resize(600, 400)
        one.set_picture(image_of(chart()[::step, ::step]))
    big.show_around(300, 100, 6.0)

    assert small.to_pixel(QPointF(300, 200)) == pytest.approx((75, 25))
    assert small.picture_rect() == big.picture_rect()


def test_that_positions_are_of_the_full_size_when_a_shrunk_picture_is_shown(view):
    view.set_picture(image_of(chart()[::4, ::4]), SIZE)
    assert view.full_size == SIZE
    assert view.to_pixel(view.picture_rect().center()) == pytest.approx((200, 150))


def test_that_buttons_are_taken_only_when_asked(view, qtbot):
    pressed, released = QSignalSpy(view.pressed), QSignalSpy(view.released)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert pressed.count() == 0

    view.set_taking(True)
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=QPoint(300, 200))
    assert pressed.count() == released.count() == 1
    assert pressed.at(0)[:2] == pytest.approx([200, 150])
    assert pressed.at(0)[2] == Qt.MouseButton.RightButton
    qtbot.mouseClick(view, Qt.MouseButton.MiddleButton, pos=QPoint(300, 200))
    assert pressed.count() == 1


def test_that_keys_zoom_pan_and_fit(view, qtbot):
    for _ in range(4):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.framing.zoom == pytest.approx(1.25**4)
    left = view.picture_rect().left()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.picture_rect().left() < left
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.framing.zoom == 1.0


def test_that_a_mark_is_drawn_where_its_pixel_is(view):
    plain = view.grab().toImage()
    view.set_marks([Mark(300, 75, "here")])
    marked = view.grab().toImage()

    at = view.from_pixel(300, 75).toPoint()
    ring = [
        marked.pixel(at.x() + dx, at.y()) != plain.pixel(at.x() + dx, at.y())
        for dx in range(-20, 21)
    ]
    assert any(ring)
    assert marked.pixel(100, 300) == plain.pixel(100, 300)


def test_that_without_a_picture_there_is_only_the_message(view):
    view.set_picture(None)
    view.set_message("Not computed yet")
    assert view.accessibleDescription() == "Not computed yet"
    assert view.picture_rect().isEmpty()
    assert view.to_pixel(QPointF(5, 5)) == (0.0, 0.0)
    wheel(view, QPointF(10, 10), 3)
    assert not view.grab().isNull()
