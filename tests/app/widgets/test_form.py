from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWhatsThis

from da3studio.app.viewmodels.recipe_form import RecipeForm
from da3studio.app.widgets.form import FormWidget
from da3studio.base.settings import Settings
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.mesh import MeshRecipe


@pytest.fixture
def shown(qtbot):
    def show(value, **kwargs):
        form = RecipeForm(value)
        widget = FormWidget(form, **kwargs)
        qtbot.addWidget(widget)
        widget.resize(320, 600)
        with qtbot.waitExposed(widget):
            widget.show()
        return form, widget

    return show


def test_that_a_value_out_of_range_comes_back_as_what_was_kept(shown):
    form, widget = shown(DepthRecipe())
    form.set("resolution", 99_999)

    assert widget.control("resolution").value() == 2400
    widget.control("resolution").setValue(640)
    assert form.value.resolution == 640


def test_that_only_simple_fields_are_seen_until_advanced_is_opened(shown, qtbot):
    form, widget = shown(MeshRecipe(), fold=True)
    assert widget.control("faces").isVisible()
    assert not widget.control("truncation").isVisible()
    form.set("truncation", 6)

    assert "1" in widget.advanced.button.text()
    qtbot.keyClick(widget.advanced.button, Qt.Key.Key_Space)
    assert widget.control("truncation").isVisible()


def test_that_a_grey_field_still_says_why(shown, qtbot):
    form, widget = shown(DepthRecipe())
    form.set_blocked({"poses": "Photogrammetry has no use for it."})
    row = widget.rows["poses"]

    assert not row.control.isEnabled()
    assert row._help.isEnabled()
    assert "Photogrammetry has no use for it." in row.control.toolTip()
    qtbot.mouseClick(row._help, Qt.MouseButton.LeftButton)
    QWhatsThis.hideText()


def test_that_the_way_back_is_there_only_where_something_was_changed(shown, qtbot):
    form, widget = shown(DepthRecipe())
    row = widget.rows["features"]
    assert not row._back.isVisible()
    form.set("features", 4096)
    assert row._back.isVisible()
    qtbot.mouseClick(row._back, Qt.MouseButton.LeftButton)

    assert form.value.features == 8192
    assert not row._back.isVisible()


def test_that_the_wheel_changes_nothing_without_the_focus(shown):
    form, widget = shown(DepthRecipe())
    spin = widget.control("features")
    spin.clearFocus()
    event = QWheelEvent(
        QPointF(5, 5), spin.mapToGlobal(QPointF(5, 5)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(spin, event)

    assert form.value.features == 8192


def test_that_every_control_can_be_reached_by_keyboard_and_has_a_name(shown):
    _, widget = shown(DepthRecipe())
    for row in widget.rows.values():
        assert row.control.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert row.control.accessibleName()
        assert row._help.accessibleName()
        assert min(row._help.width(), row._help.height()) >= 28


def test_that_a_folder_can_be_typed_and_its_button_says_what_it_does(shown, qtbot):
    form, widget = shown(Settings())
    field = widget.control("projects_folder")
    qtbot.keyClicks(field.line, "/somewhere/else")
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert form.value.projects_folder == "/somewhere/else"

    form.reset("projects_folder")
    assert field.line.text() == ""
    assert field.button.accessibleName() == "Choose a folder …"
