"""The histogram's handles by mouse and by keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QVBoxLayout, QWidget

from da3studio.app.widgets.histogram import Histogram


@pytest.fixture
def window(qtbot):
    window = QWidget()
    QVBoxLayout(window)
    qtbot.addWidget(window)
    window.resize(400, 140)
    return window


@pytest.fixture
def histogram(window, qtbot):
    histogram = Histogram("Depth", lambda value: f"{value:.2f}")
    window.layout().addWidget(histogram)
    histogram.set_counts(np.arange(1, 101), 0.0, 10.0)
    histogram.set_range(0.0, 10.0)
    window.show()
    qtbot.waitExposed(window)
    return histogram


def drag(qtbot, histogram, x0: float, x1: float) -> None:
    y = histogram.height() // 3
    qtbot.mousePress(histogram, Qt.MouseButton.LeftButton, pos=QPoint(round(x0), y))
    qtbot.mouseMove(histogram, QPoint(round((x0 + x1) / 2), y))
    qtbot.mouseMove(histogram, QPoint(round(x1), y))
    qtbot.mouseRelease(histogram, Qt.MouseButton.LeftButton, pos=QPoint(round(x1), y))


def test_that_a_handle_follows_the_mouse_and_tells_once_when_let_go(histogram, qtbot):
    settled = QSignalSpy(histogram.range_settled)
    middle = (histogram.handle_x(0) + histogram.handle_x(1)) / 2

    drag(qtbot, histogram, histogram.handle_x(0), middle)

    assert histogram.range[0] == pytest.approx(5.0, abs=0.03)
    assert histogram.range[1] == 10.0
    assert settled.count() == 1


def test_that_one_handle_never_pushes_the_other(histogram, qtbot):
    histogram.set_range(2.0, 4.0)
    drag(qtbot, histogram, histogram.handle_x(0), histogram.width() - 9)
    assert histogram.range == (4.0, 4.0)


def test_that_handles_at_one_place_come_apart_again(histogram, qtbot):
    histogram.set_range(5.0, 5.0)
    x = histogram.handle_x(0)
    drag(qtbot, histogram, x + 3, x + 60)
    assert histogram.range[0] == 5.0
    assert histogram.range[1] > 6.0


def test_that_keys_move_the_handle_that_tab_chose(histogram, qtbot):
    histogram.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(histogram, Qt.Key.Key_Right)
    assert histogram.range == pytest.approx((0.1, 10.0))
    qtbot.keyClick(histogram, Qt.Key.Key_Tab)
    qtbot.keyClick(histogram, Qt.Key.Key_PageDown)
    assert histogram.range == pytest.approx((0.1, 9.0))
    qtbot.keyClick(histogram, Qt.Key.Key_Home)
    assert histogram.range == pytest.approx((0.1, 0.1))
    assert "upper" in histogram.accessibleDescription()


def test_that_setting_a_range_is_not_told(histogram):
    told = QSignalSpy(histogram.range_changed)
    histogram.set_range(-3.0, 30.0)
    assert histogram.range == (0.0, 10.0)
    assert told.count() == 0


def test_that_double_click_chooses_everything(histogram, qtbot):
    histogram.set_range(2.0, 3.0)
    qtbot.mouseDClick(histogram, Qt.MouseButton.LeftButton, pos=QPoint(200, 20))
    assert histogram.range == (0.0, 10.0)


def test_that_an_empty_one_ignores_the_mouse(histogram, qtbot):
    histogram.clear()
    drag(qtbot, histogram, 20, 200)
    assert histogram.range == (0.0, 10.0)
    assert histogram.is_empty


def test_that_edges_out_of_order_are_refused(histogram):
    with pytest.raises(ValueError, match="histogram from"):
        histogram.set_counts(np.ones(3), 2.0, 2.0)


def test_that_rare_values_are_seen_on_the_logarithmic_scale(histogram, qtbot):
    counts = np.array([100_000] + 99 * [10])
    histogram.set_counts(counts, 0.0, 10.0)

    linear = histogram.grab().toImage()
    histogram.set_logarithmic(True)
    assert histogram.grab().toImage() != linear
