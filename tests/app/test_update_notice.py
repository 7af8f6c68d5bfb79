"""A new version is told quietly, and nobody is asked who does not want it."""

from __future__ import annotations

import json
import logging
import sys
import time

import pytest
from PySide6.QtGui import QDesktopServices

import da3studio
from da3studio.app.commands import COMMANDS, existing_commands
from da3studio.app.session import Session
from da3studio.app.theme import Theme
from da3studio.app.update_notice import UpdateNotice
from da3studio.app.widgets.main_window import MainWindow
from da3studio.app.widgets.settings_dialog import SettingsDialog
from da3studio.app.widgets.top_line import TopLine
from da3studio.base.settings import Settings
from da3studio.updates import remembered
from da3studio.updates.release import Release
from tests.conftest import ROOT
from tests.pipeline.exact_engine import exact_engine
from tests.updates.announcer import Announcer


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """The resources of a frozen program that knows of no place for releases."""
    resources = tmp_path / "bundle" / "resources"
    resources.mkdir(parents=True)
    for entry in (ROOT / "resources").iterdir():
        (resources / entry.name).symlink_to(entry)
    monkeypatch.setattr("sys._MEIPASS", str(resources.parent), raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return resources


@pytest.fixture
def place(bundle):
    with Announcer() as one:
        (bundle / "release.json").write_text(json.dumps({"updates": one.address}))
        yield one


@pytest.fixture
def begin(qapp, qtbot):
    """Start a program with or without the setting, and wait for what it finds."""

    def start(*, updates=True):
        session, found = Session(Settings(updates=updates)), []
        notice = UpdateNotice(session)
        notice.found.connect(found.append)
        notice.begin()
        qtbot.waitUntil(lambda: not session.background.busy)
        session.close()
        return found

    return start


def test_that_a_newer_version_is_told_once_a_day_and_not_when_it_is_skipped(begin, place):
    place.says(version="99.0", notes="Better.")
    assert begin() == [Release("99.0", "https://example.org/new", "Better.")]
    assert begin() == []
    assert len(place.asked) == 1

    remembered.save(remembered.Remembered(time.time() - 90_000, "99.0"))
    assert begin() == []
    assert len(place.asked) == 2


@pytest.mark.parametrize("version", ["0.0.1", da3studio.__version__])
def test_that_an_older_or_the_same_version_is_no_news(begin, place, version):
    place.says(version=version)
    assert begin() == []
    assert len(place.asked) == 1


def test_that_nothing_is_asked_when_it_is_off_or_no_place_is_known(begin, place, bundle):
    watched, opened = [True], []
    sys.addaudithook(
        lambda event, _: opened.append(event) if watched[0] and event[:7] == "socket." else None
    )
    assert begin(updates=False) == []
    (bundle / "release.json").unlink()
    assert begin() == []
    watched[0] = False
    assert (place.asked, [one for one in opened if one != "socket.gethostname"]) == ([], [])


def test_that_a_failure_is_only_logged(begin, place, caplog):
    place.status = 500
    with caplog.at_level(logging.INFO, "da3studio.updates"):
        assert begin() == []
    assert "could not be asked" in caplog.text


def test_that_who_asks_now_always_gets_an_answer(qapp, qtbot, place):
    session, said, troubles, found = Session(Settings()), [], [], []
    notice = UpdateNotice(session)
    session.said.connect(said.append)
    session.problem.connect(troubles.append)
    notice.found.connect(found.append)

    def ask():
        notice.look_now()
        qtbot.waitUntil(lambda: not session.background.busy)

    place.says(version=da3studio.__version__)
    ask()
    assert "is the newest version" in said[-1]
    place.status = 500
    ask()
    assert "not known whether" in troubles[-1].what
    place.status = 200
    place.says(version="99.0")
    notice.skip(Release("99.0", "https://example.org"))
    ask()
    assert [release.version for release in found] == ["99.0"]
    session.close()


def test_that_menu_and_setting_are_there_only_where_a_place_is_known(qapp, bundle):
    session = Session(Settings())

    def shown():
        dialog = SettingsDialog(session)
        names = [field.name for field in dialog.form.fields]
        dialog.deleteLater()
        return "updates" in names, "update" in {one.id for one in existing_commands()}

    assert shown() == (False, False)
    (bundle / "release.json").write_text('{"updates": "https://example.org/latest.json"}')
    assert shown() == (True, True)
    assert set(existing_commands()) == set(COMMANDS)
    session.close()


def test_that_the_line_has_two_buttons_that_do_it_and_close_it(qapp, qtbot, monkeypatch):
    pages, session = [], Session(Settings(), exact_engine)
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: pages.append(url.toString()))
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    theme = Theme(qapp, "light")
    window = MainWindow(session, theme)
    window.show()
    for pressed in (0, 1):
        window.desk.updates.found.emit(Release("99.0", "https://example.org/new", "Better."))
        qtbot.waitUntil(lambda: any(one.isVisible() for one in window.findChildren(TopLine)))
        (line,) = (one for one in window.findChildren(TopLine) if one.isVisible())
        assert line.accessibleName() == "DA3 Studio 99.0 is there. Better."
        line.buttons[pressed].click()
        assert not line.isVisible()
    assert pages == ["https://example.org/new"]
    assert remembered.load().skipped == "99.0"
    window.close()
    session.close()
    window.deleteLater()
    theme.deleteLater()
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
