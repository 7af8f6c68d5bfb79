"""The panels of reconstruct, mesh and export, and the dialogs, as a person meets them."""

from __future__ import annotations

import gettext
import re
import shutil
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
)

from da3studio.app.commands import COMMANDS
from da3studio.app.session import Session
from da3studio.app.theme import Theme
from da3studio.app.viewmodels.export_options import ExportOptions
from da3studio.app.viewmodels.mesh_options import MeshOptions
from da3studio.app.viewmodels.recent import RecentProject, RecentProjects
from da3studio.app.viewmodels.reconstruct_options import ReconstructOptions
from da3studio.app.widgets.about import AboutDialog, ThirdPartyDialog
from da3studio.app.widgets.export_panel import ExportPanel
from da3studio.app.widgets.mesh_panel import MeshPanel
from da3studio.app.widgets.model_dialog import ModelDialog
from da3studio.app.widgets.reconstruct_panel import ReconstructPanel
from da3studio.app.widgets.settings_dialog import SettingsDialog
from da3studio.app.widgets.shortcuts_page import ShortcutsDialog
from da3studio.app.widgets.welcome import Welcome
from da3studio.base import i18n
from da3studio.base.paths import resources
from da3studio.base.settings import Settings

PANEL_PX = 320  # narrowest that a dock is


class Wider(gettext.NullTranslations):
    """Every text a third longer, as German is; fields stay."""

    def gettext(self, message):
        return re.sub(
            r"(?<!\{)\b\w{3,}\b(?!\})", lambda word: word[0] + "x" * (len(word[0]) // 3), message
        )

    def ngettext(self, singular, plural, n):
        return self.gettext(singular if n == 1 else plural)


@pytest.fixture
def session(qapp):
    one = Session(Settings())
    yield one
    one.close()


@pytest.fixture(params=["english", "longer"])
def words(request):
    if request.param == "longer":
        i18n.use_catalogue(Wider())
    yield
    i18n.use_catalogue(gettext.NullTranslations())


@pytest.fixture
def themed(qapp):
    before = qapp.palette(), qapp.styleSheet(), qapp.font()
    yield Theme(qapp, "dark")
    qapp.setStyleSheet(before[1])
    qapp.setPalette(before[0])
    qapp.setFont(before[2])


def panel_of(name, session):
    if name == "reconstruct":
        return ReconstructPanel(ReconstructOptions(session, session))
    if name == "mesh":
        return MeshPanel(MeshOptions(session, session))
    return ExportPanel(ExportOptions(session, session))


def shown_in_a_dock(panel, qtbot):
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(panel)
    area.resize(PANEL_PX, 900)
    qtbot.addWidget(area)
    with qtbot.waitExposed(area):
        area.show()
    return area


@pytest.mark.parametrize("name", ["reconstruct", "mesh", "export"])
def test_that_no_word_is_cut_in_a_narrow_panel(name, session, themed, words, qtbot):
    panel = panel_of(name, session)
    area = shown_in_a_dock(panel, qtbot)
    qtbot.waitUntil(lambda: panel.width() == area.viewport().width())
    # Some texts are known a little later than the panel, and Qt makes room for them later still.
    qtbot.waitUntil(lambda: see_that_no_word_is_cut(panel))


def see_that_no_word_is_cut(panel):
    for widget in panel.findChildren(QLabel) + panel.findChildren(QAbstractButton):
        if not widget.isVisible() or not widget.text():
            continue
        least = widget.minimumSizeHint()
        if isinstance(widget, QLabel) and widget.wordWrap():
            assert widget.height() >= widget.heightForWidth(widget.width()), widget.text()
            continue
        assert widget.width() >= least.width(), widget.text()
        assert widget.height() >= min(least.height(), 28), widget.text()


@pytest.mark.parametrize("name", ["reconstruct", "mesh", "export"])
def test_that_what_is_clicked_is_at_least_28_px_and_has_a_name(name, session, themed, qtbot):
    panel = panel_of(name, session)
    area = shown_in_a_dock(panel, qtbot)
    assert area.isVisible()
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox)
    for widget in (one for kind in kinds for one in panel.findChildren(kind)):
        if not widget.isVisible() or widget.parent().inherits("QComboBox"):
            continue
        if isinstance(widget.parent(), QAbstractSpinBox):
            continue
        assert widget.height() >= 28, widget
        named = widget.accessibleName() or (
            widget.text() if isinstance(widget, QAbstractButton) else ""
        )
        assert named, widget


