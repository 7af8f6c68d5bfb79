from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor

from da3studio.app.viewport.gizmo import ENDS, Gizmo
from da3studio.app.viewport.grid_layer import GridLayer
from da3studio.app.viewport.overlay import Label, Legend, Overlay, round_text
from da3studio.app.viewport.tools.tool import Tool
from tests.app.viewport.easel import screen_from
from tests.app.viewport.windows import pixels_of

AXES = np.diag([1.0, -1.0, -1.0])  # of an engine's world: y down, z away
FRONT = screen_from((0, 0, -4), up=(0, -1, 0))


@pytest.fixture
def overlay(qtbot, qapp):
    overlay = Overlay(lambda: FRONT, GridLayer())
    overlay.setStyleSheet("background: black")
    qtbot.addWidget(overlay)
    overlay.resize(400, 300)
    overlay.set_has_scene(True)
    return overlay


def drawn(overlay):
    return pixels_of(overlay.grab().toImage())


@pytest.mark.parametrize(
    ("text", "rounded"),
    [("10.0 cm", "10 cm"), ("0,50 m", "0,5 m"), ("1.00 m", "1 m"), ("200 m", "200 m"),
     ("0.0500 units", "0.05 units"), ("3 ft 0.0 in", "3 ft 0 in")],
)  # fmt: skip
def test_that_round_lengths_lose_the_decimals_that_say_nothing(text, rounded):
    assert round_text(text) == rounded


def test_that_the_scale_bar_says_what_its_length_is(overlay):
    # 100 px a unit at the pivot: 70 px are 0.7 units, so the bar is 1 unit
    assert overlay._bar(FRONT)[0] == pytest.approx(100)
    assert overlay.scale_text() == "1 unit"
    overlay.set_units(0.25, "metric")
    assert overlay.scale_text() == "20 cm"
    assert overlay._bar(FRONT)[0] == pytest.approx(80)


def test_that_the_grid_is_named_with_its_spacing(overlay):
    assert overlay.grid_text() == "Grid 0.5 units"
    overlay.set_units(1.0, "metric")
    assert overlay.grid_text() == "Grid 50 cm"


def test_that_labels_stand_above_their_point_and_vanish_behind_the_eye(overlay):
    overlay.set_has_scene(True)
    plain = drawn(overlay)
    overlay.set_labels([Label(np.array([0.5, 0.5, 0.0]), "1.24 m")])
    changed = (drawn(overlay) != plain).any(axis=-1)
    y, x = np.nonzero(changed)
    assert x.mean() == pytest.approx(250, abs=2)
    assert y.max() == pytest.approx(200 - 8, abs=2)

    overlay.set_labels([Label(np.array([0.5, 0.5, -9.0]), "1.24 m")])
    assert (drawn(overlay) == plain).all()


def test_that_the_legend_runs_from_low_below_to_high_above(overlay):
    overlay.set_legend(Legend("Height", "0", "2 m", ((255, 0, 0), (0, 0, 255))))
    picture = drawn(overlay).astype(int)
    red = (picture[..., 0] > 200) & (picture[..., 1:].sum(axis=-1) < 110)
    blue = (picture[..., 2] > 200) & (picture[..., :2].sum(axis=-1) < 110)
    assert np.nonzero(blue)[0].mean() < np.nonzero(red)[0].mean() - 60


@pytest.mark.parametrize(("hint", "rises"), [("Drag.", False), ("Drag to select. " * 5, True)])
def test_that_the_scale_makes_way_for_a_long_hint(overlay, hint, rises):
    overlay.resize(600, 300)
    overlay.set_hint(hint)
    plain = drawn(overlay)
    overlay.set_legend(Legend("Height", "0", "2 m", ((255, 0, 0), (0, 0, 255))))
    changed = np.nonzero((drawn(overlay) != plain).any(axis=-1))
    hint_top = overlay.height() - 10 - overlay.fontMetrics().height()
    assert (changed[0].max() < hint_top) == rises


class Painting(Tool):
    def paint(self, painter, screen) -> None:
        painter.fillRect(10, 20, 5, 5, QColor(255, 0, 255))


def test_that_the_tool_paints_and_is_repainted_when_it_changes(overlay, qtbot):
    tool = Painting()
    overlay.set_tool(tool)
    assert tuple(drawn(overlay)[22, 12]) == (255, 0, 255)
    overlay.show()
    tool.changed.emit()
    overlay.set_tool(None)
    tool.changed.emit()  # nobody listens any more
    assert tuple(drawn(overlay)[22, 12]) != (255, 0, 255)
    overlay.hide()


def test_that_nothing_is_measured_in_an_empty_scene(overlay):
    overlay.set_has_scene(False)
    assert len(np.unique(drawn(overlay).reshape(-1, 3), axis=0)) == 1


def test_that_a_click_on_an_end_chooses_its_side(qtbot, qapp):
    screen = screen_from((2, -1.5, -4), up=(0, -1, 0))
    gizmo = Gizmo(lambda: screen, lambda: AXES)
    qtbot.addWidget(gizmo)
    gizmo.show()
    for end in ENDS:
        place = gizmo.place_of(end)
        if gizmo.end_at(place) != end:
            continue  # another end is in front of it
        with qtbot.waitSignal(gizmo.chosen) as told:
            qtbot.mouseClick(gizmo, Qt.MouseButton.LeftButton, pos=place.toPoint())
        assert told.args == [end.side]
    x, y = (gizmo.place_of(end) for end in ENDS[:2])
    assert x.x() > gizmo.width() / 2  # X to the right, Y up: seen from the front right, from above
    assert y.y() < gizmo.height() / 2
    assert gizmo.end_at(QPointF(2, 2)) is None
    gizmo.hide()


def test_that_the_end_nearer_to_the_eye_is_hit_first(qtbot, qapp):
    gizmo = Gizmo(lambda: FRONT, lambda: AXES)
    qtbot.addWidget(gizmo)
    middle = QPoint(gizmo.width() // 2, gizmo.height() // 2)
    assert gizmo.end_at(QPointF(middle)).side == "front"
