from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from da3studio.app.viewmodels.scene_rows import SceneRows
from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewport.tools.tool import Tool, ToolRow
from da3studio.app.viewport.turntable import PictureWish, TurnWish, picture_size
from da3studio.app.widgets.picture_dialog import PictureDialog
from da3studio.app.widgets.scene_panel import ScenePanel
from da3studio.app.widgets.turntable_dialog import TurntableDialog
from tests.app.viewport.staged import reveal, staged, table_mesh

PATIENCE_MS = 90_000
WORDS = ("Rectangle", "Lasso", "Crop box", "Measure", "Set the size", "Floor", "Origin")
ICONS = ("select-box", "lasso", "crop", "measure", "scale", "floor", "origin")
ROWS = tuple(
    ToolRow(word.lower(), word, f"{word} hint.", word[0], icon, lambda _: Tool())
    for word, icon in zip(WORDS, ICONS, strict=True)
)


@pytest.fixture
def panel(qtbot, tmp_path):
    with staged(qtbot, tmp_path, ROWS, size=(1300, 500)) as panel:
        yield panel


@pytest.fixture
def revealed(panel):
    reveal(panel)
    return panel


@pytest.mark.parametrize(
    ("width", "style", "has_colour"),
    [
        (1300, Qt.ToolButtonStyle.ToolButtonTextBesideIcon, True),
        (1000, Qt.ToolButtonStyle.ToolButtonTextUnderIcon, True),
        (760, Qt.ToolButtonStyle.ToolButtonTextUnderIcon, False),
        (450, Qt.ToolButtonStyle.ToolButtonIconOnly, False),
    ],
)
def test_that_words_stay_as_long_as_there_is_room(panel, qtbot, width, style, has_colour):
    panel.resize(width, 500)
    button = panel.bar.tools["lasso"]
    qtbot.waitUntil(lambda: panel.bar.width() == width)
    assert button.toolButtonStyle() == style
    assert panel.bar.colour.isVisible() == has_colour
    assert panel.bar.confidence.isVisible() == has_colour
    qtbot.waitUntil(lambda: button.height() >= button.sizeHint().height())
    right = max(one.geometry().right() for one in panel.bar.findChildren(QToolButton))
    assert right <= width


def test_that_picture_and_video_make_way_before_the_words_of_the_tools(panel, qtbot):
    bar = panel.bar
    narrow = bar._widths[2] - 1  # one pixel too little for all buttons
    panel.resize(narrow, 500)
    qtbot.waitUntil(lambda: bar.width() == narrow)
    assert bar.tools["lasso"].toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextUnderIcon
    assert not bar.screenshot.isVisible()
    assert bar.frame.isVisible()


def test_that_every_button_has_a_name_and_can_be_hit(revealed):
    for button in revealed.findChildren(QToolButton):
        assert button.accessibleName() or button.text(), button
        if button.isVisible():
            assert min(button.width(), button.height()) >= 28, button.toolTip()


def test_that_the_display_popup_shows_and_changes_what_is_set(revealed, qtbot):
    options, view = revealed.bar.options, revealed.stage.view
    revealed.bar.view.click()
    assert options.isVisible()
    options.toggles["grid"].click()
    assert not view.settings.grid
    view.set(shading="flat", point_px=4.0)
    assert options.shading.currentData() == "flat"
    assert options.point_size.value() == revealed.stage.display.point_step
    qtbot.keyClick(options, Qt.Key.Key_Escape)
    assert not options.isVisible()


def test_that_the_parallel_view_has_another_icon_and_comes_back(revealed):
    revealed.bar.ortho.click()
    assert revealed.stage.canvas.eye.ortho
    assert revealed.bar.ortho.isChecked()
    revealed.bar.ortho.click()
    assert not revealed.stage.canvas.eye.ortho


def test_that_the_wheel_changes_the_size_of_points_and_cameras(revealed):
    view, navigator = revealed.stage.view, revealed.stage.canvas.navigator
    before = view.settings
    navigator.point_size_turned.emit(2)
    navigator.frustum_size_turned.emit(-1)
    assert view.settings.point_px > before.point_px
    assert view.settings.frustum_size < before.frustum_size