def test_that_a_quality_is_chosen_with_the_keyboard(session, qtbot):
    options = ReconstructOptions(session)
    panel = ReconstructPanel(options)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    draft = panel.quality.cards["draft"]
    draft.setFocus()
    qtbot.keyClick(draft, Qt.Key.Key_Space)

    assert options.quality == "draft"
    assert [name for name, card in panel.quality.cards.items() if card.isChecked()] == ["draft"]
    session.undo()
    assert panel.quality.cards["normal"].isChecked()


def test_that_a_target_shows_its_numbers(session, qtbot):
    panel = MeshPanel(MeshOptions(session))
    qtbot.addWidget(panel)
    qtbot.mouseClick(panel.targets.cards["game"], Qt.MouseButton.LeftButton)

    assert session.project.recipe.mesh.faces == 200_000
    assert panel._rows[0].bar.value() == 1000
    assert panel._rows[0].over.isHidden()


def test_that_the_settings_dialog_changes_settings_at_once_and_stays(session, qtbot):
    dialog = SettingsDialog(session)
    qtbot.addWidget(dialog)
    combo = dialog.widget.control("units")
    combo.activated.emit(combo.findData("imperial"))

    assert session.settings.units == "imperial"
    assert dialog._later.isHidden()
    language = dialog.widget.control("language")
    language.activated.emit(language.findData("de"))
    assert not dialog._later.isHidden()


def test_that_a_shortcut_is_typed_and_a_clash_is_told(session, qtbot):
    dialog = ShortcutsDialog(session, COMMANDS)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    row = dialog.page.rows["mesh"]
    row.keys.setFocus()
    qtbot.keyClick(row.keys, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.settings.shortcuts.get("mesh") == "Ctrl+R")

    assert "Reconstruct" in row.clash.text()
    assert row.clash.isVisible()
    dialog.page.search.setText("turntable")
    assert not row.keys.isVisible()
    assert dialog.page.rows["turntable"].keys.isVisible()


def test_that_the_licence_is_read_before_a_network_is_fetched(session, qtbot):
    dialog = ModelDialog(session)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    qtbot.mouseClick(dialog.cards["da3-large-1.1"].get, Qt.MouseButton.LeftButton)

    assert dialog.licence.isVisible()
    assert "non-commercial" in dialog.licence.text
    assert session.jobs.models.jobs == ()


def test_that_about_names_the_libraries_with_their_licences(qtbot):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    text = dialog.versions.toPlainText()

    assert "PySide6-Essentials 6." in text
    assert "LGPL-3.0" in text


def test_that_a_source_checkout_has_no_licences_to_show(qtbot):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)

    assert "Third-party licences" not in [
        button.text() for button in dialog.findChildren(QPushButton)
    ]


def test_that_an_installed_program_shows_the_licences_of_others(qtbot, tmp_path, monkeypatch):
    (tmp_path / "licences").mkdir()
    (tmp_path / "licences" / "THIRD-PARTY.txt").write_text("torch 2.13 — a Python package", "utf-8")
    shutil.copytree(resources(), tmp_path / "resources")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    (button,) = [
        one for one in dialog.findChildren(QPushButton) if one.text() == "Third-party licences"
    ]

    button.click()

    (shown,) = dialog.findChildren(ThirdPartyDialog)
    assert shown.text.toPlainText() == "torch 2.13 — a Python package"
    assert shown.text.isReadOnly()
    shown.close()


def test_that_dropped_files_and_cards_begin_work(session, qtbot, tmp_path):
    recent = RecentProjects(session)
    page = Welcome(recent)
    qtbot.addWidget(page)
    page.resize(900, 700)
    with qtbot.waitExposed(page):
        page.show()
    qtbot.waitUntil(lambda: not session.background.busy)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/a.jpg")])
    drop = QDropEvent(
        QPointF(300, 200), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    with qtbot.waitSignal(page.dropped) as dropped:
        page.dropEvent(drop)
    assert dropped.args == [[tmp_path]]

    recent.projects = (RecentProject(Path("/x"), "Statue", "today", "3 photos", QImage()),)
    recent.changed.emit()
    assert [card.accessibleName() for card in page.cards] == ["Statue"]
    recent.projects = ()
    recent.changed.emit()
    assert page.cards == []
