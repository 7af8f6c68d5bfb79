"""What is in the report is seen before it is saved."""

from __future__ import annotations

import zipfile

import pytest

from da3studio.app.session import Session
from da3studio.app.widgets.diagnostics_dialog import DiagnosticsDialog
from da3studio.base.settings import Settings
from da3studio.project.folder import ProjectFolder


@pytest.fixture
def session(qapp):
    one = Session(Settings())
    yield one
    one.close()


def test_that_every_part_is_listed_shown_and_written(session, project, qtbot, tmp_path):
    session.show(ProjectFolder.open(project))
    dialog = DiagnosticsDialog(session)
    dialog.open()
    assert not dialog.save.isEnabled()
    qtbot.waitUntil(dialog.save.isEnabled)
    names = [dialog.list.item(row).text().splitlines()[0] for row in range(dialog.list.count())]
    assert names[:3] == ["computer.json", "settings.json", "project.json"]
    assert "llvmpipe" in dialog.text.toPlainText()
    dialog.list.setCurrentRow(2)
    shown = dialog.text.toPlainText()
    assert '"photos": 6' in shown

    dialog.write_to(tmp_path / "report.zip")
    qtbot.waitUntil(dialog.show_button.isVisible)
    with zipfile.ZipFile(tmp_path / "report.zip") as report:
        assert report.namelist() == names
        assert report.read("project.json").decode() == shown
    dialog.close()
    dialog.deleteLater()