def test_that_the_scene_list_counts_warns_and_hides(revealed, qtbot):
    session = revealed.session
    scene = session.scene
    scene.keep = np.arange(len(scene.cloud)) >= 1000
    scene.mesh = table_mesh()
    scene.changed.emit(Part.KEEP | Part.MESH)
    list_ = ScenePanel(SceneRows(session, session.view, scene))
    qtbot.addWidget(list_)
    rows = {row.id: row for row in list_._rows.rows}

    assert rows["cameras"].count == "6"
    assert rows["points"].count.replace(",", "") == str(len(scene.cloud) - 1000)
    assert rows["mesh"].count == "2 faces"
    assert rows["mesh"].warns  # it is not what the project wants now
    assert not list_.eyes["measurements"].isEnabled()
    list_.eyes["cameras"].click()
    assert not session.view.settings.cameras
    assert list_.eyes["cameras"].accessibleName() == "Show: Cameras"


def test_that_a_picture_is_saved_twice_as_large_without_background(revealed, qtbot, tmp_path):
    stage, path = revealed.stage, tmp_path / "Büste.png"
    dialog = PictureDialog(stage, revealed)
    dialog.size_box.setCurrentIndex(1)
    dialog.transparent.setChecked(True)
    dialog.labels.setChecked(False)
    with qtbot.waitSignal(revealed.session.said, timeout=PATIENCE_MS) as told:
        dialog.save_to(path)

    assert told.args == ["Saved Büste.png"]
    width, height = (2 * round(side) for side in stage.canvas.size)
    with Image.open(path) as image:
        assert image.size == (width, height)
        alpha = np.asarray(image)[..., 3]
    assert (alpha == 0).mean() > 0.3
    assert (alpha == 255).mean() > 0.05
    assert max(picture_size(stage.canvas, PictureWish(40))) == 8192


def test_that_a_turn_comes_back_to_where_it_began():
    from da3studio.app.viewport.eye import Eye

    wish, eye = TurnWish(seconds=4.0), Eye(distance=3.0, elevation=0.4)
    assert wish.n_frames == 120
    quarter = wish.eye_at(30, eye)
    # the subject turns clockwise from above: the eye goes the other way, to the subject's right
    assert quarter.azimuth == pytest.approx(-np.pi / 2)
    np.testing.assert_allclose(wish.eye_at(120, eye).position, eye.position, atol=1e-9)


def test_that_a_turntable_video_has_all_its_frames(revealed, qtbot, tmp_path, monkeypatch):
    import cv2

    path = tmp_path / "turn.mp4"
    dialog = TurntableDialog(revealed.stage, revealed)
    monkeypatch.setattr(
        TurntableDialog, "wish", TurnWish(seconds=0.3, size=(320, 180), hidden=())
    )  # full HD takes a software renderer a second a frame
    with qtbot.waitSignal(revealed.session.said, timeout=PATIENCE_MS):
        dialog.save_to(path)

    film = cv2.VideoCapture(str(path))
    frames = [film.read()[1] for _ in range(int(film.get(cv2.CAP_PROP_FRAME_COUNT)))]
    assert len(frames) == 9
    assert frames[0].shape == (180, 320, 3)
    assert np.abs(frames[0].astype(int) - frames[4]).mean() > 1
    assert revealed.stage.grid.visible


def test_that_a_stopped_or_refused_video_leaves_nothing(revealed, qtbot, tmp_path, monkeypatch):
    wish = TurnWish(seconds=2.0, size=(320, 180), hidden=revealed.stage.helpers)
    monkeypatch.setattr(TurntableDialog, "wish", wish)
    dialog = TurntableDialog(revealed.stage, revealed)
    dialog.show()
    dialog.save_to(tmp_path / "turn.mp4")
    qtbot.waitUntil(lambda: dialog.progress.value() > 2, timeout=PATIENCE_MS)
    with qtbot.waitSignal(dialog.destroyed, timeout=PATIENCE_MS):
        dialog.close()
    assert not (tmp_path / "turn.mp4").exists()
    assert revealed.stage.grid.visible

    short = TurnWish(seconds=0.1, size=(320, 180))
    monkeypatch.setattr(TurntableDialog, "wish", short)
    (tmp_path / "file").touch()
    dialog = TurntableDialog(revealed.stage, revealed)
    with qtbot.waitSignal(revealed.session.problem, timeout=PATIENCE_MS) as told:
        dialog.save_to(tmp_path / "file" / "turn.mp4")
    assert "turn.mp4" in told.args[0].what
