"""The panels of the tools, as a person uses them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QWidget

from da3studio.app.theme import DARK, style_sheet
from da3studio.app.viewport.tools.crop import CropTool
from da3studio.app.widgets.crop_panel import CropPanel
from da3studio.app.widgets.measure_panel import MeasurePanel
from da3studio.app.widgets.place_panel import PlacePanel
from da3studio.app.widgets.scale_panel import ScalePanel
from da3studio.app.widgets.sightings_panel import SightingsPanel
from da3studio.geometry.measuring import SurfacePoint
from da3studio.scene.placement import KnownLength

A, B, C = (1.2, -1.2, 0.0), (-1.0, -1.3, 0.0), (0.2, -1.0, 0.0)
LEFT = Qt.MouseButton.LeftButton


def picked(place) -> SurfacePoint:
    return SurfacePoint(np.array(place), 1e-6 * np.eye(3), np.array((0, 0, 1.0)), 20)


@pytest.fixture
def shown(qtbot):
    def show(panel: QWidget) -> QWidget:
        qtbot.addWidget(panel)
        panel.resize(330, 640)
        with qtbot.waitExposed(panel):
            panel.show()
        return panel

    return show


def test_that_measuring_fills_the_list_and_names_can_be_changed(desk, shown, qtbot):
    model = desk.around.measurements
    panel = shown(MeasurePanel(model))
    assert panel.empty.isVisible()
    model.add_point(picked(A))
    assert panel.draft.text() == "1 point"
    model.add_point(picked(B))

    assert panel.list.isVisible()
    assert model.index(0, 0).data() == "Distance 1"
    assert model.index(0, 1).data().startswith("2.202 units ±")
    assert model.setData(model.index(0, 0), "Table edge")
    assert desk.session.project.measurements[0].name == "Table edge"
    assert desk.session.undo_label == "Rename a measurement"


def test_that_kinds_are_chosen_by_button_and_finish_ends_an_area(desk, shown, qtbot):
    model = desk.around.measurements
    panel = shown(MeasurePanel(model))
    qtbot.mouseClick(panel.kind_buttons["area"], LEFT)
    for place in (A, B, C):
        model.add_point(picked(place))
    assert "square units" in panel.draft.text()
    qtbot.mouseClick(panel.finish_button, LEFT)

    assert desk.session.project.measurements[0].kind == "area"
    assert not panel.finish_button.isVisible()


def test_that_rows_are_copied_as_text_and_deleted_with_the_key(desk, shown, qtbot):
    model = desk.around.measurements
    panel = shown(MeasurePanel(model))
    for end in (B, C):
        model.add_point(picked(A))
        model.add_point(picked(end))
    qtbot.mouseClick(panel.copy_button, LEFT)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert [line.split("\t")[0] for line in lines] == ["Distance 1", "Distance 2"]

    panel.list.setCurrentIndex(model.index(0, 0))
    panel.activateWindow()
    panel.list.setFocus()
    qtbot.waitUntil(panel.list.hasFocus)
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert len(desk.session.project.measurements) == 1
    assert panel.list.currentIndex().isValid()


def test_that_undo_of_a_middle_row_brings_only_that_row_back(desk, shown, qtbot):
    model = desk.around.measurements
    for end in (B, C, B):
        model.add_point(picked(A))
        model.add_point(picked(end))
    model.remove([1])
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted) as inserted:
        desk.session.undo()

    assert inserted.args[1:] == [1, 1]
    assert [row.id for row in model.rows] == [row.id for row in desk.session.project.measurements]


def test_that_the_crop_is_set_by_numbers_and_by_hand_alike(desk, shown, qtbot):
    panel = shown(CropPanel(desk.around.crop, desk.session.view))
    assert not panel.apply_button.isEnabled()
    tool = CropTool.begun(desk.around)
    panel.numbers["width"].setValue(1.5)
    assert 2 * desk.around.crop.box.half[0] == pytest.approx(1.5)
    desk.around.crop.move_face(2, 1, 1.25)
    assert panel.numbers["height"].value() == pytest.approx(
        2 * desk.around.crop.box.half[2], abs=1e-3
    )
    qtbot.waitUntil(lambda: "Cuts" in panel.count.text())
    qtbot.mouseClick(panel.apply_button, LEFT)

    assert len(desk.session.project.edits) == 1
    assert not panel.apply_button.isEnabled()
    tool.leave()


def test_that_the_panel_offers_what_is_inside_and_another_box(desk, shown, qtbot):
    crop = desk.around.crop
    panel = shown(CropPanel(crop, desk.session.view))
    tool = CropTool.begun(desk.around)
    assert [panel.side_buttons[side].isChecked() for side in (False, True)] == [True, False]
    qtbot.mouseClick(panel.side_buttons[True], LEFT)
    assert crop.cuts_inside
    assert panel.apply_button.text() == "Cut away"
    assert not panel.another_button.isVisible()
    qtbot.mouseClick(panel.apply_button, LEFT)
    (first,) = desk.session.project.edits

    tool = CropTool.begun(desk.around)
    qtbot.mouseClick(panel.side_buttons[True], LEFT)
    assert panel.apply_button.text() == "Change the box"
    qtbot.mouseClick(panel.another_button, LEFT)
    qtbot.mouseClick(panel.apply_button, LEFT)
    assert desk.session.project.edits[0] == first
    assert len(desk.session.project.edits) == 2
    tool.leave()


def test_that_the_uncertainty_of_the_size_itself_is_said_where_it_is_left_out(desk, shown, qtbot):
    model = desk.around.measurements
    panel = shown(MeasurePanel(model))
    model.add_point(picked(A))
    model.add_point(picked(B))
    assert not panel.scale_note.isVisible()  # no size: nothing is left out

    def known(*metres):
        lengths = tuple(KnownLength(A, B, one) for one in metres)
        placement = replace(desk.session.project.placement, known_lengths=lengths)
        desk.session.commit("Set the size", desk.session.project.with_placement(placement))

    known(2.0)
    assert panel.scale_note.isVisible()
    assert "one length" in panel.scale_note.text()
    known(2.0, 2.01)
    assert not panel.scale_note.isVisible()


def test_that_an_estimated_size_is_said_beside_the_uncertainties(desk, capture, cloud, shown):
    desk.show(capture, cloud, unit="metre")
    model = desk.around.measurements
    panel = shown(MeasurePanel(model))
    assert not panel.scale_note.isVisible()  # nothing measured yet
    model.add_point(picked(A))
    model.add_point(picked(B))

    assert panel.scale_note.isVisible()
    assert "only estimated" in panel.scale_note.text()


def test_that_a_length_is_typed_refused_and_taken(desk, shown, qtbot):
    panel = shown(ScalePanel(desk.around.lengths))
    assert "not known" in panel.warning.text
    assert not panel.field.isEnabled()
    desk.around.lengths.pick_end(picked(A))
    desk.around.lengths.pick_end(picked(B))
    qtbot.keyClicks(panel.field, "about two")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert panel.problem.isVisible()
    assert panel.field.text() == "about two"  # to be mended, not typed again

    panel.field.clear()
    qtbot.keyClicks(panel.field, "81 in")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert desk.session.project.placement.known_lengths[0].metres == pytest.approx(2.0574)
    assert panel.table.rowCount() == 1
    assert panel.good.isVisible()
    panel.table.selectRow(0)
    qtbot.mouseClick(panel.remove_button, LEFT)
    assert desk.session.project.placement.known_lengths == ()


def test_that_upright_is_found_nudged_and_applied_from_the_panel(desk, shown, qtbot):
    panel = shown(PlacePanel(desk.around.placing))
    qtbot.mouseClick(panel.find_button, LEFT)
    qtbot.waitUntil(panel.apply_button.isVisible, timeout=20_000)
    assert "floor" in panel.proposal.text
    qtbot.mouseClick(panel.step_buttons[15.0], LEFT)
    qtbot.mouseClick(panel.tip_buttons["sideways", 1], LEFT)
    qtbot.mouseClick(panel.apply_button, LEFT)

    up = np.array(desk.session.project.placement.up)
    assert np.degrees(np.arccos(up[2])) == pytest.approx(15, abs=0.1)
    assert not panel.apply_button.isVisible()


def test_that_sightings_are_listed_and_opened_with_enter(desk, shown, qtbot):
    panel = shown(SightingsPanel(desk.around.sightings))
    assert not panel.list.isVisible()
    desk.around.sightings.look_at(A)
    qtbot.waitUntil(panel.list.isVisible)
    panel.list.setCurrentIndex(desk.around.sightings.index(1))
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)

    assert desk.session.view.through == desk.around.sightings.rows[1].view_id


def test_that_every_control_can_be_reached_by_keyboard_and_has_a_name(desk, shown):
    around = desk.around
    for panel in (
        MeasurePanel(around.measurements),
        CropPanel(around.crop, desk.session.view),
        ScalePanel(around.lengths),
        PlacePanel(around.placing),
        SightingsPanel(around.sightings),
    ):
        panel.setStyleSheet(style_sheet(DARK, panel.font()))
        shown(panel)
        for button in panel.findChildren(QAbstractButton):
            if button.objectName().startswith("qt_") or not button.isVisible():
                continue
            assert button.text() or button.accessibleName(), panel
            if button.parent() is panel:
                assert button.height() >= 28, (type(panel).__name__, button.text())
